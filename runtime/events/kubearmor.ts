/**
 * Events as KubeArmor's alerts, in the names of its protocol. The policy is that of the rule that decided, which
 * the kernel names: nothing is matched again here.
 */
import { rfc3339 } from "./clock.ts";
import type { CapturedValue, Decision, HookRecord } from "./decode.ts";
import type { Json, Node } from "./json.ts";
import { capabilityName, familyName, protocolName, socketTypeName } from "./names.ts";
import type { Observed } from "./observed.ts";
import type { KnownProcess } from "./processes.ts";
import { workloadAlert, workloadOf } from "./workload-json.ts";

/** Where nothing gives a severity. */
const LEAST_SEVERITY = 1;
/** Labels of rules that stand for a preset begin with it. */
const PRESET = "PRESET-";

/** The alert of a decision, or a notice of throttling; undefined where the event is none: that a process started or ended. */
export function kubearmorAlert(event: Observed, node: Node): Json | undefined {
  if (event.kind === "throttle") {
    return throttleNotice(event, node);
  }
  if (event.kind !== "hook") {
    return undefined;
  }
  const { record, decision, process, parent } = event;
  const { policy, rule } = decision;
  const time = node.clock(record.head.time);
  const what = operationOf(record, decision);
  return {
    Timestamp: Number(time / 1_000_000_000n),
    UpdatedTime: rfc3339(time),
    HostName: node.name,
    NamespaceName: policy.namespace,
    ...workloadAlert(workloadOf(process, node.workloadOf)),
    HostPPID: process.parent?.tgid,
    HostPID: process.pid,
    UID: process.uid,
    ParentProcessName: unlessEmpty(parent?.binary),
    ProcessName: unlessEmpty(process.binary),
    ...(rule.posture ? { PolicyName: "DefaultPosture" } : described(event)),
    Type: policy.namespace === undefined ? "MatchedHostPolicy" : "MatchedPolicy",
    Source: unlessEmpty(sourceOf(what.operation, process, parent)),
    Operation: what.operation,
    Resource: unlessEmpty(what.resource),
    Data: dataOf(record),
    EventData: eventDataOf(record),
    Action: actionOf(decision),
    Result: record.denied ? "Permission denied" : "Passed",
    Enforcer: rule.label?.startsWith(PRESET) === true ? rule.label : "BPFLSM",
    Cwd: unlessEmpty(process.cwd),
  };
}

/** The one that begins is theirs; the one that ends has their form, and how many alerts were left out. */
function throttleNotice(event: Extract<Observed, { readonly kind: "throttle" }>, node: Node): Json {
  const { record, process } = event;
  const time = node.clock(record.head.time);
  const ended = record.type === "stop";
  return {
    Timestamp: Number(time / 1_000_000_000n),
    UpdatedTime: rfc3339(time),
    HostName: node.name,
    NamespaceName: record.policy.namespace,
    ...workloadAlert(workloadOf(process, node.workloadOf)),
    HostPID: process.pid,
    PolicyName: record.policy.name,
    Type: "SystemEvent",
    Operation: "AlertThreshold",
    Data: `cgroup=${record.cgroup}${ended ? ` suppressed=${record.suppressed ?? "unknown"}` : ""}`,
    Result: "Passed",
    Enforcer: "BPFLSM",
    MaxAlertsPerSec: record.count,
    DroppingAlertsInterval: Number((record.window + record.mute) / 1000n),
  };
}

/** Severity, tags and message: of the rule, else of its policy. */
function described({
  decision: { rule, policy },
  message,
}: Extract<Observed, { readonly kind: "hook" }>): Readonly<Record<string, Json | undefined>> {
  const tags = rule.tags.length > 0 ? rule.tags : policy.tags;
  return {
    PolicyName: policy.name,
    Severity: String(rule.severity ?? policy.severity ?? LEAST_SEVERITY),
    Tags: tags.length === 0 ? undefined : tags.join(","),
    ATags: tags.length === 0 ? undefined : tags,
    Message: unlessEmpty(message),
  };
}

/** What a policy asks; in brackets where it only monitors. */
function actionOf({ rule, enforced }: Decision): string {
  const refuses = rule.verdict.kind !== "allow";
  return refuses ? (enforced ? "Block" : "Audit (Block)") : "Audit";
}

interface Operation {
  readonly operation: "Process" | "File" | "Network" | "Capabilities" | "Syscall";
  readonly resource: string | undefined;
}

function operationOf(record: HookRecord, decision: Decision): Operation {
  const { name } = record.hook;
  if (name === "security_bprm_check") {
    return { operation: "Process", resource: pathsOf(record)[0] };
  }
  if (name === "security_capable") {
    const capability = record.captures.findLast(({ value }) => value.kind === "integer")?.value;
    return {
      operation: "Capabilities",
      resource: capability?.kind === "integer" ? capabilityName(Number(capability.value)) : undefined,
    };
  }
  if (name.startsWith("security_socket_")) {
    return { operation: "Network", resource: socketText(record) };
  }
  if (/^security_(?:file|path|mmap)_/.test(name)) {
    return { operation: "File", resource: fileOf(record, decision) };
  }
  const call = record.captures.findLast(({ value }) => value.kind === "integer")?.value;
  return { operation: "Syscall", resource: call?.kind === "integer" ? `syscall=${call.value}` : name };
}

/** A rename or link has two names: a rule on `file.create` is about the new one. */
function fileOf(record: HookRecord, { rule }: Decision): string | undefined {
  const paths = pathsOf(record);
  return /\/file\.create#\d+$/.test(rule.id) ? paths.at(-1) : paths[0];
}

function pathsOf({ captures }: HookRecord): readonly string[] {
  return captures.flatMap(({ value }) =>
    value.kind === "file" || value.kind === "path" ? [value.path] : [],
  );
}

/** `TCP`, `UDP`, `RAW`: the protocol, else what is usual for the type of the socket. */
function socketText({ captures }: HookRecord): string | undefined {
  const sock = captures.find(({ value }) => value.kind === "sock")?.value;
  const numbers = captures.map(({ value }) => numberOf(value));
  const type = sock?.kind === "sock" ? sock.type : numbers[1];
  const protocol = sock?.kind === "sock" ? sock.protocol : numbers[2];
  if (type === undefined || protocol === undefined) {
    return undefined;
  }
  const usual: Readonly<Record<number, number>> = { 1: 6, 2: 17 };
  const asked = protocol === 0 ? (usual[type] ?? 0) : protocol;
  return asked === 0 || type === 3
    ? socketTypeName(type).replace(/^SOCK_/, "")
    : protocolName(asked).replace(/^IPPROTO_/, "");
}

function numberOf(value: CapturedValue): number | undefined {
  return value.kind === "integer" ? Number(value.value) : undefined;
}

/** Who did it: a new program's source is the one that started it. */
function sourceOf(
  operation: Operation["operation"],
  process: KnownProcess,
  parent: KnownProcess | undefined,
): string | undefined {
  return operation === "Process"
    ? parent?.binary
    : process.binary && [process.binary, ...process.arguments].join(" ");
}

function hookText({ hook }: HookRecord): string {
  return hook.name.replace(/^security_/, "").toUpperCase();
}

function dataOf(record: HookRecord): string {
  const sock = record.captures.find(({ value }) => value.kind === "sock")?.value;
  const family = sock?.kind === "sock" ? ` domain=${familyName(sock.family)}` : "";
  return `lsm=${hookText(record)}${family}`;
}

function eventDataOf(record: HookRecord): Json {
  return { Lsm: hookText(record) };
}

function unlessEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
