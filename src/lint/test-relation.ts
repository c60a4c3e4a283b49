/** What two comparisons of one field have to do with each other. Says nothing rather than something wrong. */
import type { ComparableValue } from "../ir/test-holds.ts";
import { testHolds } from "../ir/test-holds.ts";
import type { FieldType, IntegerRange, Network, Test, TextValue } from "../ir/ir.ts";

/** Pairs of values that are compared for one answer; lists with more are not compared. */
const mostPairs = 250_000;

type TextTest = Extract<Test, { readonly kind: "text" }>;
type BitTest = Extract<Test, { readonly kind: "bits" }>;

/** Whether every value that passes `a` passes `b`; false also where that can't be told. */
export function testImplies(a: Test, b: Test, type: FieldType): boolean {
  if (sizeOf(a) * sizeOf(b) > mostPairs) {
    return false;
  }
  const values = valuesOf(a);
  if (values !== undefined) {
    return values.every((value) => testHolds(b, type, value));
  }
  if (a.kind === "ranges" && b.kind === "ranges") {
    return a.ranges.every((range) => b.ranges.some((wide) => isWithin(range, wide)));
  }
  if (a.kind === "bits" && b.kind === "bits") {
    return bitsImply(a, b);
  }
  if (a.kind === "text" && b.kind === "text") {
    return (
      a.match === b.match && a.values.every((value) => b.values.some((wide) => extendsText(a, value, wide)))
    );
  }
  if (a.kind === "networks" && b.kind === "networks") {
    return a.networks.every((network) => b.networks.some((wide) => holdsNetwork(wide, network)));
  }
  return false;
}

/** Whether no value passes both; false also where that can't be told. */
export function testsExclude(a: Test, b: Test, type: FieldType): boolean {
  if (sizeOf(a) * sizeOf(b) > mostPairs) {
    return false;
  }
  const values = valuesOf(a);
  if (values !== undefined) {
    return values.every((value) => !testHolds(b, type, value));
  }
  const others = valuesOf(b);
  if (others !== undefined) {
    return others.every((value) => !testHolds(a, type, value));
  }
  if (a.kind === "ranges" && b.kind === "ranges") {
    return a.ranges.every((range) =>
      b.ranges.every((other) => range.high < other.low || other.high < range.low),
    );
  }
  if (a.kind === "text" && b.kind === "text" && a.match === b.match) {
    return a.values.every((value) =>
      b.values.every((other) => !extendsText(a, value, other) && !extendsText(a, other, value)),
    );
  }
  if (a.kind === "networks" && b.kind === "networks") {
    return a.networks.every((network) =>
      b.networks.every((other) => !holdsNetwork(network, other) && !holdsNetwork(other, network)),
    );
  }
  return false;
}

function sizeOf(test: Test): number {
  if (test.kind === "ranges") {
    return test.ranges.length;
  }
  if (test.kind === "text") {
    return test.values.length;
  }
  return test.kind === "networks" ? test.networks.length : 1;
}

/** The values that pass a test, where they are listed one by one. */
function valuesOf(test: Test): readonly ComparableValue[] | undefined {
  if (test.kind === "text" && test.match === "exact") {
    return test.values.map(({ text }) => ({ kind: "text", bytes: new TextEncoder().encode(text) }));
  }
  if (test.kind === "ranges" && test.ranges.every(({ low, high }) => low === high)) {
    return test.ranges.map(({ low }) => ({ kind: "integer", value: low }));
  }
  return undefined;
}

function isWithin(range: IntegerRange, wide: IntegerRange): boolean {
  return wide.low <= range.low && range.high <= wide.high;
}

function bitsImply(a: BitTest, b: BitTest): boolean {
  if (a.every) {
    return a.masks.every((mask) =>
      b.masks.some((other) => (b.every ? (mask & other) === other : (mask & other) !== 0n)),
    );
  }
  if (b.every) {
    return false;
  }
  // Any bit of `a` is a bit of `b`.
  const wide = b.masks.reduce((all, mask) => all | mask, 0n);
  return a.masks.every((mask) => (mask & ~wide) === 0n);
}

/** Whether a text with `value` at the place has `wide` there as well. */
function extendsText({ match }: TextTest, value: TextValue, wide: TextValue): boolean {
  switch (match) {
    case "exact":
      return value.text === wide.text;
    case "prefix":
      return value.text.startsWith(wide.text);
    case "suffix":
      return value.text.endsWith(wide.text);
  }
}

function holdsNetwork(wide: Network, network: Network): boolean {
  if (wide.prefixLength > network.prefixLength) {
    return false;
  }
  const bytes = wide.prefixLength >> 3;
  for (let index = 0; index < bytes; index += 1) {
    if (wide.address[index] !== network.address[index]) {
      return false;
    }
  }
  const rest = wide.prefixLength & 7;
  const difference = (wide.address[bytes] ?? 0) ^ (network.address[bytes] ?? 0);
  return rest === 0 || difference >> (8 - rest) === 0;
}
