/** Random globs: made of texts from the hook's pool, so that some hold. */
import fc from "fast-check";
import type { CharacterRange, Glob, GlobPart, Test } from "../../src/ir/ir.ts";
import type { Span } from "../../src/source/source.ts";

const WILDCARDS: readonly GlobPart[] = [
  { kind: "character", slash: false },
  { kind: "character", slash: true },
  { kind: "characters", slash: false },
  { kind: "characters", slash: true },
  { kind: "directories" },
];

/** Edges of UTF-8's encoded lengths, letters of both cases, and what is not to be confused with them. */
const POINTS = [
  0x2d, 0x2f, 0x30, 0x41, 0x5a, 0x61, 0x7a, 0x7f, 0x80, 0xe9, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff,
];

function range(): fc.Arbitrary<CharacterRange> {
  const point = fc.oneof(fc.constantFrom(...POINTS), fc.constantFrom(0x65e5, 0x1f600, 0x10ffff));
  return fc.tuple(point, point).map(([a, b]) => ({ low: Math.min(a, b), high: Math.max(a, b) }));
}

function partOf(texts: readonly string[]): fc.Arbitrary<GlobPart> {
  const text = fc
    .tuple(fc.constantFrom(...texts), fc.nat(12), fc.integer({ min: 1, max: 12 }))
    .map(([whole, from, length]): GlobPart => {
      const characters = Array.from(whole);
      return { kind: "text", text: characters.slice(from, from + length).join("") };
    });
  return fc.oneof(
    { arbitrary: text, weight: 5 },
    { arbitrary: fc.constantFrom(...WILDCARDS), weight: 5 },
    {
      arbitrary: fc
        .tuple(fc.boolean(), fc.array(range(), { minLength: 1, maxLength: 3 }))
        .map(([negated, ranges]): GlobPart => ({ kind: "class", negated, ranges })),
      weight: 1,
    },
    {
      arbitrary: fc
        .array(fc.array(text, { maxLength: 2 }), { minLength: 1, maxLength: 3 })
        .map((alternatives): GlobPart => ({ kind: "choice", alternatives })),
      weight: 1,
    },
  );
}

function globOf(texts: readonly string[], span: Span): fc.Arbitrary<Glob> {
  const slash: GlobPart = { kind: "text", text: "/" };
  return fc
    .array(partOf(texts), { minLength: 0, maxLength: 5 })
    .map((parts) => ({ text: `glob of ${parts.length} parts`, parts: [slash, ...parts], span }));
}

/** A test for a few globs. */
export function globTest(texts: readonly string[], span: Span): fc.Arbitrary<Test> {
  return fc
    .tuple(fc.boolean(), fc.array(globOf(texts, span), { maxLength: 3 }))
    .map(([ignoreCase, globs]) => ({ kind: "glob", ignoreCase, globs }));
}
