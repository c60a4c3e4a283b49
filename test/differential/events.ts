/**
 * Random events for a hook, biased to the boundaries of its own rules: the values that atoms compare with, their
 * neighbours, one byte more or less, one bit flipped; and to making all atoms of one rule true at once.
 */
import fc from "fast-check";
import { hasSeveral, TEST_SEVERAL } from "../../src/codegen/test-run.ts";
import { atomsOf } from "../../src/ir/bool.ts";
import type { FieldValue, HookEvent } from "../../src/ir/evaluate.ts";
import type {
  Atom,
  Field,
  FieldType,
  Glob,
  GlobPart,
  IrHook,
  Network,
  Test,
  TextValue,
} from "../../src/ir/ir.ts";
import { isListPart } from "../../src/kernel/hook.ts";
import { elementAt, unreachable } from "../../src/source/invariant.ts";
import { addressBytes, integerBounds, integerOf, sizedText, textOf } from "./conditions.ts";

import { scopeValue } from "./scope.ts";

/** Bytes of the longest path that the kernel side reads whole. */
export const LONGEST_PATH = 4096;

const MOST_TEXTS = 4;
/** Bytes that all texts of a list have together, and what may stand before each. */
const LIST_ROOM = LONGEST_PATH - 8;
const LIST_LEAD = 16;

const SLASH = 0x2f;
const MISSING: FieldValue = { kind: "missing" };
const UNRESOLVED: FieldValue = { kind: "unresolved" };

/** The values of one field that the atoms make interesting, without duplicates. Never empty. */
type Candidates = readonly FieldValue[];

/** A stream of random events for a hook. Events of any count: sample it. */
export function eventOf(hook: IrHook): fc.Arbitrary<HookEvent> {
  const rules = hook.blocks.flatMap((block) => block.rules.map((rule) => atomsOf(rule.condition)));
  const everywhere = hook.fields.map((field, index) => candidatesOf(field, index, rules.flat()));
  // Made when first aimed at: a hook of hundreds of rules is seldom aimed at everywhere.
  const perRule = new Map<string, Candidates>();
  const aimedAt = (rule: number, index: number): Candidates => {
    const key = `${rule}/${index}`;
    const known = perRule.get(key);
    const candidates = known ?? candidatesOf(elementAt(hook.fields, index), index, elementAt(rules, rule));
    perRule.set(key, candidates);
    return candidates;
  };
  const single = (field: Field, index: number): fc.Arbitrary<AimedValue> =>
    fc.tuple(fc.nat(99), fc.nat(0xffff), randomValue(field)).map(([lot, pick, other]) => ({
      from: (rule: number) =>
        chosenValue(field, lot, pick, other, aimedAt(rule, index), elementAt(everywhere, index)),
    }));
  const one = (field: Field, index: number): fc.Arbitrary<AimedValue> =>
    isProcessList(field)
      ? fc.array(single(field, index), { maxLength: MOST_TEXTS }).map((texts) => ({
          from: (rule: number): FieldValue =>
            listOf(
              field,
              texts.map((text) => text.from(rule)),
            ),
        }))
      : single(field, index);
  const values = hook.fields.map((field, index) =>
    hasSeveral(field)
      ? fc.array(one(field, index), { maxLength: TEST_SEVERAL }).map((each) => ({
          from: (rule: number): FieldValue => ({
            kind: "several",
            values: each.map((value) => value.from(rule)).filter(({ kind }) => isOfOne(field, kind)),
          }),
        }))
      : one(field, index),
  );
  return fc
    .tuple(fc.nat(Math.max(0, rules.length - 1)), fc.tuple(...values))
    .map(([rule, each]) => ({ values: each.map((value) => value.from(rule)) }));
}

/** A value that depends on the rule that an event is aimed at. */
interface AimedValue {
  readonly from: (rule: number) => FieldValue;
}

function isProcessList({ source }: Field): boolean {
  return source.kind === "process" && isListPart(source.part);
}

/**
 * A list as the kernel has it: texts without a NUL, as many as fit, and what could not be read comes last. Of one
 * argument there is one text, or none.
 */
function listOf({ source }: Field, values: readonly FieldValue[]): FieldValue {
  const texts: FieldValue[] = [];
  let room = LIST_ROOM;
  for (const value of values) {
    if (value.kind === "text" && !value.bytes.includes(0)) {
      room -= value.bytes.length + LIST_LEAD;
      texts.push(...(room >= 0 ? [value] : []));
    }
  }
  const isCut = values.some(({ kind }) => kind === "unresolved");
  const all = isCut ? [...texts, UNRESOLVED] : texts;
  return source.kind === "process" && source.part === "args" && source.element !== undefined
    ? (all[0] ?? MISSING)
    : { kind: "several", values: all };
}

/** A process that there is has a number. */
function isOfOne({ type }: Field, kind: FieldValue["kind"]): boolean {
  return type.kind !== "integer" || kind === "integer";
}

/** Numbers are always there, except for that of a terminal. */
function canBeMissing({ type, source }: Field): boolean {
  return type.kind !== "integer" || (source.kind === "process" && source.part === "tty");
}

/** `lot` (0 to 99) says where the value comes from, `pick` which of the candidates it is. */
function chosenValue(
  field: Field,
  lot: number,
  pick: number,
  other: FieldValue,
  aimed: Candidates,
  everywhere: Candidates,
): FieldValue {
  if (field.source.kind === "scope") {
    return scopeValue(lot);
  }
  if (lot < 60) {
    return elementAt(aimed, pick % aimed.length);
  }
  if (lot < 82) {
    return elementAt(everywhere, pick % everywhere.length);
  }
  if (lot < 88 && canBeMissing(field)) {
    return MISSING;
  }
  const mayBeCut = field.type.kind === "path" || isProcessList(field);
  return lot < 94 && mayBeCut ? UNRESOLVED : other;
}

function randomValue(field: Field): fc.Arbitrary<FieldValue> {
  switch (field.type.kind) {
    case "integer":
      return integerOf(field.type).map((value) => ({ kind: "integer", value }));
    case "address":
      return addressBytes().map((bytes) => ({ kind: "address", bytes }));
    case "path":
    case "string":
      return fc
        .oneof(textOf(LONGEST_PATH), sizedText(LONGEST_PATH))
        .map((text) => textValue(Buffer.from(text)));
    default:
      return unreachable(field.type);
  }
}

function candidatesOf(field: Field, index: number, atoms: readonly Atom[]): Candidates {
  const own = atoms.filter((atom) => atom.field === index);
  const found = new Map<string, FieldValue>();
  for (const value of own.flatMap(({ test }) => nearValues(test, field.type))) {
    found.set(keyOf(value), value);
  }
  return found.size > 0 ? [...found.values()] : [defaultValue(field.type)];
}

function defaultValue(type: FieldType): FieldValue {
  switch (type.kind) {
    case "integer":
      return { kind: "integer", value: 0n };
    case "address":
      return { kind: "address", bytes: new Uint8Array(16) };
    case "path":
    case "string":
      return textValue(Buffer.from("/"));
    default:
      return unreachable(type);
  }
}

/** Tells values apart. */
export function keyOf(value: FieldValue): string {
  switch (value.kind) {
    case "integer":
      return `integer ${value.value}`;
    case "text":
    case "address":
      return `${value.kind} ${Buffer.from(value.bytes).toString("hex")}`;
    case "missing":
    case "unresolved":
      return value.kind;
    case "several":
      return `several ${value.values.map(keyOf).join(", ")}`;
    default:
      return unreachable(value);
  }
}

/** Values at which a test changes its mind, and their neighbours. */
function nearValues(test: Test, type: FieldType): readonly FieldValue[] {
  switch (test.kind) {
    case "ranges":
      return integersNear(
        test.ranges.flatMap(({ low, high }) => [low - 1n, low, low + 1n, high - 1n, high, high + 1n]),
        type,
      );
    case "bits":
      return integersNear(test.masks.flatMap(valuesNearMask), type);
    case "text":
      return test.values.flatMap(textsNear);
    case "glob":
      return test.globs.flatMap(textsOfGlob);
    case "networks":
      return test.networks.flatMap(addressesNear);
    default:
      return unreachable(test);
  }
}

function integersNear(values: readonly bigint[], type: FieldType): readonly FieldValue[] {
  if (type.kind !== "integer") {
    return [];
  }
  const { low, high } = integerBounds(type);
  return values
    .map((value) => (type.signed ? BigInt.asIntN(type.bits, value) : BigInt.asUintN(type.bits, value)))
    .filter((value) => low <= value && value <= high)
    .map((value) => ({ kind: "integer", value }));
}

function valuesNearMask(mask: bigint): readonly bigint[] {
  const withoutLowestBit = mask & (mask - 1n);
  return [mask, ~mask, withoutLowestBit, mask ^ withoutLowestBit, mask | (mask << 1n), 0n, -1n];
}

/** The paths of the kernel are absolute, though a policy may ask for others. */
function textValue(bytes: Uint8Array): FieldValue {
  const absolute = bytes[0] === SLASH ? bytes : Buffer.concat([Buffer.from([SLASH]), bytes]);
  return { kind: "text", bytes: absolute.subarray(0, LONGEST_PATH) };
}

function textsNear({ text }: TextValue): readonly FieldValue[] {
  const bytes = Buffer.from(text);
  const middle = bytes.length >> 1;
  return [
    bytes,
    bytes.subarray(0, -1),
    bytes.subarray(1),
    Buffer.concat([bytes, Buffer.from("a")]),
    Buffer.concat([bytes, Buffer.from("/x")]),
    Buffer.concat([Buffer.from("/"), bytes]),
    Buffer.concat([Buffer.from("/x/y"), bytes]),
    Buffer.concat([bytes, bytes]),
    flipped(bytes, 0),
    flipped(bytes, middle),
    flipped(bytes, bytes.length - 1),
    Buffer.concat([bytes, Buffer.alloc(Math.max(0, LONGEST_PATH - bytes.length), "/a")]),
    Buffer.concat([Buffer.alloc(Math.max(0, LONGEST_PATH - bytes.length), "/a"), bytes]),
    Buffer.concat([bytes, Buffer.alloc(Math.max(0, 256 - bytes.length), "b")]),
    Buffer.concat([Buffer.alloc(Math.max(0, 257 - bytes.length), "b"), bytes]),
  ].map(textValue);
}

/** Another byte at an index, never a NUL. */
function flipped(bytes: Buffer, index: number): Buffer {
  const copy = Buffer.from(bytes);
  const byte = copy[index];
  if (byte !== undefined) {
    copy[index] = byte === 1 ? 2 : byte ^ 1;
  }
  return copy;
}

/** Texts that have the form of a glob, or nearly. */
function textsOfGlob({ parts, span }: Glob): readonly FieldValue[] {
  return ["", "a", "/x/", "é"].flatMap((filling) => textsNear({ text: fill(parts, filling), span }));
}

/** A text of a glob's form: what may be anything is the filling. */
function fill(parts: readonly GlobPart[], filling: string): string {
  return parts
    .map((part) => {
      switch (part.kind) {
        case "text":
          return part.text;
        case "character":
          return filling.at(0) ?? "b";
        case "characters":
          return filling;
        case "class":
          return part.negated ? "z" : String.fromCodePoint(part.ranges[0]?.low ?? 0x61);
        case "directories":
          return filling === "/x/" ? "x/" : "";
        case "choice":
          return fill(part.alternatives[filling.length % part.alternatives.length] ?? [], filling);
        default:
          return unreachable(part);
      }
    })
    .join("");
}

function addressesNear({ address, prefixLength }: Network): readonly FieldValue[] {
  const bits = toNumber(address);
  const hostMask = (1n << BigInt(128 - prefixLength)) - 1n;
  const first = bits & ~hostMask;
  const last = first | hostMask;
  const lastNetworkBit = 1n << BigInt(128 - Math.max(1, prefixLength));
  return [
    bits,
    first,
    last,
    first - 1n,
    last + 1n,
    first ^ lastNetworkBit,
    bits ^ 1n,
    bits & 0xffff_ffffn,
  ].map((value) => ({ kind: "address", bytes: toAddress(BigInt.asUintN(128, value)) }));
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function toAddress(value: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(32, "0"), "hex"));
}
