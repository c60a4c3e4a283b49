/** How events and results of test-run programs lie in memory: the structs of `bpf/templates/test_run.h`. */
import { hasSeveral, TEST_SEVERAL } from "../../src/codegen/test-run.ts";
import type { FieldValue, HookEvent } from "../../src/ir/evaluate.ts";
import { mostDecisions } from "../../src/ir/decisions.ts";
import type { Field, FieldType, IrHook } from "../../src/ir/ir.ts";
import { type ProcessList, isListPart } from "../../src/kernel/hook.ts";
import { elementAt, invariant, unreachable } from "../../src/source/invariant.ts";
import { LONGEST_PATH } from "./events.ts";
import { rowOfEvent, scopePlanOf } from "./scope.ts";

/** Longer than any path by what a program may read at once over the end. */
const PATH_ROOM = LONGEST_PATH + 8;
/** Status, length, length of the last component, whether the first is known, its first 8 bytes. */
const PATH_HEADER = 24;
const SLASH = 0x2f;
/** What lies behind the end of a path: the rest of some longer one, never zeroes. */
const GARBAGE = 0xa5;
/** `struct test_result`; the decisions follow. */
const RESULT_HEADER = 24;
const RULE_MASK = 0xff_ffff;

export const PATH_STATUS = { missing: 0, present: 1, unresolved: 2 } as const;

/** What the decide function in the kernel said about one event. */
export interface KernelResult {
  readonly decisions: readonly { readonly rule: number; readonly enforced: boolean }[];
  /** What the hook would return: 0, or a negative errno. */
  readonly result: number;
  /** Signal that the process would get, or 0. */
  readonly signal: number;
  readonly post: boolean;
}

/** Bytes of one event of a hook. */
export function eventSize(hook: IrHook): number {
  const row = (scopePlanOf(hook)?.words ?? 0) * 8;
  return hook.fields.reduce((size, field) => size + fieldSize(field), row);
}

/** Bytes of one result of a hook. */
export function resultSize(hook: IrHook): number {
  return RESULT_HEADER + Math.ceil(mostDecisions(hook) / 2) * 8;
}

/** What depends on the workload is in a row of bits after the values. */
function fieldSize(field: Field): number {
  if (field.source.kind === "scope") {
    return 0;
  }
  return hasSeveral(field) ? 8 + TEST_SEVERAL * valueSize(field.type) : valueSize(field.type);
}

function valueSize(type: FieldType): number {
  switch (type.kind) {
    case "integer":
      return 16;
    case "address":
      return 24;
    case "path":
    case "string":
      return PATH_HEADER + PATH_ROOM;
    default:
      return unreachable(type);
  }
}

export function encodeEvents(hook: IrHook, events: readonly HookEvent[]): Buffer {
  const size = eventSize(hook);
  const scope = scopePlanOf(hook);
  const buffer = Buffer.alloc(size * events.length);
  for (const [index, event] of events.entries()) {
    let offset = index * size;
    for (const [position, field] of hook.fields.entries()) {
      const bytes = fieldSize(field);
      if (bytes > 0) {
        encodeField(buffer.subarray(offset, offset + bytes), field, elementAt(event.values, position));
      }
      offset += bytes;
    }
    if (scope !== undefined) {
      buffer.set(rowOfEvent(scope, hook, event), offset);
    }
  }
  return buffer;
}

function encodeField(into: Buffer, field: Field, value: FieldValue): void {
  if (!hasSeveral(field)) {
    encodeValue(into, field, value);
    return;
  }
  invariant(value.kind === "several", `an event has several values of ${field.name}`);
  invariant(value.values.length <= TEST_SEVERAL, `no more than ${TEST_SEVERAL} of them`);
  into.writeBigUInt64LE(BigInt(value.values.length));
  const size = valueSize(field.type);
  value.values.forEach((each, index) => {
    encodeValue(into.subarray(8 + index * size, 8 + (index + 1) * size), field, each);
  });
}

function encodeValue(into: Buffer, { source, type }: Field, value: FieldValue): void {
  if (source.kind === "process" && isListPart(source.part)) {
    encodeList(into, source.element, source.part, value);
    return;
  }
  switch (type.kind) {
    case "integer":
      into.writeUInt32LE(value.kind === "missing" ? 0 : 1, 0);
      into.writeBigUInt64LE(BigInt.asUintN(64, value.kind === "integer" ? value.value : 0n), 8);
      return;
    case "address":
      into.writeUInt32LE(value.kind === "missing" ? 0 : 1, 0);
      into.set(value.kind === "address" ? value.bytes : new Uint8Array(16).fill(GARBAGE), 8);
      return;
    case "path":
    case "string":
      encodePath(into, value);
      return;
    default:
      unreachable(type);
  }
}

/**
 * The texts of a list, each with a NUL behind it; what stands for one that could not be read has none, and makes the
 * list one that was not seen whole.
 */
function encodeList(into: Buffer, element: string | undefined, part: ProcessList, value: FieldValue): void {
  const texts = value.kind === "several" ? value.values : [value];
  const bytes = Buffer.concat(
    texts.flatMap((text) =>
      text.kind === "text" ? [...leadOf(part, element), Buffer.from(text.bytes), Buffer.alloc(1)] : [],
    ),
  );
  const isCut = texts.some(({ kind }) => kind === "unresolved");
  const all = Buffer.concat([bytes, isCut ? Buffer.from("cut") : Buffer.alloc(0)]);
  invariant(all.length <= LONGEST_PATH, "a list fits into the event");
  into.fill(GARBAGE, PATH_HEADER);
  into.writeUInt32LE(isCut ? PATH_STATUS.unresolved : PATH_STATUS.present, 0);
  into.writeUInt32LE(all.length, 4);
  into.set(all, PATH_HEADER);
}

/** What stands before an element: the arguments before it, or another variable and its name. */
function leadOf(part: ProcessList, element: string | undefined): readonly Buffer[] {
  if (element === undefined) {
    return [];
  }
  return part === "args"
    ? Array.from({ length: Number(element) }, () => Buffer.from("before\0"))
    : [Buffer.from(`b${element}=other\0${element}=`)];
}

function encodePath(into: Buffer, value: FieldValue): void {
  into.fill(GARBAGE, PATH_HEADER);
  if (value.kind === "text") {
    const bytes = Buffer.from(value.bytes);
    const second = bytes.indexOf(SLASH, 1);
    const head = bytes.subarray(1, second < 0 ? undefined : second);
    into.writeUInt32LE(PATH_STATUS.present, 0);
    into.writeUInt32LE(bytes.length, 4);
    into.writeUInt32LE(bytes.length - 1 - bytes.lastIndexOf(SLASH), 8);
    // Deep paths are not walked to their first component before they are read whole.
    into.writeUInt32LE(bytes.length % 5 === 0 ? 0 : 1, 12);
    into.set(head.subarray(0, 8), 16);
    into.set(bytes, PATH_HEADER);
    return;
  }
  into.writeUInt32LE(value.kind === "unresolved" ? PATH_STATUS.unresolved : PATH_STATUS.missing, 0);
}

export function decodeResults(hook: IrHook, results: Buffer): readonly KernelResult[] {
  const size = resultSize(hook);
  return Array.from({ length: results.length / size }, (_, index) =>
    decodeResult(results.subarray(index * size, (index + 1) * size)),
  );
}

function decodeResult(result: Buffer): KernelResult {
  invariant(result.readUInt32LE(0) === 1, "the test program writes a result for every event");
  const count = result.readUInt32LE(4);
  invariant(RESULT_HEADER + count * 4 <= result.length, `no more decisions than blocks, not ${count}`);
  return {
    decisions: Array.from({ length: count }, (_, index) => {
      const word = result.readUInt32LE(RESULT_HEADER + index * 4);
      return { rule: word & RULE_MASK, enforced: word >>> 24 !== 0 };
    }),
    result: result.readInt32LE(8),
    signal: result.readUInt32LE(12),
    post: result.readUInt32LE(16) !== 0,
  };
}
