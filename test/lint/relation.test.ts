import fc from "fast-check";
import { expect, test } from "vitest";
import type { FieldType, Network, Test } from "../../src/ir/ir.ts";
import { type ComparableValue, testHolds } from "../../src/ir/test-holds.ts";
import { testImplies, testsExclude } from "../../src/lint/test-relation.ts";
import { createSource, createSpan } from "../../src/source/source.ts";

const span = createSpan(createSource("x", ""), 0, 0);

/** Tests and values of one kind, from so few of them that relations are common. */
interface Kind {
  readonly name: string;
  readonly type: FieldType;
  readonly test: fc.Arbitrary<Test>;
  readonly values: readonly ComparableValue[];
}

const smallInteger = fc.integer({ min: -8, max: 7 });
const ranges: fc.Arbitrary<Test> = fc
  .array(fc.tuple(smallInteger, fc.nat({ max: 4 })), { minLength: 1, maxLength: 3 })
  .map((list) => ({
    kind: "ranges",
    ranges: list.map(([low, size]) => ({ low: BigInt(low), high: BigInt(low + size) })),
  }));
const bits: fc.Arbitrary<Test> = fc
  .tuple(fc.boolean(), fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 2 }))
  .map(([every, masks]) => ({ kind: "bits", every, masks: masks.map(BigInt) }));

const shortText = fc
  .array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 3 })
  .map((list) => list.join(""));
const text: fc.Arbitrary<Test> = fc
  .tuple(fc.constantFrom("exact", "prefix", "suffix"), fc.array(shortText, { minLength: 1, maxLength: 2 }))
  .map(([match, values]) => ({
    kind: "text",
    match,
    values: values.map((value) => ({ text: value, span })),
  }));
const texts = ["", "a", "b"];
for (let length = 1; length < 5; length += 1) {
  texts.push(
    ...texts.filter((value) => value.length === length).flatMap((value) => [`${value}a`, `${value}b`]),
  );
}

const network = fc
  .tuple(fc.nat({ max: 15 }), fc.constantFrom(124, 125, 126, 127, 128))
  .map(([last, prefixLength]): Network => ({ address: address(last), prefixLength, text: "" }));
const networks: fc.Arbitrary<Test> = fc
  .array(network, { minLength: 1, maxLength: 2 })
  .map((list) => ({ kind: "networks", networks: list }));

function address(last: number): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, index) => (index === 15 ? last : 0));
}

const kinds: readonly Kind[] = [
  {
    name: "integers",
    type: { kind: "integer", bits: 8, signed: true },
    test: fc.oneof(ranges, bits),
    values: Array.from({ length: 256 }, (_, index) => ({ kind: "integer", value: BigInt(index - 128) })),
  },
  {
    name: "texts",
    type: { kind: "path" },
    test: text,
    values: texts.map((value) => ({ kind: "text", bytes: new TextEncoder().encode(value) })),
  },
  {
    name: "networks",
    type: { kind: "address" },
    test: networks,
    values: Array.from({ length: 32 }, (_, index) => ({ kind: "address", bytes: address(index) })),
  },
];

test.each(kinds)("what is said of two tests of $name is true of every value", (kind) => {
  let implied = 0;
  let excluded = 0;
  fc.assert(
    fc.property(kind.test, kind.test, (a, b) => {
      const passing = kind.values.filter((value) => testHolds(a, kind.type, value));
      if (testImplies(a, b, kind.type)) {
        implied += 1;
        expect(passing.every((value) => testHolds(b, kind.type, value))).toBe(true);
      }
      if (testsExclude(a, b, kind.type)) {
        excluded += 1;
        expect(passing.some((value) => testHolds(b, kind.type, value))).toBe(false);
      }
    }),
    { numRuns: 3_000 },
  );
  expect(implied).toBeGreaterThan(50);
  expect(excluded).toBeGreaterThan(50);
});
