/**
 * Event records out of the ring buffer. Their layout is `event-layout.ts`; what a hook's record carries
 * after its decisions is in the manifest. A record that does not fit its own description is refused
 * whole: nothing of it is guessed.
 */
import { posix } from "node:path";
import {
  CAPTURED_PATH,
  CAPTURED_SOCK,
  CAPTURED_TEXT,
  CLONE_RECORD,
  DECISION_FLAGS,
  EVENT_FLAGS,
  EVENT_HEADER,
  EVENT_KINDS,
  EXEC_FLAGS,
  EXEC_RECORD,
  TEXT_STATUS,
} from "../event-layout.ts";
import { decodeThrottle, type ThrottleRecord } from "./throttle.ts";
import type { StructLayout } from "../event-layout.ts";
import type {
  Manifest,
  ManifestCapture,
  ManifestHook,
  ManifestPart,
  ManifestPolicy,
  ManifestRule,
} from "../manifest.ts";

/** What every record tells. */
export interface RecordHead {
  readonly tgid: number;
  readonly tid: number;
  /** Nanoseconds since boot. */
  readonly time: bigint;
  /** When the process started, nanoseconds since boot. */
  readonly startTime: bigint;
  readonly uid: number;
}

export interface Decision {
  readonly rule: ManifestRule;
  readonly policy: ManifestPolicy;
  /** Whether the policy was in force, and not in monitor mode. */
  readonly enforced: boolean;
}

export type CapturedValue =
  | { readonly kind: "integer"; readonly value: bigint; readonly bits: number; readonly signed: boolean }
  | {
      readonly kind: "file" | "path";
      readonly path: string;
      readonly mode: number;
      readonly flags: number;
    }
  | CapturedText
  | CapturedObject
  | CapturedSock;

export interface CapturedObject {
  readonly kind: "object";
  /** False for a NULL pointer: its parts then say nothing. */
  readonly present: boolean;
  readonly parts: readonly CapturedPart[];
}

export type CapturedPart = ManifestPart & { readonly value: bigint | CapturedText };

export interface CapturedText {
  readonly kind: "text";
  readonly bytes: Uint8Array;
  /** Whether it may hold any bytes. */
  readonly binary: boolean;
  /** `cut`: only its beginning is there. `missing`: there is no text (a NULL pointer). */
  readonly status: keyof typeof TEXT_STATUS;
  /** Bytes of the whole text, as far as they are known. */
  readonly size: bigint;
}

export interface CapturedSock {
  readonly kind: "sock";
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  readonly state: number;
  readonly mark: number;
  readonly priority: number;
  readonly saddr: Uint8Array;
  readonly daddr: Uint8Array;
  readonly sport: number;
  readonly dport: number;
  readonly cookie: bigint;
  /** Bytes of a packet. */
  readonly length: number;
}

export interface Captured {
  readonly argument: number;
  readonly key: string | undefined;
  readonly label: string | undefined;
  /** Whether it is what the function returned, not an argument. */
  readonly ofResult: boolean;
  readonly value: CapturedValue;
}

export interface HookRecord {
  readonly kind: "hook";
  readonly head: RecordHead;
  readonly hook: ManifestHook;
  readonly decisions: readonly Decision[];
  readonly captures: readonly Captured[];
  readonly result: bigint | undefined;
  /** A captured path is cut at its front. */
  readonly unresolved: boolean;
  readonly denied: boolean;
  readonly guard: boolean;
  /** Addresses, the innermost call first; undefined: not told, or not to be had. */
  readonly stacks: Stacks;
}

export interface Stacks {
  readonly kernel: readonly bigint[] | undefined;
  readonly user: readonly bigint[] | undefined;
}

export interface ExecRecord {
  readonly kind: "exec";
  readonly head: RecordHead;
  readonly parentTgid: number;
  readonly parentStartTime: bigint;
  readonly auid: number;
  readonly cgroup: bigint;
  readonly pidNs: number;
  readonly mntNs: number;
  readonly nsTgid: number;
  readonly capEffective: bigint;
  readonly binary: string;
  readonly arguments: readonly string[];
  readonly directory: string;
  readonly binaryCut: boolean;
  readonly argumentsCut: boolean;
  readonly directoryCut: boolean;
}

export interface ExitRecord {
  readonly kind: "exit";
  readonly head: RecordHead;
  /** As `wait` gives it: exit code in bits 8 to 15, signal in bits 0 to 6. */
  readonly waitStatus: number;
}

/** A new process, with the image of another. */
export interface CloneRecord {
  readonly kind: "clone";
  readonly head: RecordHead;
  readonly parentTgid: number;
  readonly parentStartTime: bigint;
  readonly originTgid: number;
  readonly originStartTime: bigint;
}

export type EventRecord = HookRecord | ExecRecord | ExitRecord | CloneRecord | ThrottleRecord;

export type Decoded = EventRecord | { readonly kind: "malformed"; readonly reason: string };

/** Offsets of a struct's fields by name. */
function offsets(layout: StructLayout): (field: string) => number {
  const byName = new Map(layout.fields.map((field) => [field.name, field.offset]));
  return (field) => {
    const offset = byName.get(field);
    if (offset === undefined) {
      throw new Error(`policyc bug: ${layout.name} has no field ${field}`);
    }
    return offset;
  };
}

const header = offsets(EVENT_HEADER);
const execRecord = offsets(EXEC_RECORD);
const cloneRecord = offsets(CLONE_RECORD);
const capturedPath = offsets(CAPTURED_PATH);
const capturedSock = offsets(CAPTURED_SOCK);
const capturedText = offsets(CAPTURED_TEXT);

const AT = {
  size: header("size"),
  kind: header("kind"),
  flags: header("flags"),
  hook: header("hook"),
  tgid: header("tgid"),
  tid: header("tid"),
  time: header("time"),
  startTime: header("start_time"),
  result: header("result"),
  decisionCount: header("decision_count"),
  uid: header("uid"),
} as const;

/** One record, as the ring buffer gave it. */
export function decodeRecord(bytes: Buffer, manifest: Manifest): Decoded {
  if (bytes.length < EVENT_HEADER.size) {
    return malformed(`${bytes.length} bytes are too few for a record`);
  }
  const size = bytes.readUInt32LE(AT.size);
  if (size < EVENT_HEADER.size || size > bytes.length) {
    return malformed(`its size of ${size} does not fit its ${bytes.length} bytes`);
  }
  const record = bytes.subarray(0, size);
  const kind = record.readUInt8(AT.kind);
  switch (kind) {
    case EVENT_KINDS.hook:
      return decodeHook(record, manifest);
    case EVENT_KINDS.exec:
      return decodeExec(record);
    case EVENT_KINDS.clone:
      return decodeClone(record);
    case EVENT_KINDS.throttle: {
      const throttle = decodeThrottle(record, decodeHead(record), manifest);
      return typeof throttle === "string" ? malformed(throttle) : throttle;
    }
    case EVENT_KINDS.exit:
      return {
        kind: "exit",
        head: decodeHead(record),
        waitStatus: Number(record.readBigUInt64LE(AT.result) & 0xffffn),
      };
    default:
      return malformed(`unknown kind ${kind}`);
  }
}

function malformed(reason: string): Decoded {
  return { kind: "malformed", reason };
}

function decodeHead(record: Buffer): RecordHead {
  return {
    tgid: record.readUInt32LE(AT.tgid),
    tid: record.readUInt32LE(AT.tid),
    time: record.readBigUInt64LE(AT.time),
    startTime: record.readBigUInt64LE(AT.startTime),
    uid: record.readUInt32LE(AT.uid),
  };
}

function decodeHook(record: Buffer, manifest: Manifest): Decoded {
  const hookIndex = record.readUInt16LE(AT.hook);
  const hook = manifest.hooks[hookIndex];
  if (hook === undefined) {
    return malformed(`unknown hook ${hookIndex}`);
  }
  const count = record.readUInt16LE(AT.decisionCount);
  const decisionsEnd = EVENT_HEADER.size + align8(count * 4);
  if (decisionsEnd > record.length) {
    return malformed(`no room for its ${count} decisions`);
  }
  const decisions = decodeDecisions(record, count, manifest);
  if (typeof decisions === "string") {
    return malformed(decisions);
  }
  const captured = decodeCaptures(record, decisionsEnd, hook.captures);
  if (typeof captured === "string") {
    return malformed(captured);
  }
  const stacks = hook.stacks === true ? decodeStacks(record, captured.end) : NO_STACKS;
  if (stacks === undefined) {
    return malformed("the stacks do not fit");
  }
  const flags = record.readUInt8(AT.flags);
  return {
    kind: "hook",
    head: decodeHead(record),
    hook,
    decisions,
    captures: captured.captures,
    stacks,
    result: hook.result ? record.readBigInt64LE(AT.result) : undefined,
    unresolved: (flags & EVENT_FLAGS.unresolved) !== 0,
    denied: (flags & EVENT_FLAGS.denied) !== 0,
    guard: (flags & EVENT_FLAGS.guard) !== 0,
  };
}

function decodeDecisions(record: Buffer, count: number, manifest: Manifest): readonly Decision[] | string {
  const decisions: Decision[] = [];
  for (let index = 0; index < count; index++) {
    const word = record.readUInt32LE(EVENT_HEADER.size + index * 4);
    const ruleIndex = word & 0xff_ffff;
    const rule = manifest.rules[ruleIndex];
    const policy = rule === undefined ? undefined : manifest.policies[rule.policy];
    if (rule === undefined || policy === undefined) {
      return `unknown rule ${ruleIndex}`;
    }
    const flags = word >>> 24;
    if ((flags & DECISION_FLAGS.suppressed) === 0) {
      decisions.push({ rule, policy, enforced: (flags & DECISION_FLAGS.enforced) !== 0 });
    }
  }
  return decisions;
}

function decodeCaptures(
  record: Buffer,
  start: number,
  planned: readonly ManifestCapture[],
): { readonly captures: readonly Captured[]; readonly end: number } | string {
  const captures: Captured[] = [];
  let at = start;
  for (const capture of planned) {
    const decoded = decodeCapture(record, at, capture);
    if (decoded === undefined) {
      return `argument ${capture.argument} does not fit`;
    }
    const { argument, key, label, ofResult = false } = capture;
    captures.push({ argument, key, label, ofResult, value: decoded.value });
    at = decoded.end;
  }
  return { captures, end: at };
}

const NO_STACKS: Stacks = { kernel: undefined, user: undefined };

/** Each begins with its size in bytes; a negative one says why there is none. */
function decodeStacks(record: Buffer, start: number): Stacks | undefined {
  const kernel = decodeStack(record, start);
  const user = kernel && decodeStack(record, kernel.end);
  return user && { kernel: kernel.addresses, user: user.addresses };
}

function decodeStack(
  record: Buffer,
  start: number,
): { readonly addresses: readonly bigint[] | undefined; readonly end: number } | undefined {
  const from = start + 8;
  if (from > record.length) {
    return undefined;
  }
  const size = Number(record.readBigInt64LE(start));
  if (size <= 0) {
    return { addresses: undefined, end: from };
  }
  const end = from + size;
  if (end > record.length || size % 8 !== 0) {
    return undefined;
  }
  const addresses: bigint[] = [];
  for (let at = from; at < end; at += 8) {
    addresses.push(record.readBigUInt64LE(at));
  }
  // What is left of the room is 0.
  return { addresses: addresses.filter((address) => address !== 0n), end };
}

interface DecodedCapture {
  readonly value: CapturedValue;
  readonly end: number;
}

function decodeCapture(record: Buffer, at: number, capture: ManifestCapture): DecodedCapture | undefined {
  const { type } = capture;
  switch (type.kind) {
    case "integer":
      return at + 8 > record.length ? undefined : decodeInteger(record, at, type.bits, type.signed);
    case "file":
    case "path":
      return decodePath(record, at, type.kind);
    case "text":
      return decodeText(record, at, type.binary);
    case "object":
      return decodeObject(record, at, type.parts);
    case "sock":
      return at + CAPTURED_SOCK.size > record.length
        ? undefined
        : { value: decodeSock(record.subarray(at, at + CAPTURED_SOCK.size)), end: at + CAPTURED_SOCK.size };
  }
}

function decodeInteger(record: Buffer, at: number, bits: number, signed: boolean): DecodedCapture {
  const raw = record.readBigUInt64LE(at);
  const value = signed ? BigInt.asIntN(bits, raw) : BigInt.asUintN(bits, raw);
  return { value: { kind: "integer", value, bits, signed }, end: at + 8 };
}

function decodePath(record: Buffer, at: number, kind: "file" | "path"): DecodedCapture | undefined {
  const text = at + CAPTURED_PATH.size;
  if (text > record.length) {
    return undefined;
  }
  const length = record.readUInt32LE(at + capturedPath("length"));
  const end = text + align8(length);
  if (end > record.length) {
    return undefined;
  }
  return {
    value: {
      kind,
      path: record.toString("utf8", text, text + length),
      mode: record.readUInt32LE(at + capturedPath("mode")),
      flags: record.readUInt32LE(at + capturedPath("flags")),
    },
    end,
  };
}

function decodeObject(
  record: Buffer,
  start: number,
  planned: readonly ManifestPart[],
): DecodedCapture | undefined {
  if (start + 8 > record.length) {
    return undefined;
  }
  const parts: CapturedPart[] = [];
  let at = start + 8;
  for (const part of planned) {
    if (part.format === "text") {
      const text = decodeText(record, at, false);
      if (text === undefined) {
        return undefined;
      }
      parts.push({ ...part, value: text.value });
      at = text.end;
    } else {
      if (at + 8 > record.length) {
        return undefined;
      }
      parts.push({ ...part, value: record.readBigUInt64LE(at) });
      at += 8;
    }
  }
  return { value: { kind: "object", present: record.readBigUInt64LE(start) !== 0n, parts }, end: at };
}

interface DecodedText {
  readonly value: CapturedText;
  readonly end: number;
}

function decodeText(record: Buffer, at: number, binary: boolean): DecodedText | undefined {
  const start = at + CAPTURED_TEXT.size;
  if (start > record.length) {
    return undefined;
  }
  const length = record.readUInt32LE(at + capturedText("length"));
  const code = record.readUInt32LE(at + capturedText("status"));
  const status = TEXT_STATUSES.find((name) => TEXT_STATUS[name] === code);
  const end = start + align8(length);
  if (end > record.length || status === undefined) {
    return undefined;
  }
  return {
    value: {
      kind: "text",
      bytes: Uint8Array.from(record.subarray(start, start + length)),
      binary,
      status,
      size: record.readBigUInt64LE(at + capturedText("size")),
    },
    end,
  };
}

const TEXT_STATUSES = ["missing", "whole", "cut", "unreadable"] as const;

function decodeSock(bytes: Buffer): CapturedSock {
  const address = (field: string): Uint8Array =>
    Uint8Array.from(bytes.subarray(capturedSock(field), capturedSock(field) + 16));
  return {
    kind: "sock",
    family: bytes.readUInt16LE(capturedSock("family")),
    type: bytes.readUInt16LE(capturedSock("type")),
    protocol: bytes.readUInt16LE(capturedSock("protocol")),
    state: bytes.readUInt16LE(capturedSock("state")),
    mark: bytes.readUInt32LE(capturedSock("mark")),
    priority: bytes.readUInt32LE(capturedSock("priority")),
    saddr: address("saddr"),
    daddr: address("daddr"),
    sport: bytes.readUInt16LE(capturedSock("sport")),
    dport: bytes.readUInt16LE(capturedSock("dport")),
    cookie: bytes.readBigUInt64LE(capturedSock("cookie")),
    length: bytes.readUInt32LE(capturedSock("length")),
  };
}

function decodeExec(record: Buffer): Decoded {
  const texts = EVENT_HEADER.size + EXEC_RECORD.size;
  if (record.length < texts) {
    return malformed("too short for an exec record");
  }
  const field = (name: string): number => record.readUInt32LE(EVENT_HEADER.size + execRecord(name));
  const wide = (name: string): bigint => record.readBigUInt64LE(EVENT_HEADER.size + execRecord(name));
  const binaryEnd = texts + align8(field("binary_length"));
  const argumentsEnd = binaryEnd + align8(field("arguments_length"));
  if (argumentsEnd + field("directory_length") > record.length) {
    return malformed("its texts do not fit");
  }
  const text = (start: number, name: string): string => record.toString("utf8", start, start + field(name));
  const flags = field("flags");
  const binary = text(texts, "binary_length");
  const directory = text(argumentsEnd, "directory_length");
  // A script's name is what the caller gave: it may start from the directory.
  const isRelative = (flags & EXEC_FLAGS.interpreted) !== 0 && binary !== "" && !binary.startsWith("/");
  return {
    kind: "exec",
    head: decodeHead(record),
    parentTgid: field("parent_tgid"),
    parentStartTime: wide("parent_start_time"),
    auid: field("auid"),
    cgroup: wide("cgroup"),
    pidNs: field("pid_ns"),
    mntNs: field("mnt_ns"),
    nsTgid: field("ns_tgid"),
    capEffective: wide("cap_effective"),
    binary: isRelative ? posix.join(directory, binary) : binary,
    arguments: splitArguments(text(binaryEnd, "arguments_length")),
    directory,
    binaryCut: (flags & EXEC_FLAGS.binaryCut) !== 0,
    argumentsCut: (flags & EXEC_FLAGS.argumentsCut) !== 0,
    directoryCut: (flags & EXEC_FLAGS.directoryCut) !== 0,
  };
}

function decodeClone(record: Buffer): Decoded {
  if (record.length < EVENT_HEADER.size + CLONE_RECORD.size) {
    return malformed("too short for a clone record");
  }
  const at = (name: string): number => EVENT_HEADER.size + cloneRecord(name);
  return {
    kind: "clone",
    head: decodeHead(record),
    parentTgid: record.readUInt32LE(at("parent_tgid")),
    parentStartTime: record.readBigUInt64LE(at("parent_start_time")),
    originTgid: record.readUInt32LE(at("origin_tgid")),
    originStartTime: record.readBigUInt64LE(at("origin_start_time")),
  };
}

/** Arguments that NULs end or separate. */
export function splitArguments(text: string): readonly string[] {
  if (text === "") {
    return [];
  }
  return (text.endsWith("\0") ? text.slice(0, -1) : text).split("\0");
}

function align8(size: number): number {
  return Math.ceil(size / 8) * 8;
}
