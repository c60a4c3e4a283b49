/**
 * Matchers: how the atoms on one field are decided. Each takes a part of the atoms; the cheapest kind that is
 * exact for operator, type and number of values is chosen here, and says why.
 */
import { type Automaton, buildAutomaton } from "../ir/automaton.ts";
import type { Atom, Field, Network } from "../ir/ir.ts";
import {
  COMPARED_IN_PLACE,
  globsOf,
  HASH_KEY_BYTES,
  HASHED_TEXTS,
  type TextPlace,
  textPlace,
  valueCount,
} from "../ir/matching.ts";
import { testKey } from "../ir/test-key.ts";
import type { ProcessLevel } from "../kernel/hook.ts";
import { elementAt, invariant } from "../source/invariant.ts";
import {
  allBits,
  atomsOfUse,
  type FieldUse,
  type HookBits,
  type Literal,
  onlyAtoms,
  rulesOfUse,
  useOfField,
  vectorsOf,
} from "./bits.ts";
import { createClasses } from "./classes.ts";
import { integerTable, type IntegerTable } from "./integer-table.ts";
import { networkTrie, type TextEnd, textTrie, type Trie } from "./trie.ts";

/** What all matchers have. */
export interface MatcherBase {
  /** Index into the hook's fields. */
  readonly field: number;
  /** The atoms that it decides, and the bits that ask for them. */
  readonly use: FieldUse;
  /** The rules that need it, as bits. */
  readonly rules: bigint;
  /** For people: what made the compiler choose it. */
  readonly why: string;
}

/** A matcher that finds the class of a value; the class names a vector. */
export interface ClassMatcher extends MatcherBase {
  /** Suffix of its C names: unique in the hook. */
  readonly suffix: string;
  /** The vector of each class; class 0 is that of values that nothing names. */
  readonly vectors: readonly bigint[];
}

/** Looks at the value itself. */
export type OwnMatcher =
  | CompareMatcher
  | PresenceMatcher
  | IntegerTableMatcher
  | TextTrieMatcher
  | TextHashMatcher
  | NetworkTrieMatcher
  | AutomatonMatcher;

/** Takes what the exec stage has kept of a process in the place of a value. */
export type KeptMatcher = ProcessClassMatcher | LineageMatcher;

export type Matcher = OwnMatcher | KeptMatcher;

/** Each distinct test in place, with the bits that fall when it does not come out as they ask. */
export interface CompareMatcher extends MatcherBase {
  readonly kind: "compare";
  readonly comparisons: readonly Comparison[];
}

/** What holds for every text that is there, whatever it says. */
export interface PresenceMatcher extends MatcherBase {
  readonly kind: "presence";
  readonly vector: bigint;
}

export interface Comparison extends Literal {
  /** Bits that need the literal. */
  readonly mask: bigint;
}

export interface IntegerTableMatcher extends ClassMatcher {
  readonly kind: "integer-table";
  readonly table: IntegerTable;
}

export interface TextTrieMatcher extends ClassMatcher {
  readonly kind: "text-trie";
  readonly end: TextEnd;
  readonly trie: Trie;
  /** Bytes of a key, a multiple of 8. */
  readonly keyBytes: number;
}

/** Whole texts, filled up with 0 bytes to the length of the key. */
export interface TextHashMatcher extends ClassMatcher {
  readonly kind: "text-hash";
  readonly keyBytes: number;
  readonly entries: readonly { readonly text: string; readonly class: number }[];
}

export interface NetworkTrieMatcher extends ClassMatcher {
  readonly kind: "network-trie";
  readonly trie: Trie;
}

export interface AutomatonMatcher extends ClassMatcher {
  readonly kind: "automaton";
  readonly automaton: Automaton<Atom>;
  /** The class of a text that ends in each state. */
  readonly classes: readonly number[];
}

/**
 * The class of a process's value, from its entry. The last two vectors are those of no value, and of a value that could
 * not be read whole.
 */
export interface ProcessClassMatcher extends ClassMatcher {
  readonly kind: "process-class";
  readonly level: number;
  /** Place of the class in an entry. */
  readonly slot: number;
}

/**
 * A comparison that holds for a process, or any above it, or not; the three vectors are those of false, true and
 * unknown.
 */
export interface LineageMatcher extends ClassMatcher {
  readonly kind: "lineage";
  readonly level: ProcessLevel;
  /** Its bit in an entry. */
  readonly bit: number;
}

/** Matchers of fields by their values, cheapest field first. */
export function ownMatchers(fields: readonly Field[], bits: HookBits): readonly OwnMatcher[] {
  return fields.flatMap((field, index): readonly OwnMatcher[] => {
    const use = useOfField(bits, index);
    // The row of the workload holds the outcome: nothing is left to match.
    if (field.source.kind === "scope") {
      return [];
    }
    switch (field.type.kind) {
      case "integer":
        return integerMatchers(bits, use, field, index);
      case "address":
        return [networkMatcher(bits, use, index)];
      case "path":
      case "string":
        return textMatchers(bits, use, index);
    }
  });
}

/** What all matchers have, for a part of a field's use. */
export function base(field: number, use: FieldUse, why: string): MatcherBase {
  return { field, use, rules: rulesOfUse(use), why };
}

/** Whether nothing is asked. */
export function isEmpty(use: FieldUse): boolean {
  return use.guards.length + use.literals.length === 0;
}

function integerMatchers(bits: HookBits, use: FieldUse, field: Field, index: number): readonly OwnMatcher[] {
  invariant(field.type.kind === "integer", "integer matchers are for integers");
  const ranges = onlyAtoms(use, ({ test }) => test.kind === "ranges");
  const masks = onlyAtoms(use, ({ test }) => test.kind !== "ranges");
  const values = compareList(ranges).reduce((sum, { atom }) => sum + valueCount(atom.test), 0);
  if (values <= COMPARED_IN_PLACE) {
    return isEmpty(use) ? [] : [compareMatcher(use, index, `${values} values: compared in place`)];
  }
  const classes = createClasses(bits, ranges);
  const table = integerTable(atomsOfUse(ranges), field.type, classes);
  const matchers: OwnMatcher[] = [
    {
      kind: "integer-table",
      ...base(index, ranges, `${values} values: ${table.why}`),
      suffix: `values${index}`,
      vectors: classes.vectors,
      table,
    },
  ];
  return isEmpty(masks)
    ? matchers
    : [compareMatcher(masks, index, "bit masks: compared in place"), ...matchers];
}

function compareMatcher(use: FieldUse, index: number, why: string): CompareMatcher {
  return { kind: "compare", ...base(index, use, why), comparisons: compareList(use) };
}

/** The distinct literals of a use. */
function compareList(use: FieldUse): readonly Comparison[] {
  const found = new Map<string, Comparison>();
  const literals = [...use.guards.map(({ bit, literal }) => ({ ...literal, bit })), ...use.literals];
  for (const { atom, negated, bit } of literals) {
    const key = `${negated} ${testKey(atom.test)}`;
    const known = found.get(key) ?? { atom, negated, mask: 0n };
    found.set(key, { ...known, mask: known.mask | (1n << BigInt(bit)) });
  }
  return [...found.values()];
}

function networkMatcher(bits: HookBits, use: FieldUse, index: number): OwnMatcher {
  const comparisons = compareList(use);
  const networks = comparisons.reduce((sum, { atom }) => sum + valueCount(atom.test), 0);
  if (networks <= COMPARED_IN_PLACE) {
    return compareMatcher(use, index, `${networks} networks: compared in place`);
  }
  const trie = networkTrie(bits, use);
  return {
    kind: "network-trie",
    ...base(index, use, `${networks} networks: one longest-prefix lookup`),
    suffix: `networks${index}`,
    vectors: trie.vectors,
    trie,
  };
}

function textMatchers(bits: HookBits, use: FieldUse, index: number): readonly OwnMatcher[] {
  const part = (place: TextPlace): FieldUse => onlyAtoms(use, ({ test }) => textPlace(test) === place);
  const matchers: OwnMatcher[] = [];
  const present = part("presence");
  const vector = vectorsOf(bits, present)(new Set(atomsOfUse(present)));
  if (vector !== allBits(bits)) {
    matchers.push({ kind: "presence", ...base(index, present, "whether there is any"), vector });
  }
  const front = part("front");
  if (!isEmpty(front)) {
    matchers.push(textHash(bits, front, index) ?? textTrieMatcher(bits, front, index, "front"));
  }
  const back = part("back");
  if (!isEmpty(back)) {
    matchers.push(textTrieMatcher(bits, back, index, "back"));
  }
  const globs = part("automaton");
  return isEmpty(globs) ? matchers : [...matchers, ...automatonMatchers(bits, globs, index)];
}

function textTrieMatcher(bits: HookBits, use: FieldUse, index: number, end: TextEnd): TextTrieMatcher {
  const trie = textTrie(bits, use);
  const what = end === "front" ? "texts and beginnings" : "ends";
  return {
    kind: "text-trie",
    ...base(index, use, `${trie.nodes.length} ${what}: one longest-prefix lookup`),
    suffix: `${end}${index}`,
    vectors: trie.vectors,
    end,
    trie,
    keyBytes: (trie.bytes + 7) & ~7,
  };
}

/** A hash of whole texts, where there are many, all short, and no beginnings. */
function textHash(bits: HookBits, use: FieldUse, index: number): TextHashMatcher | undefined {
  const holding = new Map<string, Set<Atom>>();
  for (const atom of atomsOfUse(use)) {
    if (atom.test.kind !== "text" || atom.test.match !== "exact") {
      return undefined;
    }
    for (const { text } of atom.test.values) {
      holding.set(text, (holding.get(text) ?? new Set()).add(atom));
    }
  }
  const longest = Math.max(...[...holding.keys()].map((text) => Buffer.byteLength(text)));
  if (holding.size < HASHED_TEXTS || longest > HASH_KEY_BYTES) {
    return undefined;
  }
  const { classOf, vectors } = createClasses(bits, use);
  const entries = [...holding]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([text, atoms]) => ({ text, class: classOf(atoms) }));
  return {
    kind: "text-hash",
    ...base(index, use, `${entries.length} whole texts: one hash lookup`),
    suffix: `texts${index}`,
    vectors,
    keyBytes: (longest + 7) & ~7,
    entries,
  };
}

/** One automaton for all globs, or several where one would be too large. */
function automatonMatchers(bits: HookBits, use: FieldUse, index: number): readonly AutomatonMatcher[] {
  return splitUntilBuilt(atomsOfUse(use)).map(({ atoms, automaton }, number) => {
    const own = onlyAtoms(use, (atom) => atoms.includes(atom));
    const { classOf, vectors } = createClasses(bits, own);
    const classes = automaton.accepted.map(classOf);
    return {
      kind: "automaton",
      ...base(
        index,
        own,
        `${atoms.flatMap(globsOf).length} globs: one automaton of ${classes.length} states`,
      ),
      suffix: `globs${index}${number === 0 ? "" : `_${number}`}`,
      vectors,
      automaton,
      classes,
    };
  });
}

interface BuiltAutomaton {
  readonly atoms: readonly Atom[];
  readonly automaton: Automaton<Atom>;
}

function splitUntilBuilt(atoms: readonly Atom[]): readonly BuiltAutomaton[] {
  const automaton = buildAutomaton(atoms.flatMap(globsOf));
  if (automaton !== undefined) {
    return [{ atoms, automaton }];
  }
  invariant(atoms.length > 1, "verification refuses globs whose automaton is too large");
  const middle = atoms.length >> 1;
  return [...splitUntilBuilt(atoms.slice(0, middle)), ...splitUntilBuilt(atoms.slice(middle))];
}

/** A network as two masked words, as they lie in memory of a little-endian machine. */
export interface NetworkWords {
  readonly masks: readonly [bigint, bigint];
  readonly values: readonly [bigint, bigint];
}

/** What the two halves of an address in the network have in common. */
export function networkWords({ address, prefixLength }: Network): NetworkWords {
  const half = (at: number): readonly [bigint, bigint] => {
    const bytes = Array.from({ length: 8 }, (_, index) => {
      const bits = Math.min(8, Math.max(0, prefixLength - 8 * (at + index)));
      const mask = (0xff00 >> bits) & 0xff;
      return { mask, value: elementAt([...address], at + index) & mask };
    });
    const word = (key: "mask" | "value"): bigint =>
      bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte[key]), 0n);
    return [word("mask"), word("value")];
  };
  const [firstMask, firstValue] = half(0);
  const [secondMask, secondValue] = half(8);
  return { masks: [firstMask, secondMask], values: [firstValue, secondValue] };
}
