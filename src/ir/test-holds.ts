/** What one comparison means: a test of an atom on a value that is present and whole. */
import { unreachable } from "../source/invariant.ts";
import { globHolds } from "./glob-holds.ts";
import type { FieldType, IntegerRange, Network, Test, TextValue } from "./ir.ts";

/** A value that tests can be made on. */
export type ComparableValue =
  /** Read in the width and signedness of the field: higher bits are dropped. */
  | { readonly kind: "integer"; readonly value: bigint }
  /** Without a terminating NUL. */
  | { readonly kind: "text"; readonly bytes: Uint8Array }
  /** 16 bytes, big-endian; IPv4 as ::ffff:a.b.c.d. */
  | { readonly kind: "address"; readonly bytes: Uint8Array };

/** Whether a value passes a test. A test that does not fit the value's kind holds for no value. */
export function testHolds(test: Test, type: FieldType, value: ComparableValue): boolean {
  switch (test.kind) {
    case "ranges":
      return value.kind === "integer" && inRanges(ownInteger(type, value.value), test.ranges);
    case "bits":
      return value.kind === "integer" && hasBits(value.value, type, test.masks, test.every);
    case "text":
      return value.kind === "text" && textMatches(value.bytes, test.match, test.values);
    case "glob":
      return (
        value.kind === "text" && test.globs.some((glob) => globHolds(glob, test.ignoreCase, value.bytes))
      );
    case "networks":
      return value.kind === "address" && inNetworks(value.bytes, test.networks);
    default:
      return unreachable(test);
  }
}

/** An integer as the field's type holds it. */
function ownInteger(type: FieldType, value: bigint): bigint {
  if (type.kind !== "integer") {
    return value;
  }
  return type.signed ? BigInt.asIntN(type.bits, value) : BigInt.asUintN(type.bits, value);
}

function inRanges(value: bigint, ranges: readonly IntegerRange[]): boolean {
  return ranges.some(({ low, high }) => low <= value && value <= high);
}

/** Bits are those of the two's complement: the sign of the value or of a mask plays no part. */
function hasBits(value: bigint, type: FieldType, masks: readonly bigint[], every: boolean): boolean {
  const width = type.kind === "integer" ? type.bits : 64;
  return masks.some((mask) => {
    const wanted = BigInt.asUintN(width, mask);
    const found = BigInt.asUintN(width, value) & wanted;
    return every ? found === wanted : found !== 0n;
  });
}

function textMatches(
  bytes: Uint8Array,
  match: "exact" | "prefix" | "suffix",
  values: readonly TextValue[],
): boolean {
  return values.some((value) => {
    const wanted = utf8Of(value);
    switch (match) {
      case "exact":
        return wanted.length === bytes.length && equalAt(bytes, 0, wanted);
      case "prefix":
        return equalAt(bytes, 0, wanted);
      case "suffix":
        return equalAt(bytes, bytes.length - wanted.length, wanted);
      default:
        return unreachable(match);
    }
  });
}

/** Whether `bytes` has `wanted` at `offset`; false where it would reach over either end. */
function equalAt(bytes: Uint8Array, offset: number, wanted: Uint8Array): boolean {
  return (
    offset >= 0 &&
    offset + wanted.length <= bytes.length &&
    wanted.every((byte, index) => bytes[offset + index] === byte)
  );
}

// The same few values are compared with every event of a simulation; encoding them again costs more than comparing.
const encoded = new WeakMap<TextValue, Uint8Array>();

function utf8Of(value: TextValue): Uint8Array {
  const known = encoded.get(value);
  if (known !== undefined) {
    return known;
  }
  const bytes = new TextEncoder().encode(value.text);
  encoded.set(value, bytes);
  return bytes;
}

function inNetworks(address: Uint8Array, networks: readonly Network[]): boolean {
  return networks.some((network) => sharesPrefix(address, network.address, network.prefixLength));
}

/** Whether two addresses agree in their first `bits` bits; the network's other bits do not matter. */
function sharesPrefix(address: Uint8Array, network: Uint8Array, bits: number): boolean {
  const wholeBytes = bits >> 3;
  for (let index = 0; index < wholeBytes; index++) {
    if (address[index] !== network[index]) {
      return false;
    }
  }
  const rest = bits & 7;
  const difference = (address[wholeBytes] ?? 0) ^ (network[wholeBytes] ?? 0);
  return rest === 0 || difference >> (8 - rest) === 0;
}
