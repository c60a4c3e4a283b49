/** Events as JSON, in the shape that Tetragon's users already parse. */
import { addressText } from "./address.ts";
import { rfc3339 } from "./clock.ts";
import type { WallClock } from "./clock.ts";
import type { Captured, CapturedSock, CapturedText, Decision, HookRecord } from "./decode.ts";
import {
  familyName,
  permissionText,
  protocolName,
  signalName,
  socketTypeName,
  tcpStateName,
} from "./names.ts";
import { exitReason } from "./observed.ts";
import { objectJson } from "./object-json.ts";
import type { Observed } from "./observed.ts";
import type { StackEntry, StackNames } from "./stack.ts";
import type { ThrottleRecord } from "./throttle.ts";
import type { KnownProcess } from "./processes.ts";
import { type WorkloadOf, workloadJson, workloadOf } from "./workload-json.ts";

/** What is the same for all events of a node. */
export interface Node {
  readonly name: string;
  readonly clock: WallClock;
  /** Absent: workloads are not told. */
  readonly workloadOf?: WorkloadOf;
  /** Absent: stacks are not told. */
  readonly stackNames?: StackNames;
}

/** A JSON value; a field that is undefined is left out. */
export type Json =
  string | number | boolean | readonly Json[] | { readonly [field: string]: Json | undefined };

/** One event. 64-bit integers are texts, and what is unset is left out, as protojson has it. */
export function eventJson(event: Observed, node: Node): Json {
  const { head } = event.record;
  const processes = {
    process: processJson(event.process, node, head.tid),
    parent: event.parent === undefined ? undefined : processJson(event.parent, node, undefined),
  };
  const envelope = { node_name: node.name, time: rfc3339(node.clock(head.time)) };
  switch (event.kind) {
    case "exec":
      return { process_exec: processes, ...envelope };
    case "exit": {
      const { signal, status } = exitReason(event.record.waitStatus);
      return {
        process_exit: {
          ...processes,
          signal: signal === undefined ? undefined : signalName(signal),
          status: status === 0 ? undefined : status,
          time: envelope.time,
        },
        ...envelope,
      };
    }
    case "throttle":
      return { process_throttle: throttleJson(event.record, processes), ...envelope };
    case "hook":
      return {
        [`process_${event.record.hook.section}`]: {
          ...processes,
          ...place(event.record),
          ...decisionJson(event),
          ...stacksJson(event, node),
        },
        ...envelope,
      };
  }
}

/** `type` and `cgroup` are what Tetragon's readers know; the rest is ours. Counts are numbers, times in milliseconds. */
function throttleJson(
  record: ThrottleRecord,
  processes: Readonly<Record<string, Json | undefined>>,
): Readonly<Record<string, Json | undefined>> {
  const { scope } = record;
  return {
    type: record.type === "start" ? "THROTTLE_START" : "THROTTLE_STOP",
    cgroup: record.cgroup.toString(),
    ...processes,
    policy_name: record.policy.name,
    rule: record.rule.id,
    limit: record.count,
    window_ms: Number(record.window),
    mute_ms: Number(record.mute),
    per: record.limit.kind === "fixed" ? record.limit.per : "container",
    ...(scope.kind === "process" || scope.kind === "thread" ? { scope_id: scope.id } : {}),
    ...(scope.kind === "container" ? { scope_cgroup: scope.cgroup.toString() } : {}),
    arguments: record.arguments === 0n ? undefined : record.arguments.toString(16),
    suppressed: record.suppressed === undefined ? undefined : Number(record.suppressed),
  };
}

function processJson(process: KnownProcess, node: Node, tid: number | undefined): Json {
  return {
    exec_id: execId(process.pid, process.startTime, node),
    pid: process.pid,
    uid: process.uid,
    cwd: unlessEmpty(process.cwd),
    binary: unlessEmpty(process.binary),
    arguments: unlessEmpty(argumentsText(process.arguments)),
    flags: process.flags.join(" "),
    start_time: rfc3339(node.clock(process.startTime)),
    auid: process.auid,
    ...workloadJson(workloadOf(process, node.workloadOf)),
    parent_exec_id:
      process.parent === undefined
        ? undefined
        : execId(process.parent.tgid, process.parentImageTime ?? process.parent.startTime, node),
    tid: tid ?? process.pid,
  };
}

function execId(pid: number, startTime: bigint, node: Node): string {
  return Buffer.from(`${node.name}:${startTime}:${pid}`).toString("base64");
}

function argumentsText(list: readonly string[]): string {
  return list.map((text) => (text === "" || /\s/.test(text) ? `"${text}"` : text)).join(" ");
}

function unlessEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

/** Where it happened, in the words of the event's type. */
function place(record: HookRecord): Readonly<Record<string, Json | undefined>> {
  const { hook } = record;
  const shown = record.captures.filter(({ ofResult }) => !ofResult);
  const args =
    shown.length === 0 ? undefined : shown.map((capture) => argumentJson(capture, record.unresolved));
  switch (hook.section) {
    case "kprobe":
      return {
        function_name: hook.name,
        args,
        return: returned(record),
      };
    case "loader":
      return { path: loadedPath(record) };
    case "lsm":
      return { function_name: hook.name, args };
    case "tracepoint": {
      const [subsystem = "", event = ""] = hook.name.split("/");
      return { subsys: subsystem, event, args };
    }
    case "uprobe":
      return {
        path: hook.path,
        symbol: hook.name,
        args,
        return: returned(record),
      };
    case "usdt": {
      const [provider = "", name = ""] = hook.name.split(":");
      return { path: hook.path, provider, name, args };
    }
  }
}

function decisionJson({
  record,
  decision,
  message,
}: Extract<Observed, { readonly kind: "hook" }>): Readonly<Record<string, Json | undefined>> {
  const { rule, policy, enforced } = decision;
  const tags = [...policy.tags, ...rule.tags];
  const asked = actionName(rule.verdict);
  return {
    action: enforced ? asked : "KPROBE_ACTION_POST",
    policy_name: policy.name,
    message,
    tags: tags.length === 0 ? undefined : tags,
    severity: policy.severity,
    rule: rule.id,
    rule_action: asked,
    mode: enforced ? "enforce" : "monitor",
    posture: rule.posture || undefined,
    denied: record.denied || undefined,
    guard: record.guard || undefined,
  };
}

/** The kernel's addresses are no matter of whoever reads events: they would tell where it lies in memory. */
function stacksJson(
  { record, decision }: Extract<Observed, { readonly kind: "hook" }>,
  { stackNames }: Node,
): Readonly<Record<string, Json | undefined>> {
  const { kernel, user } = stackNames?.of(record, decision) ?? { kernel: undefined, user: undefined };
  return {
    kernel_stack_trace: kernel?.map((entry) => stackEntryJson(entry, false)),
    user_stack_trace: user?.map((entry) => stackEntryJson(entry, true)),
  };
}

function stackEntryJson({ address, offset, symbol, module }: StackEntry, showsAddress: boolean): Json {
  return {
    address: showsAddress || symbol === undefined ? address.toString() : undefined,
    offset: offset?.toString(),
    symbol,
    module,
  };
}

function actionName(verdict: Decision["rule"]["verdict"]): string {
  switch (verdict.kind) {
    case "allow":
      return "KPROBE_ACTION_POST";
    case "deny":
      return "KPROBE_ACTION_OVERRIDE";
    case "kill":
      return verdict.signal === 9 ? "KPROBE_ACTION_SIGKILL" : "KPROBE_ACTION_SIGNAL";
  }
}

function argumentJson(captured: Captured, unresolved: boolean): Json {
  return { ...valueJson(captured, unresolved), label: captured.label };
}

function valueJson({ value, key }: Captured, unresolved: boolean): Readonly<Record<string, Json>> {
  switch (value.kind) {
    case "integer":
      return integerJson(value.value, value.bits, value.signed);
    case "text":
      return textJson(value, key);
    case "object": {
      const json = objectJson(value);
      return json === undefined
        ? { error_arg: { message: "Bad address for basic type" } }
        : { [key ?? "object_arg"]: json };
    }
    case "file":
    case "path":
      return {
        [key ?? `${value.kind}_arg`]: {
          path: unlessEmpty(value.path),
          flags: unresolved ? "unresolvedPathComponents" : undefined,
          permission: value.mode === 0 ? undefined : permissionText(value.mode),
        },
      };
    case "sock":
      return { [key ?? "sock_arg"]: endsJson(value, key) };
  }
}

/** Bytes are base64, as protojson has it. */
function textJson(text: CapturedText, key: string | undefined): Readonly<Record<string, Json>> {
  if (text.status === "unreadable") {
    return { error_arg: { message: "Bad address for basic type" } };
  }
  const bytes = Buffer.from(text.bytes);
  if (text.status === "cut") {
    return { truncated_bytes_arg: { bytes_arg: bytes.toString("base64"), orig_size: text.size.toString() } };
  }
  return text.binary
    ? { [key ?? "bytes_arg"]: bytes.toString("base64") }
    : { [key ?? "string_arg"]: bytes.toString("utf8") };
}

function integerJson(value: bigint, bits: number, signed: boolean): Readonly<Record<string, Json>> {
  if (bits === 64) {
    return signed ? { long_arg: value.toString() } : { size_arg: value.toString() };
  }
  return signed ? { int_arg: Number(value) } : { uint_arg: Number(value) };
}

/** A return value is an `int` unless it does not fit one. */
/** The file that was loaded; undefined where its path could not be read. */
export function loadedPath({ captures }: HookRecord): string | undefined {
  const value = captures[0]?.value;
  return value?.kind === "file" && value.path !== "" ? value.path : undefined;
}

/** What the function returned, if the policy asks for it. */
function returned({ captures, result, unresolved }: HookRecord): Json | undefined {
  const captured = captures.find(({ ofResult }) => ofResult);
  if (captured !== undefined) {
    return argumentJson(captured, unresolved);
  }
  return result === undefined ? undefined : resultJson(result);
}

function resultJson(result: bigint): Readonly<Record<string, Json>> {
  return BigInt.asIntN(32, result) === result ? { int_arg: Number(result) } : { long_arg: result.toString() };
}

/** Packets and addresses have some of what sockets have, under other names. */
function endsJson(value: CapturedSock, key: string | undefined): Json {
  switch (key) {
    case "skb_arg":
      return {
        len: value.length || undefined,
        priority: value.priority || undefined,
        mark: value.mark || undefined,
        saddr: addressText(value.family, value.saddr),
        daddr: addressText(value.family, value.daddr),
        sport: value.sport || undefined,
        dport: value.dport || undefined,
        proto: value.protocol || undefined,
        protocol: protocolName(value.protocol),
        family: familyName(value.family),
      };
    case "sockaddr_arg":
      return {
        family: familyName(value.family),
        addr: addressText(value.family, value.saddr),
        port: value.sport || undefined,
      };
    case undefined:
    default:
      return sockJson(value);
  }
}

function sockJson(sock: CapturedSock): Json {
  return {
    family: familyName(sock.family),
    type: socketTypeName(sock.type),
    protocol: protocolName(sock.protocol),
    mark: sock.mark || undefined,
    priority: sock.priority || undefined,
    saddr: addressText(sock.family, sock.saddr),
    daddr: addressText(sock.family, sock.daddr),
    sport: sock.sport || undefined,
    dport: sock.dport || undefined,
    cookie: sock.cookie === 0n ? undefined : sock.cookie.toString(),
    state: unlessEmpty(tcpStateName(sock.state)),
  };
}
