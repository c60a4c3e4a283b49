/** What conditions can ask of processes: the one that acts, its parent, and its ancestors. */
import type { FieldFact, FieldType } from "./field.ts";
import type { FieldSource, ProcessLevel, ProcessPart } from "./hook.ts";
import { capabilitySets, namespaceKinds, needsSnapshot } from "./namespaces.ts";

/** A field of a process. */
export interface ProcessField extends Pick<FieldFact, "type" | "cost" | "words"> {
  readonly source: Extract<FieldSource, { kind: "process" }>;
}

const identifier: FieldType = { kind: "integer", bits: 32, signed: false };
const capabilityBits: FieldType = { kind: "integer", bits: 64, signed: false };

type PartFact = Pick<ProcessField, "type" | "cost" | "words">;

const numberPart: PartFact = { type: identifier, cost: 1, words: undefined };

/** By part: the type and what reading costs, as for `FieldFact`. */
const parts: ReadonlyMap<string, PartFact> = new Map<ProcessPart, PartFact>([
  ["exe", { type: { kind: "path" }, cost: 3, words: undefined }],
  ["pid", numberPart],
  ["ns_pid", numberPart],
  ["uid", numberPart],
  ["gid", numberPart],
  ["euid", numberPart],
  ["egid", numberPart],
  ["auid", numberPart],
  ["tty", { type: identifier, cost: 2, words: undefined }],
  ...capabilitySets.flatMap((set): readonly [ProcessPart, PartFact][] => [
    [`caps.${set}`, { type: capabilityBits, cost: 1, words: "capabilityMask" }],
    [`caps.${set}_changed`, { type: capabilityBits, cost: 2, words: "capabilityMask" }],
  ]),
  ...namespaceKinds.map((kind): [ProcessPart, PartFact] => [`ns.${kind}`, numberPart]),
  ["ns.changed", { type: identifier, cost: 2, words: "namespaceKind" }],
]);

/** Steps up that a condition can name one by one. */
const MAXIMUM_LEVEL = 16;

/** What does not change while a process runs a program: any ancestor can be asked for it. */
const lastingParts: ReadonlySet<ProcessPart> = new Set(["exe", "pid", "ns_pid"]);

/** The field that `process.exe`, `parent.uid` or `ancestor[2].exe` names; undefined when it names none. */
export function processField(segments: readonly string[]): ProcessField | undefined {
  const [root = "", ...rest] = segments;
  const level = levelOf(root, rest);
  const name = root === "ancestor" ? rest.slice(1) : rest;
  const part = processParts.find((known) => known === name.join("."));
  const fact = part && parts.get(part);
  return level === undefined || part === undefined || fact === undefined || !canBeAsked(part, level)
    ? undefined
    : { ...fact, source: { kind: "process", level, part } };
}

const processParts = [...parts.keys()] as readonly ProcessPart[];

/** The field that tells whether the namespace that another field asks for is the host's. */
export function hostNamespaceField(source: FieldSource): ProcessField | undefined {
  const kind = source.kind === "process" && namespaceKinds.find((known) => source.part === `ns.${known}`);
  return source.kind !== "process" || kind === undefined || kind === false
    ? undefined
    : {
        type: { kind: "integer", bits: 8, signed: false },
        cost: 2,
        words: undefined,
        source: { ...source, part: `ns.${kind}.host` },
      };
}

/** What held when an ancestor executed its program is not kept, and what it may change at any time not followed. */
function canBeAsked(part: ProcessPart, level: ProcessLevel): boolean {
  return level === "any" ? lastingParts.has(part) : level === 0 || !needsSnapshot(part);
}

function levelOf(root: string, [index = ""]: readonly string[]): ProcessLevel | undefined {
  switch (root) {
    case "process":
      return 0;
    case "parent":
      return 1;
    case "any ancestor":
      return "any";
    case "ancestor": {
      const level = /^\d{1,3}$/.test(index) ? Number(index) : 0;
      return level >= 1 && level <= MAXIMUM_LEVEL ? level : undefined;
    }
    default:
      return undefined;
  }
}

/** How a process is called in messages. */
export function processName(level: ProcessLevel): string {
  switch (level) {
    case 0:
      return "process";
    case 1:
      return "parent";
    case "any":
      return "any ancestor";
    default:
      return `ancestor[${level}]`;
  }
}

/** The names to suggest. */
export function processFieldNames(): readonly string[] {
  const roots: readonly (readonly [string, ProcessLevel])[] = [
    ["process", 0],
    ["parent", 1],
    ["any ancestor", "any"],
  ];
  return roots.flatMap(([root, level]) =>
    processParts.filter((part) => canBeAsked(part, level)).map((part) => `${root}.${part}`),
  );
}
