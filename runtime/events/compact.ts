/** Events as one line each, for people. */
import { addressText, endpointText } from "./address.ts";
import type { CapturedValue, HookRecord } from "./decode.ts";
import { protocolName, signalName } from "./names.ts";
import { objectJson } from "./object-json.ts";
import { loadedPath } from "./json.ts";
import { exitReason } from "./observed.ts";
import type { Observed } from "./observed.ts";
import { quoted, shown, visible } from "./quote.ts";
import { limitWords, scopeText } from "./throttle.ts";
import type { StackEntry, StackNames } from "./stack.ts";
import type { ThrottleRecord } from "./throttle.ts";
import { type WorkloadOf, workloadName, workloadOf } from "./workload-json.ts";

export interface CompactStyle {
  /** The node where it happened; a process in a container has its pod or container there. */
  readonly source: string;
  readonly workloadOf?: WorkloadOf;
  readonly color: boolean;
  readonly stackNames?: StackNames;
}

interface Line {
  readonly emoji: string;
  readonly name: string;
  readonly details: readonly string[];
}

const RED = "\u001b[31m";
const GREEN = "\u001b[32m";
const CYAN = "\u001b[36m";
const YELLOW = "\u001b[33m";
const RESET = "\u001b[0m";

/** The line of an event, without a newline. */
export function compactLine(event: Observed, style: CompactStyle): string {
  if (event.kind === "throttle") {
    return throttleLine(event.record, style);
  }
  const line = describe(event);
  const paint = (text: string, color: string): string => (style.color ? `${color}${text}${RESET}` : text);
  const emphasis = emphasisOf(event);
  return [
    `${line.emoji} ${paint(line.name.padEnd(7), emphasis)}`,
    paint(shown(sourceOf(event, style)), GREEN),
    paint(shown(event.process.binary ?? "<unknown>"), CYAN),
    ...line.details,
    ...ownText(event),
  ]
    .join(" ")
    .concat(stackLines(event, style));
}

/** The stacks of an event, one call a line. */
function stackLines(event: ProcessEvent, { stackNames }: CompactStyle): string {
  const { kernel = [], user = [] } =
    event.kind === "hook" ? (stackNames?.of(event.record, event.decision) ?? {}) : {};
  const entry = ({ symbol, offset, module, address }: StackEntry): string => {
    const at = offset === undefined ? "" : `+0x${offset.toString(16)}`;
    const named = symbol === undefined ? `0x${address.toString(16)}:` : `${shown(symbol)}${at}`;
    const inside = module === undefined ? "" : ` (${shown(module)}${symbol === undefined ? at : ""})`;
    return `\n   ${named}${inside}`;
  };
  return [
    ...(kernel.length === 0 ? [] : ["\nKernel:", ...kernel.map(entry)]),
    ...(user.length === 0 ? [] : ["\nUser:", ...user.map(entry)]),
  ].join("");
}

/** The rule's own text, at the end; texts of policies stay with the JSON form. */
function ownText(event: ProcessEvent): readonly string[] {
  return event.kind === "hook" && event.decision.rule.template !== undefined && event.message !== undefined
    ? ["--", visible(event.message)]
    : [];
}

/** Who acted is of no matter: what counts is which limit, for whom, and how many alerts it left out. */
function throttleLine(record: ThrottleRecord, style: CompactStyle): string {
  const { type, count, window, mute, scope, suppressed, cgroup, rule } = record;
  const words = [
    "🧬 throttle",
    type.toUpperCase(),
    `cgroup:${cgroup}`,
    shown(rule.id),
    ...(count === 0 ? [] : [`(${limitWords(count, window, mute)})`]),
    ...(scope.kind === "rule" ? [] : [scopeText(scope)]),
    ...(suppressed === undefined ? [] : [`${suppressed} suppressed`]),
  ];
  return style.color ? `${YELLOW}${words.join(" ")}${RESET}` : words.join(" ");
}

type ProcessEvent = Exclude<Observed, { readonly kind: "throttle" }>;

function sourceOf({ process }: Observed, { source, workloadOf: find }: CompactStyle): string {
  const workload = workloadOf(process, find);
  return workload === undefined ? source : workloadName(workload);
}

/** What was enforced stands out. */
function emphasisOf(event: ProcessEvent): string {
  switch (event.kind) {
    case "exec":
      return "";
    case "exit":
      return exitReason(event.record.waitStatus).signal === undefined ? "" : RED;
    case "hook":
      return event.record.denied || (event.decision.enforced && event.decision.rule.verdict.kind !== "allow")
        ? RED
        : YELLOW;
  }
}

function describe(event: ProcessEvent): Line {
  const args = event.process.arguments.map((text) => (text === "" ? '""' : shown(text)));
  switch (event.kind) {
    case "exec":
      return { emoji: "🚀", name: "process", details: args };
    case "exit": {
      const { signal, status } = exitReason(event.record.waitStatus);
      return {
        emoji: "💥",
        name: "exit",
        details: [...args, signal === undefined ? String(status) : signalName(signal)],
      };
    }
    case "hook":
      return describeHook(event.record);
  }
}

function describeHook(record: HookRecord): Line {
  const name = shown(record.hook.name);
  switch (record.hook.section) {
    case "kprobe":
      return describeFunction(record);
    case "loader":
      return { emoji: "🧬", name: "loader", details: [shown(loadedPath(record) ?? "")] };
    case "lsm":
      return { emoji: "🔒", name: "LSM", details: [name] };
    case "tracepoint":
      return { emoji: "⁉️", name: "tracepoint", details: record.hook.name.split("/").map(shown) };
    case "uprobe":
      return { emoji: "🕵️", name: "uprobe", details: [shown(record.hook.path ?? ""), name] };
    case "usdt":
      return {
        emoji: "🕵️",
        name: "usdt",
        details: [shown(record.hook.path ?? ""), ...record.hook.name.split(":").map(shown)],
      };
  }
}

/** The functions that have a line of their own; the rest is named. */
function describeFunction(record: HookRecord): Line {
  const own = FUNCTIONS[record.hook.name.replace(/^__(x64|arm64)_/, "")];
  return own?.(record) ?? { emoji: "❓", name: "syscall", details: [shown(record.hook.name)] };
}

const FUNCTIONS: Readonly<Record<string, (record: HookRecord) => Line>> = {
  sys_write: (record) => line("📝", "write", path(record, 0), size(record, 2)),
  sys_read: (record) => line("📚", "read", path(record, 0), size(record, 2)),
  fd_install: (record) => line("📬", "open", path(record, 1)),
  sys_openat: (record) => line("📬️", "openat", text(record, 1)),
  sys_open: (record) => line("📬️", "open", text(record, 1)),
  sys_close: (record) => line("📪", "close", path(record, 0)),
  sys_mount: (record) => line("💾", "mount", text(record, 0), text(record, 1)),
  sys_pivot_root: (record) => line("💾", "pivot_root", text(record, 0), text(record, 1)),
  bpf_check: (record) =>
    line(
      "🐝",
      "bpf_load",
      ...parts(record, 1, "ProgType", "ProgName"),
      "instruction count",
      ...parts(record, 1, "InsnCnt"),
    ),
  security_perf_event_alloc: (record) =>
    line("🐝", "perf_event_alloc", ...parts(record, 0, "Type", "KprobeFunc")),
  security_bpf_map_alloc: mapCreation,
  security_bpf_map_create: mapCreation,
  sys_setuid: (record) => line("🔑", "setuid", integerText(record, 0)),
  sys_clock_settime: () => line("⏰", "clock_settime"),
  proc_exec_connector: () => line("🔧", "proc_exec_connector"),
  sys_setns: (record) => line("🔧", "setns", namespaceName(integer(record, 1))),
  tcp_connect: (record) => line("🔌", "connect", ...sock(record)),
  tcp_close: (record) => line("🧹", "close", ...sock(record)),
  tcp_sendmsg: (record) => line("📤", "sendmsg", ...sock(record), "bytes", integerText(record, 1) ?? "0"),
  security_file_permission: filePermission,
  security_mmap_file: (record) =>
    line("📝", `mmap-${accessLetters(integer(record, 1) ?? 0n)}`, path(record, 0)),
  security_path_truncate: (record) => line("📝", "truncate", path(record, 0)),
  security_file_truncate: (record) => line("📝", "truncate", path(record, 0)),
};

function line(emoji: string, name: string, ...details: readonly (string | undefined)[]): Line {
  return { emoji, name, details: details.filter((detail) => detail !== undefined) };
}

function mapCreation(record: HookRecord): Line {
  return line(
    "🗺",
    "bpf_map_create",
    ...parts(record, 0, "MapType", "MapName"),
    "key size",
    ...parts(record, 0, "KeySize"),
    "value size",
    ...parts(record, 0, "ValueSize"),
    "max entries",
    ...parts(record, 0, "MaxEntries"),
  );
}

/** Parts of a kernel object by their names in JSON; those that say nothing are left out. */
function parts(record: HookRecord, index: number, ...names: readonly string[]): readonly string[] {
  const value = argument(record, index);
  const json = value?.kind === "object" ? objectJson(value) : undefined;
  const fields = typeof json === "object" && !Array.isArray(json) ? new Map(Object.entries(json)) : new Map();
  return names.flatMap((name) => {
    const found: unknown = fields.get(name);
    return typeof found === "string" || typeof found === "number" ? [shown(String(found))] : [];
  });
}

function filePermission(record: HookRecord): Line {
  const mask = integer(record, 1);
  if (mask === 2n) {
    return line("📝", "write", path(record, 0));
  }
  return mask === 4n
    ? line("📚", "read", path(record, 0))
    : line("❓", "security_file_permission", path(record, 0));
}

function accessLetters(bits: bigint): string {
  return ["r", "w", "x"].filter((_, index) => (bits >> BigInt(index)) & 1n).join("");
}

const NAMESPACES: Readonly<Record<string, string>> = {
  "0": "any",
  [String(0x0200_0000)]: "cgroup",
  [String(0x0800_0000)]: "ipc",
  [String(0x4000_0000)]: "net",
  [String(0x0002_0000)]: "mnt",
  [String(0x2000_0000)]: "pid",
  [String(0x0000_0080)]: "time",
  [String(0x1000_0000)]: "user",
  [String(0x0400_0000)]: "uts",
};

function namespaceName(flags: bigint | undefined): string | undefined {
  return flags === undefined ? undefined : (NAMESPACES[flags.toString()] ?? flags.toString());
}

function argument(record: HookRecord, index: number): CapturedValue | undefined {
  return record.captures.find((capture) => capture.argument === index)?.value;
}

function path(record: HookRecord, index: number): string | undefined {
  const value = argument(record, index);
  if (value?.kind !== "file" && value?.kind !== "path") {
    return undefined;
  }
  return value.path === "" ? quoted("") : shown(value.path);
}

/** A text; what of it could be read. */
function text(record: HookRecord, index: number): string | undefined {
  const value = argument(record, index);
  return value?.kind === "text" ? shown(Buffer.from(value.bytes).toString("utf8")) : undefined;
}

function integer(record: HookRecord, index: number): bigint | undefined {
  const value = argument(record, index);
  return value?.kind === "integer" ? value.value : undefined;
}

function integerText(record: HookRecord, index: number): string | undefined {
  return integer(record, index)?.toString();
}

function size(record: HookRecord, index: number): string | undefined {
  const bytes = integerText(record, index);
  return bytes === undefined ? undefined : `${bytes} bytes`;
}

function sock(record: HookRecord): readonly string[] {
  const value = argument(record, 0);
  if (value?.kind !== "sock") {
    return [];
  }
  const protocol = protocolName(value.protocol)
    .replace(/^IPPROTO_/, "")
    .toLowerCase();
  const source = endpointText(addressText(value.family, value.saddr), value.sport);
  const target = endpointText(addressText(value.family, value.daddr), value.dport);
  return [protocol, source, "->", target];
}
