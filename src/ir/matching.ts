/**
 * Which kind of matcher serves a test. Verification counts tables by these rules before any code exists, and code
 * generation makes the tables by them.
 */
import { limits } from "../kernel/limits.ts";
import { invariant } from "../source/invariant.ts";
import type { OwnedGlob } from "./automaton.ts";
import type { Atom, Bool, Glob, Test } from "./ir.ts";

/** Values of one field, and networks of one, that cost less to compare in place than to look up in a table. */
export const COMPARED_IN_PLACE = 8;
/** Whole texts from which on a hash costs less than a trie, and the bytes of the longest that it takes. */
export const HASHED_TEXTS = 32;
export const HASH_KEY_BYTES = 64;
/** Words of a vector that fit into registers and stack; wider ones lie in scratch memory. */
export const NARROW_WORDS = 16;

/** Where a test on a text is decided: `presence` asks only whether there is any. */
export type TextPlace = "front" | "back" | "automaton" | "presence";

/** The matcher that a test on a text belongs to. */
export function textPlace(test: Test): TextPlace {
  if (test.kind !== "text") {
    return "automaton";
  }
  // Every text begins and ends with the empty one.
  if (test.match !== "exact" && test.values.some(({ text }) => text === "")) {
    return "presence";
  }
  // A trie's key holds the NUL after an exact text as well.
  const room = limits.trieKeyBytes - (test.match === "exact" ? 1 : 0);
  const fits = test.values.every(({ text }) => Buffer.byteLength(text) <= room);
  return fits ? (test.match === "suffix" ? "back" : "front") : "automaton";
}

/** How many values a test lists. */
export function valueCount(test: Test): number {
  switch (test.kind) {
    case "ranges":
      return test.ranges.length;
    case "bits":
      return test.masks.length;
    case "text":
      return test.values.length;
    case "glob":
      return test.globs.length;
    case "networks":
      return test.networks.length;
  }
}

/** The globs that an atom on a text stands for; a plain text is one without wildcards. */
export function globsOf(owner: Atom): readonly OwnedGlob<Atom>[] {
  const { test } = owner;
  if (test.kind === "glob") {
    return test.globs.map((glob) => ({ glob, ignoreCase: test.ignoreCase, owner }));
  }
  invariant(test.kind === "text", `a ${test.kind} test on a text`);
  return test.values.map(({ text }) => {
    const literal = { kind: "text" as const, text };
    const anything = { kind: "characters" as const, slash: true };
    const forms: Readonly<Record<typeof test.match, Glob["parts"]>> = {
      exact: [literal],
      prefix: [literal, anything],
      suffix: [anything, literal],
    };
    return { glob: { parts: forms[test.match] }, ignoreCase: false, owner };
  });
}

/** The parts of a condition that must all hold. */
export function conjuncts(condition: Bool): readonly Bool[] {
  return condition.kind === "and" ? condition.operands.flatMap(conjuncts) : [condition];
}
