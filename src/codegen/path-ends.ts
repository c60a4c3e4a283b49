/**
 * The cheap test of a path: its first and last component rule out most rules before the path is
 * built. Only a few bytes are compared, so the vectors here may let a rule live that the whole path
 * will refuse, never the other way round.
 */
import type { Atom, TextValue } from "../ir/ir.ts";
import { type FieldUse, type HookBits, allBits } from "./bits.ts";
import { type IntegerTable, pointTable } from "./integer-table.ts";
import type { TextEnd } from "./trie.ts";

/** Tests a word of a component's first or last bytes, little-endian; the class names what may live. */
export interface EndFilter {
  readonly vectors: readonly bigint[];
  /** Bits that it can rule out. */
  readonly mask: bigint;
  readonly words: EndWords;
}

export type EndWords =
  /** Longest first: the first that agrees in its bytes has the class. */
  | {
      readonly kind: "chain";
      readonly entries: readonly { readonly word: bigint; readonly bytes: number; readonly class: number }[];
    }
  /** So many bytes of every word. */
  | { readonly kind: "table"; readonly bytes: number; readonly table: IntegerTable };

/** Words that are compared one after the other. */
const CHAINED_WORDS = 12;
const WORD_BYTES = 8;

interface Guard {
  readonly bit: number;
  readonly parts: readonly Uint8Array[];
}

/** The filter on one end of a path, or undefined when it could rule nothing out. */
export function endFilter(bits: HookBits, use: FieldUse, end: TextEnd): EndFilter | undefined {
  const guards = use.guards
    .filter(({ literal }) => !literal.negated)
    .flatMap(({ bit, literal }): readonly Guard[] => {
      const parts = endParts(literal.atom, end);
      return parts === undefined || parts.some((part) => part.length === 0) ? [] : [{ bit, parts }];
    });
  if (guards.length === 0) {
    return undefined;
  }
  const words = distinctWords(guards, end);
  const bytes = Math.min(WORD_BYTES, ...words.map((word) => word.length));
  const cut = words.length <= CHAINED_WORDS ? WORD_BYTES : bytes;
  return buildFilter(bits, guards, cut, end);
}

/** Whether the filter on the last component can rule out what that on the first can't. */
export function addsTo(tail: EndFilter, head: EndFilter | undefined): boolean {
  return head === undefined || (tail.mask & ~head.mask) !== 0n;
}

function buildFilter(bits: HookBits, guards: readonly Guard[], cut: number, end: TextEnd): EndFilter {
  const own = guards.map(({ bit, parts }) => ({ bit, words: parts.map((part) => cutTo(part, cut, end)) }));
  const all = allBits(bits);
  const mask = own.reduce((sum, { bit }) => sum | (1n << BigInt(bit)), 0n);
  const vectors = [all & ~mask];
  const numbers = new Map<bigint, number>(vectors.map((vector, index) => [vector, index]));
  const classOf = (word: Uint8Array): number => {
    const vector = own.reduce(
      (sum, guard) =>
        guard.words.some((each) => agree(each, word, end)) ? sum | (1n << BigInt(guard.bit)) : sum,
      all & ~mask,
    );
    // Guards share bits: all of a bit's must agree.
    const number = numbers.get(vector) ?? vectors.push(vector) - 1;
    numbers.set(vector, number);
    return number;
  };
  const words = distinctWords(
    own.map(({ bit, words: parts }) => ({ bit, parts })),
    end,
  );
  const entries = words
    .map((word) => ({ word: toWord(word), bytes: word.length, class: classOf(word) }))
    .sort((a, b) => b.bytes - a.bytes || (a.word < b.word ? -1 : 1));
  return {
    vectors,
    mask,
    words:
      cut === WORD_BYTES
        ? { kind: "chain", entries }
        : {
            kind: "table",
            bytes: cut,
            table: pointTable(entries.map(({ word, class: found }) => ({ key: word, class: found }))),
          },
  };
}

function distinctWords(guards: readonly Guard[], end: TextEnd): readonly Uint8Array[] {
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

/** A path begins with a slash; a value that does not can never match and demands nothing. */
function firstComponents(values: readonly TextValue[]): readonly Uint8Array[] {
  return values
    .filter(({ text }) => text === "" || text.startsWith("/"))
    .map(({ text }) => encoder.encode(text.split("/")[1] ?? ""));
}

function lastComponents(values: readonly TextValue[]): readonly Uint8Array[] {
  return values.map(({ text }) => encoder.encode(text.slice(text.lastIndexOf("/") + 1)));
}
