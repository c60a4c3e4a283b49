/**
 * The cheap test of a path: its first and last component rule out most rules before the path is
 * built. Only a few bytes are compared, so the vectors here may let a rule live that the whole path
 * will refuse, never the other way round.
 */
import type { Atom, TextValue } from "../ir/ir.ts";
import { type FieldUse, type HookBits, allBits } from "./bits.ts";
import { type IntegerTable, pointTable } from "./integer-table.ts";
import { perfectHash, placeOf } from "./perfect-hash.ts";
import type { TextEnd } from "./trie.ts";

/** Tests a word of a component's first or last bytes, little-endian; the class names what may live. */
export interface EndFilter {
  readonly vectors: readonly bigint[];
  /** For each class the bits that it decides: whatever else the path says, they hold. */
  readonly sure: readonly bigint[];
  /** Bits that it can rule out. */
  readonly mask: bigint;
  readonly words: EndWords;
}

export type EndWords =
  /** Longest first: the first that agrees in its bytes has the class. */
  | {
      readonly kind: "chain";
      readonly entries: readonly EndEntry[];
    }
  /** So many bytes of a word, times the multiplier, name the only slot whose word it can be: in the upper bits. */
  | {
      readonly kind: "slots";
      readonly bytes: number;
      readonly multiplier: bigint;
      readonly sizeBits: number;
      readonly slots: readonly EndSlot[];
    }
  /** So many bytes of every word. */
  | { readonly kind: "table"; readonly bytes: number; readonly table: IntegerTable };

export interface EndEntry {
  readonly word: bigint;
  readonly bytes: number;
  readonly class: number;
}

/** An empty slot asks for a word that no masked word is. */
export interface EndSlot {
  readonly mask: bigint;
  readonly word: bigint;
  readonly class: number;
}

/** Which component. */
export type PathEnd = "head" | "tail";

/** Words that cost less one after the other than by any table. */
const CHAINED_WORDS = 4;
/** Words that are found by one multiplication. */
const SLOTTED_WORDS = 64;
const WORD_BYTES = 8;

interface Guard {
  readonly bit: number;
  readonly parts: readonly Uint8Array[];
  /** Those that are all that is asked of the path: any of them decides the bit. */
  readonly whole: readonly Uint8Array[];
}

/** The filter on one end of a path, or undefined when it could rule nothing out. */
export function endFilter(bits: HookBits, use: FieldUse, end: TextEnd): EndFilter | undefined {
  const asked = new Map<number, number>();
  for (const rule of [...use.guards.map(({ bit }) => bit), ...use.literals.map((literal) => literal.rule)]) {
    asked.set(rule, (asked.get(rule) ?? 0) + 1);
  }
  const guards = use.guards
    .filter(({ literal }) => !literal.negated)
    .flatMap(({ bit, literal }): readonly Guard[] => {
      const parts = endParts(literal.atom, end);
      const whole = asked.get(bit) === 1 ? wholeParts(literal.atom, end) : [];
      return parts === undefined || parts.some((part) => part.length === 0) ? [] : [{ bit, parts, whole }];
    });
  if (guards.length === 0) {
    return undefined;
  }
  const words = distinctWords(guards, end);
  return buildFilter(bits, guards, words.length <= SLOTTED_WORDS ? WORD_BYTES : shortest(words), end);
}

/**
 * Whether the last component is read besides the first: it costs less, but only where it rules out what the first can't,
 * or all that the first could, is anything saved.
 */
export function isWorthReading(tail: EndFilter, head: EndFilter | undefined): boolean {
  return head === undefined || (tail.mask & ~head.mask) !== 0n || (head.mask & ~tail.mask) === 0n;
}

function shortest(words: readonly Uint8Array[]): number {
  return Math.min(WORD_BYTES, ...words.map((word) => word.length));
}

function buildFilter(bits: HookBits, guards: readonly Guard[], cut: number, end: TextEnd): EndFilter {
  const own = guards.map(({ bit, parts, whole }) => ({
    bit,
    parts: parts.map((part) => cutTo(part, cut, end)),
    whole: whole.filter((part) => part.length <= cut),
  }));
  const bitsOf = (key: "parts" | "whole", word: Uint8Array): bigint =>
    own.reduce(
      (sum, guard) =>
        guard[key].some((each) => agree(each, word, end)) ? sum | (1n << BigInt(guard.bit)) : sum,
      0n,
    );
  const mask = own.reduce((sum, { bit }) => sum | (1n << BigInt(bit)), 0n);
  const classes = createEndClasses(allBits(bits) & ~mask, (word) => bitsOf("whole", word));
  const found = distinctWords(own, end).map((word) => ({ word, may: bitsOf("parts", word) }));
  const filter = (words: EndWords): EndFilter => ({ ...classes.tables(), mask, words });
  if (cut < WORD_BYTES) {
    const points = found.map((each) => ({ key: toWord(each.word), class: classes.numberOf(each) }));
    return filter({ kind: "table", bytes: cut, table: pointTable(points) });
  }
  const needed = withoutRepeats(found, end);
  return filter(
    needed.length <= CHAINED_WORDS
      ? { kind: "chain", entries: chainOf(needed, classes.numberOf) }
      : slotsOf(needed, end, classes.numberOf),
  );
}

interface EndClasses {
  /** The class of what agrees with a word. */
  readonly numberOf: (found: FoundWord) => number;
  readonly tables: () => Pick<EndFilter, "vectors" | "sure">;
}

/** Numbers what the words of a filter say; class 0 is that of all others. */
function createEndClasses(none: bigint, sureOf: (word: Uint8Array) => bigint): EndClasses {
  const vectors = [none];
  const sure = [0n];
  const numbers = new Map([[`${none} 0`, 0]]);
  return {
    numberOf: ({ word, may }) => {
      const vector = none | may;
      const decided = sureOf(word);
      const key = `${vector} ${decided}`;
      const number = numbers.get(key) ?? vectors.push(vector) - 1;
      sure[number] = decided;
      numbers.set(key, number);
      return number;
    },
    tables: () => ({ vectors, sure }),
  };
}

interface FoundWord {
  readonly word: Uint8Array;
  /** The bits of the filter that may hold. */
  readonly may: bigint;
}

/** Without words that say no more than a shorter one: `lib64` beside `lib`. */
function withoutRepeats(found: readonly FoundWord[], end: TextEnd): readonly FoundWord[] {
  return found.filter(
    ({ word, may }) =>
      !found.some(
        (other) => other.may === may && other.word.length < word.length && agree(other.word, word, end),
      ),
  );
}

function chainOf(found: readonly FoundWord[], numberOf: (found: FoundWord) => number): readonly EndEntry[] {
  return found
    .map((each) => ({ word: toWord(each.word), bytes: each.word.length, class: numberOf(each) }))
    .sort((a, b) => b.bytes - a.bytes || (a.word < b.word ? -1 : 1));
}

/**
 * Words that agree in the bytes of the shortest one share a slot, which compares what they have in common and lets
 * live what any of them would.
 */
function slotsOf(
  found: readonly FoundWord[],
  end: TextEnd,
  numberOf: (found: FoundWord) => number,
): EndWords {
  const bytes = shortest(found.map(({ word }) => word));
  const groups = new Map<bigint, FoundWord>();
  for (const each of found) {
    const key = toWord(cutTo(each.word, bytes, end));
    const known = groups.get(key);
    groups.set(
      key,
      known === undefined ? each : { word: common(known.word, each.word, end), may: known.may | each.may },
    );
  }
  const { multiplier, sizeBits } = perfectHash([...groups.keys()]);
  const slots = Array.from({ length: 2 ** sizeBits }, (): EndSlot => ({ mask: 0n, word: 1n, class: 0 }));
  for (const [key, each] of groups) {
    const { word } = each;
    const shift = end === "front" ? 0n : BigInt(8 * (WORD_BYTES - word.length));
    slots[placeOf(key, multiplier, sizeBits)] = {
      mask: ((1n << BigInt(8 * word.length)) - 1n) << shift,
      word: toWord(word) << shift,
      class: numberOf(each),
    };
  }
  return { kind: "slots", bytes, multiplier, sizeBits, slots };
}

/** What two words that agree in at least one byte have in common. */
function common(a: Uint8Array, b: Uint8Array, end: TextEnd): Uint8Array {
  let bytes = Math.min(a.length, b.length);
  while (!agree(cutTo(a, bytes, end), b, end)) {
    bytes--;
  }
  return cutTo(a, bytes, end);
}

function distinctWords(guards: readonly Pick<Guard, "parts">[], end: TextEnd): readonly Uint8Array[] {
  const words = guards.flatMap(({ parts }) => parts.map((part) => cutTo(part, WORD_BYTES, end)));
  return [...new Map(words.map((word) => [Buffer.from(word).toString("hex"), word])).values()];
}

function cutTo(part: Uint8Array, bytes: number, end: TextEnd): Uint8Array {
  return end === "front" ? part.subarray(0, bytes) : part.subarray(Math.max(0, part.length - bytes));
}

/** Whether a component whose end is `word`, and perhaps longer, can have the end `part`. */
function agree(part: Uint8Array, word: Uint8Array, end: TextEnd): boolean {
  return (
    part.length <= word.length &&
    part.every((byte, index) => byte === word[end === "front" ? index : word.length - part.length + index])
  );
}

function toWord(bytes: Uint8Array): bigint {
  return bytes.reduceRight((word, byte) => (word << 8n) | BigInt(byte), 0n);
}

const encoder = new TextEncoder();

/** The bytes that an atom demands of the first or last component: any of them. Undefined: it demands none. */
function endParts({ test }: Atom, end: TextEnd): readonly Uint8Array[] | undefined {
  switch (test.kind) {
    case "text":
      return end === "front"
        ? test.match === "suffix"
          ? undefined
          : firstComponents(test.values)
        : test.match === "prefix"
          ? undefined
          : lastComponents(test.values);
    case "glob": {
      const ends = test.globs.flatMap(({ parts, span }) => {
        const part = end === "front" ? parts[0] : parts.at(-1);
        return part?.kind === "text" ? [{ text: part.text, span }] : [];
      });
      if (test.ignoreCase || ends.length < test.globs.length) {
        return undefined;
      }
      return end === "front" ? firstComponents(ends) : lastComponents(ends);
    }
    case "ranges":
    case "bits":
    case "networks":
      return undefined;
  }
}

/** The values of an atom that one component decides: `/boot` as a beginning, `.log` as an end. */
function wholeParts({ test }: Atom, end: TextEnd): readonly Uint8Array[] {
  if (test.kind !== "text" || test.match !== (end === "front" ? "prefix" : "suffix")) {
    return [];
  }
  return test.values
    .filter(({ text }) => text.lastIndexOf("/") === (end === "front" ? 0 : -1))
    .map(({ text }) => encoder.encode(end === "front" ? text.slice(1) : text))
    .filter((part) => part.length > 0 && part.length <= WORD_BYTES);
}

/** A path begins with a slash; a value that does not can never match and demands nothing. */
function firstComponents(values: readonly TextValue[]): readonly Uint8Array[] {
  return values
    .filter(({ text }) => text === "" || text.startsWith("/"))
    .map(({ text }) => encoder.encode(text.split("/")[1] ?? ""));
}

function lastComponents(values: readonly TextValue[]): readonly Uint8Array[] {
  return values.map(({ text }) => encoder.encode(text.slice(text.lastIndexOf("/") + 1)));
}
