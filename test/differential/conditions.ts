/** Random tests and conditions. Values come from small pools, so that the rules of a hook overlap. */
import fc from "fast-check";
import type { Bool, Field, IntegerRange, Network, Test, TextValue } from "../../src/ir/ir.ts";
import type { Span } from "../../src/source/source.ts";
import { globTest } from "./globs.ts";

/** Bounds on what is generated. */
export interface ConditionLimits {
  /** UTF-8 bytes of a text that an atom compares with. */
  readonly textBytes: number;
  /** Whether atoms compare with globs: hundreds of random ones make one automaton that takes minutes to compile. */
  readonly globs: boolean;
}

type IntegerType = Extract<Field["type"], { kind: "integer" }>;

/** Smallest and largest value of an integer type. */
export function integerBounds(type: IntegerType): IntegerRange {
  const bits = BigInt(type.bits);
  return type.signed
    ? { low: -(1n << (bits - 1n)), high: (1n << (bits - 1n)) - 1n }
    : { low: 0n, high: (1n << bits) - 1n };
}

/** An integer of a type: its extremes, powers of two and their neighbours more often than others. */
export function integerOf(type: IntegerType): fc.Arbitrary<bigint> {
  const { low, high } = integerBounds(type);
  const corners = new Set<bigint>();
  for (let bit = 0n; bit <= BigInt(type.bits); bit++) {
    for (const near of [-1n, 0n, 1n]) {
      corners.add((1n << bit) + near);
      corners.add(-(1n << bit) + near);
    }
  }
  const fitting = [...corners].filter((value) => low <= value && value <= high);
  return fc.oneof(
    { arbitrary: fc.constantFrom(...fitting), weight: 3 },
    { arbitrary: fc.bigInt({ min: low, max: high }), weight: 1 },
    { arbitrary: fc.constantFrom(0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n), weight: 2 },
  );
}

function rangesTest(type: IntegerType): fc.Arbitrary<Test> {
  const value = integerOf(type);
  const range = fc.oneof(
    value.map((point) => ({ low: point, high: point })),
    fc.tuple(value, value).map(([a, b]) => (a < b ? { low: a, high: b } : { low: b, high: a })),
    value.map((low) => ({ low, high: integerBounds(type).high })),
    value.map((high) => ({ low: integerBounds(type).low, high })),
  );
  return several(range).map((ranges) => ({ kind: "ranges", ranges }));
}

function bitsTest(type: IntegerType): fc.Arbitrary<Test> {
  const mask = fc.oneof(
    integerOf(type),
    fc.array(fc.nat(type.bits - 1), { minLength: 1, maxLength: 4 }).map((bits) => {
      const set = bits.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n);
      return type.signed ? BigInt.asIntN(type.bits, set) : set;
    }),
  );
  return fc
    .tuple(fc.boolean(), fc.array(mask, { minLength: 1, maxLength: 4 }))
    .map(([every, masks]) => ({ kind: "bits", every, masks }));
}

/** A few values, seldom many: each matcher has a size at which the compiler picks another. */
function several<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.oneof(
    { arbitrary: fc.array(value, { minLength: 1, maxLength: 4 }), weight: 40 },
    { arbitrary: fc.array(value, { minLength: 8, maxLength: 60, size: "max" }), weight: 2 },
    { arbitrary: fc.constant<T[]>([]), weight: 1 },
  );
}

const PIECES = ["a", "b", "ab", "etc", "passwd", "é", "日本", "😀", ".", "..", " ", "", "\u007f", "\t\n"];
const LENGTHS = [
  1, 2, 7, 8, 9, 31, 32, 33, 63, 64, 65, 127, 128, 129, 253, 254, 255, 256, 257, 1000, 4095, 4096,
];

/** A path-like text of at most `limit` bytes, and its relatives: shorter, longer, with another character. */
export function textOf(limit: number): fc.Arbitrary<string> {
  const path = fc
    .tuple(
      fc.constantFrom("/", "/", "/", "", "//"),
      fc.array(fc.constantFrom(...PIECES), { maxLength: 4 }),
      fc.constantFrom("", "", "/"),
    )
    .map(([start, pieces, end]) => start + pieces.join("/") + end);
  return fc
    .oneof(
      { arbitrary: path, weight: 20 },
      { arbitrary: sizedText(limit), weight: 3 },
      { arbitrary: fc.constantFrom("", "/", "a", "/etc", "/etc/", "/etc/passwd"), weight: 6 },
    )
    .filter((text) => Buffer.byteLength(text) <= limit);
}

/** A text of one of the lengths at which something changes: a word, a read, a key, a buffer is full. */
export function sizedText(limit: number): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...LENGTHS.filter((length) => length <= limit)), fc.constantFrom("/", "a", "x/"))
    .map(([length, unit]) => `/${unit.repeat(length)}`.slice(0, length));
}

function textTest(pool: readonly string[], span: Span): fc.Arbitrary<Test> {
  const value: fc.Arbitrary<TextValue> = fc.constantFrom(...pool).map((text) => ({ text, span }));
  return fc
    .tuple(fc.constantFrom("exact" as const, "prefix" as const, "suffix" as const), several(value))
    .map(([match, values]) => ({ kind: "text", match, values }));
}

const V4_MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** 16 bytes; many share their first bits, and some IPv4 address is there mapped and in the clear. */
export function addressBytes(): fc.Arbitrary<Uint8Array> {
  const byte = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xfe, 0xff), fc.nat(255));
  const v4 = fc.oneof(
    fc.constantFrom([10, 0, 0, 0], [10, 255, 255, 255], [127, 0, 0, 1], [0, 0, 0, 0], [255, 255, 255, 255]),
    fc.tuple(fc.constant(10), byte, byte, byte),
  );
  return fc
    .oneof(
      { arbitrary: v4.map((low) => [...V4_MAPPED, ...low]), weight: 4 },
      { arbitrary: v4.map((low) => [...V4_MAPPED.map(() => 0), ...low]), weight: 1 },
      {
        arbitrary: fc
          .array(byte, { minLength: 6, maxLength: 6 })
          .map((rest) => [0x20, 0x01, 0x0d, 0xb8, ...V4_MAPPED.slice(0, 6), ...rest]),
        weight: 3,
      },
      { arbitrary: fc.array(byte, { minLength: 16, maxLength: 16 }), weight: 1 },
      { arbitrary: fc.constantFrom(Array<number>(16).fill(0), Array<number>(16).fill(0xff)), weight: 1 },
    )
    .map((bytes) => Uint8Array.from(bytes));
}

function networksTest(pool: readonly Uint8Array[]): fc.Arbitrary<Test> {
  const length = fc.oneof(
    fc.constantFrom(0, 1, 7, 8, 9, 63, 64, 65, 95, 96, 97, 104, 112, 120, 127, 128),
    fc.nat(128),
  );
  const network: fc.Arbitrary<Network> = fc
    .tuple(fc.constantFrom(...pool), length)
    .map(([address, prefixLength]) => ({ address, prefixLength, text: networkText(address, prefixLength) }));
  return several(network).map((networks) => ({ kind: "networks", networks }));
}

export function networkText(address: Uint8Array, prefixLength: number): string {
  return `${Buffer.from(address)
    .toString("hex")
    .replace(/(....)(?=.)/g, "$1:")}/${prefixLength}`;
}

/** The values that the atoms of one hook take from; sharing them is what makes rules overlap. */
export interface ValuePool {
  readonly texts: readonly string[];
  readonly addresses: readonly Uint8Array[];
  readonly globs: boolean;
}

export function poolOf(limits: ConditionLimits): fc.Arbitrary<ValuePool> {
  return fc
    .tuple(
      fc.array(textOf(limits.textBytes), { minLength: 3, maxLength: 30, size: "max" }),
      fc.array(addressBytes(), { minLength: 2, maxLength: 12, size: "max" }),
    )
    .map(([texts, addresses]) => ({
      texts: withRelatives(texts, limits.textBytes),
      addresses,
      globs: limits.globs,
    }));
}

/** Texts and some that begin or end the same. */
function withRelatives(pool: readonly string[], limit: number): string[] {
  const relatives = pool.flatMap((text) => {
    const characters = Array.from(text);
    return [text, characters.slice(0, -1).join(""), characters.slice(1).join(""), `${text}a`, `/${text}`];
  });
  return [...new Set(relatives)].filter((text) => Buffer.byteLength(text) <= limit);
}

/** Any test that fits a field. */
function testOf(field: Field, pool: ValuePool, span: Span): fc.Arbitrary<Test> {
  switch (field.type.kind) {
    case "integer":
      return fc.oneof(
        { arbitrary: rangesTest(field.type), weight: 2 },
        { arbitrary: bitsTest(field.type), weight: 1 },
      );
    case "path":
    case "string":
      return fc.oneof(
        { arbitrary: textTest(pool.texts, span), weight: 4 },
        { arbitrary: globTest(pool.texts, span), weight: pool.globs ? 1 : 0 },
      );
    case "address":
      return networksTest(pool.addresses);
  }
}

/** Any condition over the fields of a hook, nested as deep as asked or less. */
export function conditionOf(
  fields: readonly Field[],
  pool: ValuePool,
  depth: number,
  span: Span,
): fc.Arbitrary<Bool> {
  const atom: fc.Arbitrary<Bool> = fc.oneof(
    ...fields.map((field, index) =>
      testOf(field, pool, span).map((test) => ({ kind: "atom" as const, field: index, test, span })),
    ),
  );
  const constant: fc.Arbitrary<Bool> = fc.boolean().map((value) => ({ kind: "constant", value }));
  let deeper = atom;
  for (let level = 0; level < depth; level++) {
    deeper = nested(deeper, atom, constant);
  }
  return deeper;
}

function nested(
  inner: fc.Arbitrary<Bool>,
  atom: fc.Arbitrary<Bool>,
  constant: fc.Arbitrary<Bool>,
): fc.Arbitrary<Bool> {
  const operands = fc.oneof(
    { arbitrary: fc.array(inner, { minLength: 1, maxLength: 3 }), weight: 20 },
    { arbitrary: fc.array(atom, { minLength: 2, maxLength: 4 }), weight: 5 },
    { arbitrary: fc.constant([]), weight: 1 },
  );
  return fc.oneof(
    { arbitrary: atom, weight: 4 },
    { arbitrary: operands.map((each) => ({ kind: "and" as const, operands: each })), weight: 6 },
    { arbitrary: operands.map((each) => ({ kind: "or" as const, operands: each })), weight: 4 },
    { arbitrary: inner.map((operand) => ({ kind: "not" as const, operand })), weight: 4 },
    { arbitrary: constant, weight: 1 },
  );
}
