/**
 * What a bundle says about itself: the contract between the compiler, which writes it, and the runtime,
 * which trusts nothing else. A bundle is a zip archive with `manifest.json` (Manifest), `plan.json`
 * (MapPlan), `lines.json` (LineOrigins), `program.bpf.o` and `program.bpf.c`.
 */

/** Version of this contract. The runtime refuses any other. */
export const MANIFEST_FORMAT = 1;

export interface Manifest {
  readonly format: number;
  /** `policyc 0.1.0` */
  readonly compiler: string;
  readonly policies: readonly ManifestPolicy[];
  /** Event records name rules by index into this list. */
  readonly rules: readonly ManifestRule[];
  /** Event records name hooks by index into this list. */
  readonly hooks: readonly ManifestHook[];
  /** Limits on alerts; rules name them by index into this list. */
  readonly limits: readonly ManifestLimit[];
  /** All of them must be attached, or none is. */
  readonly attachments: readonly ManifestAttachment[];
  /**
   * Iterators over all tasks, in order, that find out what attached programs could not see: each is run until it
   * has nothing left to do, after all is attached and before any policy enforces. They write a byte for each task
   * that they had to do with.
   */
  readonly fills?: readonly ManifestAttachment[];
  readonly programs: readonly ManifestProgram[];
  readonly maps: readonly ManifestMap[];
  /** What depends on the workload alone; absent when every rule is for everything. */
  readonly scope?: ManifestScope;
  /** What the compiler held against the kernels' limits before there was code. For people: nothing depends on it. */
  readonly budget?: ManifestBudget;
  /** Things the operator should know, found when compiling (`applies to the host`). */
  readonly notes: readonly string[];
  /** SHA-256, hex, of every other file of the bundle by name. */
  readonly digests: Readonly<Record<string, string>>;
}

export interface ManifestPolicy {
  readonly name: string;
  readonly namespace?: string;
  readonly mode: "enforce" | "monitor";
  readonly tags: readonly string[];
  readonly message?: string;
  readonly severity?: number;
  /** Index into `ManifestScope.conditions`: the workloads that it is for; absent: everything. */
  readonly scope?: number;
  readonly file: string;
  readonly line: number;
}

export interface ManifestRule {
  /** `file-monitoring-filtered/security_file_permission#1` */
  readonly id: string;
  readonly policy: number;
  readonly hook: number;
  /** Tags, message and severity of the rule's block; the policy's are in ManifestPolicy. */
  readonly tags: readonly string[];
  readonly message?: string;
  readonly severity?: number;
  readonly label?: string;
  readonly verdict: ManifestVerdict;
  readonly post: boolean;
  /** The text of its alerts, in place of `message`. */
  readonly template?: readonly ManifestTemplatePart[];
  /** Index into Manifest.limits: how many of its alerts are posted. */
  readonly limit?: number;
  /** Stacks that its alerts tell, where the record has them. */
  readonly stacks?: readonly ("kernel" | "user")[];
  /** What the runtime asks for when it reports, if its operator has allowed that. */
  readonly requests?: readonly ManifestRequest[];
  /** Whether it is a posture: what happens when no rule of the block holds. */
  readonly posture: boolean;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** An address to fetch, or a name to resolve. */
export interface ManifestRequest {
  readonly kind: "fetch" | "resolve";
  readonly target: string;
}

/** Part of an alert's text. */
export type ManifestTemplatePart =
  | { readonly kind: "text"; readonly text: string }
  /** A value of the event record, by index into the hook's captures, or part of it. */
  | { readonly kind: "capture"; readonly capture: number; readonly part: ManifestTemplateValue }
  /** Part of an object, by index into its parts. */
  | { readonly kind: "object"; readonly capture: number; readonly part: number }
  /** Of the process that acts, or of the one so many steps above. */
  | { readonly kind: "process"; readonly level: number; readonly part: "exe" | "pid" | "uid" | "auid" }
  /** The return value. */
  | { readonly kind: "result" }
  /** The event has such a field, but not at this hook. */
  | { readonly kind: "nothing" };

/** `value`: all of a number or text. */
export const TEMPLATE_VALUES = [
  "value",
  "path",
  "mode",
  "flags",
  "family",
  "type",
  "protocol",
  "state",
  "saddr",
  "daddr",
  "sport",
  "dport",
  "mark",
] as const;
export type ManifestTemplateValue = (typeof TEMPLATE_VALUES)[number];

/** How many alerts are posted; the others are counted. */
export type ManifestLimit =
  | {
      readonly kind: "fixed";
      /** Alerts that are posted in one window. */
      readonly count: number;
      /** Milliseconds. */
      readonly window: number;
      /** Milliseconds without alerts after a window that had more. */
      readonly mute: number;
      readonly per: "rule" | "container" | "process" | "thread" | "global";
      /** Whether only alerts with equal arguments are counted together. */
      readonly alike: boolean;
    }
  /** What the node's configuration says of every container (`alertThrottling`), for each rule of its own. */
  | { readonly kind: "default" };

export type ManifestVerdict =
  | { readonly kind: "allow" }
  | { readonly kind: "deny"; readonly errno: number }
  | { readonly kind: "kill"; readonly signal: number; readonly errno: number };

export interface ManifestHook {
  /** The name as the policy wrote it: `security_file_permission`, `tcp_connect`. */
  readonly name: string;
  /** The file of a hook on a program. */
  readonly path?: string;
  /** Which event type reports it. */
  readonly section: "kprobe" | "tracepoint" | "uprobe" | "usdt" | "lsm" | "loader";
  /** What an event record of this hook carries after its decisions, in order. */
  readonly captures: readonly ManifestCapture[];
  /** Whether events carry the function's return value. */
  readonly result: boolean;
  /** Whether records end with the stacks of the kernel and of the program. */
  readonly stacks?: boolean;
}

export interface ManifestCapture {
  /** The number that the policy gives the argument. */
  readonly argument: number;
  readonly type: ManifestValueType;
  /** The key of its value in JSON events, where it is not the usual one of its type. */
  readonly key?: string;
  readonly label?: string;
  /** It is what the function returned, not an argument. */
  readonly ofResult?: boolean;
}

/** How a value lies in a record. */
export type ManifestValueType =
  | { readonly kind: "integer"; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }
  | { readonly kind: "file" }
  | { readonly kind: "path" }
  | { readonly kind: "sock" }
  /** `binary`: it may hold any bytes, NUL too. */
  | { readonly kind: "text"; readonly binary: boolean }
  /** Parts of a kernel object, one after the other, behind 8 bytes that are 0 when there is no object. */
  | { readonly kind: "object"; readonly parts: readonly ManifestPart[] };

export interface ManifestPart {
  /** Where it is in the JSON value, in components; none: it is the value. */
  readonly json: readonly string[];
  readonly format: ValueFormat;
}

/** How events show a part. All but `text` are 8 bytes of a record. */
export const VALUE_FORMATS = [
  "number",
  "number64",
  "text",
  "boolean",
  "hex64",
  "mode",
  "family",
  "capability",
  "capability-list",
  "securebits",
  "taints",
  "bpf-map-type",
  "bpf-program-type",
  "bpf-command",
  "perf-type",
  "system-call-abi",
] as const;

export type ValueFormat = (typeof VALUE_FORMATS)[number];

/** A place that must have a program. */
export interface ManifestAttachment {
  /** For messages: `security_file_permission`, `guard of tcp_connect`, `process start`. */
  readonly purpose: string;
  /** `if-present`: skipped where no alternative's kernel function exists, or the kernel is not one that needs it. */
  readonly need: "required" | "if-present";
  /** The first whose requirements hold on the host is loaded and attached. */
  readonly alternatives: readonly ManifestAlternative[];
}

export interface ManifestAlternative {
  /** Name of the program in the object; libbpf attaches it by its section. */
  readonly program: string;
  readonly requires: readonly ManifestRequirement[];
  /** Where in a program of user space; absent: where the section says. */
  readonly attach?: ManifestUserPlace;
}

/** A place in an ELF file: a symbol, an address, an offset in the file, or a static point. */
export interface ManifestUserPlace {
  readonly path: string;
  readonly symbol?: string;
  readonly offset?: number;
  readonly address?: number;
  /** Offset in the file of a counter that the kernel raises while a program is attached. */
  readonly counter?: number;
  readonly point?: ManifestStaticPoint;
  /** Whether where the function returns, not where it begins. */
  readonly atReturn: boolean;
}

/** A static point (USDT) of a file: its notes say where it is, and where its arguments are. */
export interface ManifestStaticPoint {
  readonly provider: string;
  readonly name: string;
  /** Numbers of the arguments that the program reads. */
  readonly arguments: readonly number[];
  /** The first of the hook's rows in the map `static_rows`. */
  readonly firstRow: number;
  /** Whether the program tells places with different rows apart: kernels before 5.15 can't. */
  readonly cookie: boolean;
}

/** Map of where the arguments of static points are: `bpf/templates/static_point.h`. */
export const STATIC_ROWS = "static_rows";
export const STATIC_ROW_BYTES = 192;
/** Ways in which the points of one hook may have their arguments. */
export const STATIC_ROWS_PER_HOOK = 16;

export type ManifestRequirement =
  /** `bpf` is in /sys/kernel/security/lsm. */
  | { readonly kind: "bpf-lsm-active" }
  /** The kernel lets programs change what this function returns. */
  | { readonly kind: "modifiable-function"; readonly name: string }
  /** The kernel's BTF has a function of this name. */
  | { readonly kind: "kernel-function"; readonly name: string }
  /** The kernel's BTF has a raw tracepoint of this name. */
  | { readonly kind: "raw-tracepoint"; readonly name: string }
  /** The kernel knows the BPF helper of this name (`bpf_loop`). */
  | { readonly kind: "helper"; readonly name: string };

export interface ManifestProgram {
  readonly name: string;
  readonly section: string;
  readonly instructions: number;
  /** Bytes of stack, of the deepest call path, where known. */
  readonly stack: number;
  readonly hook?: number;
  /** What the compiler expected of a hook's program. */
  readonly estimate?: ManifestEstimate;
}

export interface ManifestEstimate {
  readonly instructions: number;
  readonly stack: number;
  /** Instructions that the verifier walks, on the newest kernel that the program is for. */
  readonly walked: number;
}

export interface ManifestBudget {
  /** Names of the kernels whose limits hold. */
  readonly targets: readonly string[];
  /** The largest use of each limit. */
  readonly uses: readonly ManifestLimitUse[];
}

export interface ManifestLimitUse {
  /** What is used: `instructions`. */
  readonly limit: string;
  readonly used: number;
  readonly maximum: number;
  /** Where most is used: a hook, a field, a function or a map. */
  readonly where: string;
}

export interface ManifestMap {
  readonly name: string;
  readonly type: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** Initial entries in the plan. */
  readonly entries: number;
  /** Memory of all keys and values, in bytes. */
  readonly bytes: number;
  /** Created only where these hold; absent: everywhere. */
  readonly requires?: readonly ManifestRequirement[];
}

/**
 * The scope stage: rows of bits, one bit for each rule that is for certain workloads only. The runtime makes a
 * row for each combination of conditions that workloads have, and tells the kernel which cgroup has which.
 */
export interface ManifestScope {
  /** 64-bit words of a row. */
  readonly words: number;
  readonly conditions: readonly ManifestScopeCondition[];
}

export interface ManifestScopeCondition {
  readonly test: ScopeTest;
  /** Bits of a row that are set only where this holds. */
  readonly bits: readonly number[];
  /** Those of them that an operator may want set where it can't be told whether this holds. */
  readonly unresolved: readonly number[];
}

/** A condition on a workload. A value that is missing fails a test, one that is not known yet leaves it open. */
export type ScopeTest =
  | { readonly kind: "and" | "or"; readonly operands: readonly ScopeTest[] }
  | { readonly kind: "not"; readonly operand: ScopeTest }
  | (ScopeField & {
      readonly kind: "texts";
      readonly match: "exact" | "prefix" | "suffix";
      readonly values: readonly string[];
    })
  | (ScopeField & {
      readonly kind: "globs";
      readonly ignoreCase: boolean;
      readonly globs: readonly (readonly ScopeGlobPart[])[];
    })
  | (ScopeField & { readonly kind: "truth"; readonly values: readonly boolean[] });

export interface ScopeField {
  readonly field: (typeof SCOPE_FIELDS)[number];
  /** Of labels: which. */
  readonly key?: string;
}

/** What is known of workloads. `container` is there in every container, and missing outside. */
export const SCOPE_FIELDS = [
  "container",
  "container.id",
  "container.name",
  "container.image",
  "container.repo",
  "container.privileged",
  "pod.name",
  "pod.namespace",
  "pod.labels",
] as const;

/** As `GlobPart` of the compiler's IR. */
export type ScopeGlobPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "character"; readonly slash: boolean }
  | { readonly kind: "characters"; readonly slash: boolean }
  | {
      readonly kind: "class";
      readonly negated: boolean;
      readonly ranges: readonly { readonly low: number; readonly high: number }[];
    }
  | { readonly kind: "directories" }
  | { readonly kind: "choice"; readonly alternatives: readonly (readonly ScopeGlobPart[])[] };

/** Rows that are always there, by number. */
export const SCOPE_ROWS = {
  /** A container that nobody has identified, and every cgroup of which nothing is known. */
  unidentified: 0,
  host: 1,
} as const;

/** Rows that the kernel has room for. */
export const MOST_SCOPE_ROWS = 1024;

/** What the kernel side counts for the scope stage, by index in the `scope_counts` map. */
export const SCOPE_COUNTS = [
  /** Cgroups that came or went. */
  "changed",
  /** Cgroups that found no room and take the row of an ancestor. */
  "full",
] as const;

/** Maps of objects that have a scope stage. */
export const SCOPE_MAPS = {
  /** Hash from cgroup id (u64) to number of a row (u32). */
  cgroups: "scope_cgroups",
  /** Array of rows. */
  rows: "scope_rows",
  /** Array of u64, one for each of `SCOPE_COUNTS`. */
  counts: "scope_counts",
} as const;

/** What to put into which map before anything is attached. */
export interface MapPlan {
  readonly maps: readonly PlannedMap[];
}

export interface PlannedMap {
  readonly name: string;
  readonly entries: readonly PlannedEntry[];
}

/** Raw bytes as the kernel takes them, hex. */
export interface PlannedEntry {
  readonly key: string;
  readonly value: string;
}

/**
 * Where the generated program's lines come from: `lines.json` of the bundle, read when the kernel refuses a
 * program. Optional.
 */
export interface LineOrigins {
  /** Name that the object's line table has for the generated program. */
  readonly program: string;
  readonly places: readonly PolicyPlace[];
  /** Line of the program and index into `places`, ascending by line. */
  readonly lines: readonly (readonly [number, number])[];
}

/** A place in a policy. */
export interface PolicyPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The line as the author wrote it, cut where it is long. */
  readonly text: string;
}

/** Maps that every object has, by name. */
export const WELL_KNOWN_MAPS = {
  /** Ring buffer of event records. */
  events: "events",
  /** Per-CPU array of u64, one for each of `COUNTERS`. */
  counters: "counters",
  /** Array of u32, one for each policy: 1 enforces, 0 monitors. */
  modes: "modes",
  /** Per-CPU array of u64, one for each rule: how often it decided. */
  hits: "hits",
  /** Per-CPU array of three u64 for each rule: alerts that a limit left out, alerts lost, and alerts handed over. */
  alerts: "alerts",
} as const;

/** Alerts that a limit can post in one window: what the kernel side can count to. */
export const LIMIT_MOST_COUNT = (1 << 23) - 1;

/** Maps of objects whose policies limit alerts, by name. */
export const LIMIT_MAPS = {
  /** Array of `limit_entry`, one for each of Manifest.limits. */
  limits: "limits",
  /** Array of `rule_limit`, one for each rule. */
  rules: "rule_limits",
  /** LRU hash from `limit_key` to `limit_state`. */
  states: "limit_states",
  /** Array of one secret of 16 bytes, chosen when it is loaded. */
  secret: "limit_secret",
} as const;

/** Maps that an object has only where its rules need them, by name. */
export const OPTIONAL_MAPS = {
  /** Array of u32: by kind of namespace, the inode of the host's. */
  hostNamespaces: "host_namespaces",
  /** Hash by process id: what a process had when it executed its program, `struct exec_snapshot`. */
  execSnapshots: "exec_snapshots",
} as const;

/** What the kernel side counts, by index in the `counters` map. */
export const COUNTERS = [
  /** Event records that the ring buffer had no room for. */
  "lost",
  /** Values that did not fit (a path over 4096 bytes): the rules' stated outcome was taken. */
  "unresolved",
  /** Decisions taken without scratch memory because tasks nested too deep: stated outcome taken. */
  "scratch_busy",
  /** Alerts posted although a limit might have left them out, because its state could not be had. */
  "unlimited",
] as const;
