/** The manifest and the map plan of a bundle, checked: a bundle is input from outside. */
import {
  LIMIT_MOST_COUNT,
  MANIFEST_FORMAT,
  STATIC_ROWS_PER_HOOK,
  TEMPLATE_VALUES,
  VALUE_FORMATS,
} from "../manifest.ts";
import type {
  LineOrigins,
  Manifest,
  ManifestAlternative,
  ManifestAttachment,
  ManifestCapture,
  ManifestHook,
  ManifestLimit,
  ManifestMap,
  ManifestPart,
  ManifestPolicy,
  ManifestProgram,
  ManifestRequest,
  ManifestRequirement,
  ManifestRule,
  ManifestTemplatePart,
  ManifestValueType,
  ManifestStaticPoint,
  ManifestUserPlace,
  ManifestVerdict,
  MapPlan,
  PlannedEntry,
  PlannedMap,
  PolicyPlace,
} from "../manifest.ts";
import { checkScope } from "./check-scope.ts";
import { fault, field, integer, list, oneOf, optional, record, text, texts, truth } from "./shape.ts";
import type { Placed } from "./shape.ts";

const MOST = {
  policies: 100_000,
  rules: 1 << 24,
  hooks: 1 << 16,
  programs: 10_000,
  maps: 10_000,
  entries: 10_000_000,
  lines: 10_000_000,
  few: 1000,
} as const;
const MAX_U32 = 0xffff_ffff;
/** Names that become names in the kernel's BPF file system. */
const KERNEL_NAME = /^[A-Za-z0-9_.]{1,128}$/;

/** Throws ShapeFault. */
export function checkManifest(value: unknown): Manifest {
  const at: Placed = { value, place: "manifest" };
  const format = field(at, "format");
  if (format.value !== MANIFEST_FORMAT) {
    return fault(format, `${MANIFEST_FORMAT}, the only format that this runtime reads`);
  }
  const { scope } = optional(at, "scope", checkScope);
  const scopes = scope?.conditions.length ?? 0;
  const policies = list(field(at, "policies"), MOST.policies, (one) => policy(one, scopes));
  const hooks = list(field(at, "hooks"), MOST.hooks, hook);
  const limits = list(field(at, "limits"), MOST.rules, limit);
  return {
    format: MANIFEST_FORMAT,
    compiler: text(field(at, "compiler")),
    policies,
    hooks,
    limits,
    rules: list(field(at, "rules"), MOST.rules, (one) =>
      rule(one, { policies: policies.length, hooks: hooks.length, limits: limits.length }),
    ),
    attachments: list(field(at, "attachments"), MOST.programs, attachment),
    ...optional(at, "fills", (one) => list(one, MOST.few, attachment)),
    programs: list(field(at, "programs"), MOST.programs, (one) => program(one, hooks.length)),
    maps: list(field(at, "maps"), MOST.maps, map),
    ...(scope === undefined ? {} : { scope }),
    notes: texts(field(at, "notes"), MOST.few),
    digests: record(field(at, "digests"), (one) => text(one, 64)),
  };
}

/** Throws ShapeFault. */
export function checkPlan(value: unknown): MapPlan {
  return { maps: list(field({ value, place: "plan" }, "maps"), MOST.maps, plannedMap) };
}

/** Throws ShapeFault. */
export function checkLineOrigins(value: unknown): LineOrigins {
  const at: Placed = { value, place: "lines" };
  return {
    program: text(field(at, "program")),
    places: list(field(at, "places"), MOST.lines, policyPlace),
    lines: list(field(at, "lines"), MOST.lines, (pair) => {
      const [line = 0, place = 0] = list(pair, 2, (one) => integer(one, 0, MAX_U32));
      return [line, place];
    }),
  };
}

function policyPlace(at: Placed): PolicyPlace {
  return {
    file: text(field(at, "file")),
    line: integer(field(at, "line"), 1, MAX_U32),
    column: integer(field(at, "column"), 1, MAX_U32),
    text: text(field(at, "text")),
  };
}

function policy(at: Placed, scopes: number): ManifestPolicy {
  return {
    name: text(field(at, "name")),
    ...optional(at, "namespace", text),
    mode: oneOf(field(at, "mode"), ["enforce", "monitor"] as const),
    tags: texts(field(at, "tags"), MOST.few),
    ...optional(at, "message", text),
    ...optional(at, "severity", (one) => integer(one, 0, 1000)),
    ...optional(at, "scope", (one) => integer(one, 0, scopes - 1)),
    file: text(field(at, "file")),
    line: integer(field(at, "line"), 0, MAX_U32),
  };
}

/** How many there are of what rules name by index. */
interface Lengths {
  readonly policies: number;
  readonly hooks: number;
  readonly limits: number;
}

function rule(at: Placed, lengths: Lengths): ManifestRule {
  return {
    id: text(field(at, "id")),
    policy: integer(field(at, "policy"), 0, lengths.policies - 1),
    hook: integer(field(at, "hook"), 0, lengths.hooks - 1),
    tags: texts(field(at, "tags"), MOST.few),
    ...optional(at, "message", text),
    ...optional(at, "severity", (one) => integer(one, 0, 1000)),
    ...optional(at, "label", text),
    verdict: verdict(field(at, "verdict")),
    post: truth(field(at, "post")),
    ...optional(at, "template", (one) => list(one, MOST.few, templatePart)),
    ...optional(at, "limit", (one) => integer(one, 0, lengths.limits - 1)),
    ...optional(at, "stacks", (one) => list(one, 2, (each) => oneOf(each, ["kernel", "user"] as const))),
    ...optional(at, "requests", (one) => list(one, MOST.few, request)),
    posture: truth(field(at, "posture")),
    file: text(field(at, "file")),
    line: integer(field(at, "line"), 0, MAX_U32),
    column: integer(field(at, "column"), 0, MAX_U32),
  };
}

function request(at: Placed): ManifestRequest {
  return {
    kind: oneOf(field(at, "kind"), ["fetch", "resolve"] as const),
    target: text(field(at, "target")),
  };
}

function templatePart(at: Placed): ManifestTemplatePart {
  const kinds = ["text", "capture", "object", "process", "result", "nothing"] as const;
  const kind = oneOf(field(at, "kind"), kinds);
  const captured = (): number => integer(field(at, "capture"), 0, 64);
  switch (kind) {
    case "text":
      return { kind, text: text(field(at, "text")) };
    case "capture":
      return { kind, capture: captured(), part: oneOf(field(at, "part"), TEMPLATE_VALUES) };
    case "object":
      return { kind, capture: captured(), part: integer(field(at, "part"), 0, MOST.few) };
    case "process":
      return {
        kind,
        level: integer(field(at, "level"), 0, 64),
        part: oneOf(field(at, "part"), ["exe", "pid", "uid", "auid"] as const),
      };
    case "result":
    case "nothing":
      return { kind };
  }
}

/** Ten years: more is no time that a kernel's clock gets to. */
const MOST_MILLISECONDS = 10 * 366 * 86_400_000;

function limit(at: Placed): ManifestLimit {
  const kind = oneOf(field(at, "kind"), ["fixed", "default"] as const);
  const scopes = ["rule", "container", "process", "thread", "global"] as const;
  return kind === "default"
    ? { kind }
    : {
        kind,
        count: integer(field(at, "count"), 1, LIMIT_MOST_COUNT),
        window: integer(field(at, "window"), 1, MOST_MILLISECONDS),
        mute: integer(field(at, "mute"), 0, MOST_MILLISECONDS),
        per: oneOf(field(at, "per"), scopes),
        alike: truth(field(at, "alike")),
      };
}

function verdict(at: Placed): ManifestVerdict {
  const errno = (): number => integer(field(at, "errno"), 0, 4095);
  const kind = oneOf(field(at, "kind"), ["allow", "deny", "kill"] as const);
  switch (kind) {
    case "allow":
      return { kind };
    case "deny":
      return { kind, errno: errno() };
    case "kill":
      return { kind, signal: integer(field(at, "signal"), 1, 64), errno: errno() };
  }
}

const HOOK_SECTIONS = ["kprobe", "tracepoint", "uprobe", "usdt", "lsm", "loader"] as const;

function hook(at: Placed): ManifestHook {
  return {
    name: text(field(at, "name"), 1024),
    ...optional(at, "path", text),
    section: oneOf(field(at, "section"), HOOK_SECTIONS),
    captures: list(field(at, "captures"), 64, capture),
    result: truth(field(at, "result")),
    ...optional(at, "stacks", truth),
  };
}

function capture(at: Placed): ManifestCapture {
  return {
    argument: integer(field(at, "argument"), 0, 64),
    type: valueType(field(at, "type")),
    ...optional(at, "key", jsonKey),
    ...optional(at, "label", text),
    ...optional(at, "ofResult", truth),
  };
}

function valueType(at: Placed): ManifestValueType {
  const kind = oneOf(field(at, "kind"), ["integer", "file", "path", "sock", "text", "object"] as const);
  switch (kind) {
    case "integer":
      return {
        kind,
        bits: oneOf(field(at, "bits"), [8, 16, 32, 64] as const),
        signed: truth(field(at, "signed")),
      };
    case "text":
      return { kind, binary: truth(field(at, "binary")) };
    case "object":
      return { kind, parts: list(field(at, "parts"), 64, part) };
    case "file":
    case "path":
    case "sock":
      return { kind };
  }
}

function part(at: Placed): ManifestPart {
  return {
    json: list(field(at, "json"), 4, partName),
    format: oneOf(field(at, "format"), VALUE_FORMATS),
  };
}

function partName(at: Placed): string {
  const name = text(at, 64);
  return /^[A-Za-z][A-Za-z0-9_]*$/.test(name) ? name : fault(at, "a name of letters, digits and `_`");
}

function jsonKey(at: Placed): string {
  const key = text(at, 64);
  return /^[a-z][a-z0-9_]*$/.test(key) ? key : fault(at, "a key of small letters, digits and `_`");
}

function attachment(at: Placed): ManifestAttachment {
  return {
    // A path and a place in its file.
    purpose: text(field(at, "purpose"), 8192),
    need: oneOf(field(at, "need"), ["required", "if-present"] as const),
    alternatives: list(field(at, "alternatives"), 64, alternative),
  };
}

function alternative(at: Placed): ManifestAlternative {
  return {
    program: kernelName(field(at, "program")),
    requires: list(field(at, "requires"), 64, requirement),
    ...optional(at, "attach", userPlace),
  };
}

function userPlace(at: Placed): ManifestUserPlace {
  const offset = (one: Placed): number => integer(one, 0, Number.MAX_SAFE_INTEGER);
  const path = field(at, "path");
  const written = text(path);
  return {
    // libbpf would look for anything else among the places for programs.
    path: written.startsWith("/") && !written.includes("\0") ? written : fault(path, "an absolute path"),
    ...optional(at, "symbol", (one) => text(one, 512)),
    ...optional(at, "offset", offset),
    ...optional(at, "address", offset),
    ...optional(at, "counter", offset),
    ...optional(at, "point", staticPoint),
    atReturn: truth(field(at, "atReturn")),
  };
}

function staticPoint(at: Placed): ManifestStaticPoint {
  return {
    provider: text(field(at, "provider"), 128),
    name: text(field(at, "name"), 128),
    arguments: list(field(at, "arguments"), 12, (one) => integer(one, 0, 11)),
    firstRow: integer(field(at, "firstRow"), 0, MAX_U32 - STATIC_ROWS_PER_HOOK),
    cookie: truth(field(at, "cookie")),
  };
}

function requirement(at: Placed): ManifestRequirement {
  const kind = oneOf(field(at, "kind"), [
    "bpf-lsm-active",
    "kernel-function",
    "modifiable-function",
    "raw-tracepoint",
    "helper",
  ] as const);
  return kind === "bpf-lsm-active" ? { kind } : { kind, name: text(field(at, "name"), 256) };
}

function program(at: Placed, hooks: number): ManifestProgram {
  return {
    name: kernelName(field(at, "name")),
    section: text(field(at, "section"), 256),
    instructions: integer(field(at, "instructions"), 0, MAX_U32),
    stack: integer(field(at, "stack"), 0, MAX_U32),
    ...optional(at, "hook", (one) => integer(one, 0, hooks - 1)),
  };
}

function map(at: Placed): ManifestMap {
  const size = (name: string): number => integer(field(at, name), 0, Number.MAX_SAFE_INTEGER);
  return {
    name: kernelName(field(at, "name")),
    type: text(field(at, "type"), 64),
    keySize: size("keySize"),
    valueSize: size("valueSize"),
    maxEntries: size("maxEntries"),
    entries: size("entries"),
    bytes: size("bytes"),
    ...optional(at, "requires", (one) => list(one, 64, requirement)),
  };
}

function plannedMap(at: Placed): PlannedMap {
  return {
    name: kernelName(field(at, "name")),
    entries: list(field(at, "entries"), MOST.entries, plannedEntry),
  };
}

function plannedEntry(at: Placed): PlannedEntry {
  return { key: hexBytes(field(at, "key")), value: hexBytes(field(at, "value")) };
}

function hexBytes(at: Placed): string {
  const digits = text(at, 1 << 24);
  return digits.length % 2 === 0 && /^[0-9a-f]*$/i.test(digits) ? digits : fault(at, "bytes in hex");
}

function kernelName(at: Placed): string {
  const name = text(at, 128);
  return KERNEL_NAME.test(name) ? name : fault(at, "a name of letters, digits, `_` and `.`");
}
