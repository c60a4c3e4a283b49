/** What conditions can ask of processes: the one that acts, its parent, and its ancestors. */
import type { FieldFact, FieldType } from "./field.ts";
import {
  type FieldSource,
  type ProcessLevel,
  type ProcessPart,
  type ProcessSource,
  isListPart,
  isProgramPart,
} from "./hook.ts";
import { capabilitySets, namespaceKinds, needsSnapshot } from "./namespaces.ts";

/** A field of a process. */
export interface ProcessField extends Pick<FieldFact, "type" | "cost" | "words"> {
  readonly source: ProcessSource;
}

const identifier: FieldType = { kind: "integer", bits: 32, signed: false };
const capabilityBits: FieldType = { kind: "integer", bits: 64, signed: false };

type PartFact = Pick<ProcessField, "type" | "cost" | "words">;

const numberPart: PartFact = { type: identifier, cost: 1, words: undefined };

/** By part: the type and what reading costs, as for `FieldFact`. */
const parts: ReadonlyMap<string, PartFact> = new Map<ProcessPart, PartFact>([
  ["exe", { type: { kind: "path" }, cost: 3, words: undefined }],
  ["args", { type: { kind: "string", list: true }, cost: 3, words: undefined }],
  ["env", { type: { kind: "string", list: true }, cost: 3, words: undefined }],
  ["cwd", { type: { kind: "path" }, cost: 3, words: undefined }],
  ["comm", { type: { kind: "string" }, cost: 3, words: undefined }],
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

/** Arguments that conditions can name one by one: the first so many. */
export const NAMED_ARGUMENTS = 32;

/** The field that `process.exe`, `parent.args[1]` or `ancestor[2].exe` names; undefined when it names none. */
export function processField(segments: readonly string[]): ProcessField | undefined {
  const [root = "", ...rest] = segments;
  const level = levelOf(root, rest);
  const name = root === "ancestor" ? rest.slice(1) : rest;
  if (level === undefined) {
    return undefined;
  }
  return elementField(level, name) ?? wholeField(level, name.join("."));
}

function wholeField(level: ProcessLevel, name: string): ProcessField | undefined {
  const part = processParts.find((known) => known === name);
  const fact = part && parts.get(part);
  return part === undefined || fact === undefined || !canBeAsked(part, level)
    ? undefined
    : { ...fact, source: { kind: "process", level, part } };
}

/** `args[1]`, `env["PATH"]` */
function elementField(level: ProcessLevel, name: readonly string[]): ProcessField | undefined {
  const [part, element] = name;
  if (name.length !== 2 || element === undefined || (part !== "args" && part !== "env")) {
    return undefined;
  }
  const isKnown = part === "args" ? isArgumentNumber(element) : isVariableName(element);
  return isKnown
    ? {
        type: { kind: "string" },
        cost: 3,
        words: undefined,
        source: { kind: "process", level, part, element },
      }
    : undefined;
}

function isArgumentNumber(text: string): boolean {
  return /^(?:0|[1-9]\d?)$/.test(text) && Number(text) < NAMED_ARGUMENTS;
}

/** No `=` and no NUL can be in a name. */
function isVariableName(text: string): boolean {
  return text !== "" && !text.includes("=") && !text.includes("\0");
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

/** What does not change while a process runs a program: any ancestor can be asked for it. */
function isLasting(part: ProcessPart): boolean {
  return isProgramPart(part) || part === "pid" || part === "ns_pid";
}

/** What held when an ancestor executed its program is not kept, and what it may change at any time not followed. */
function canBeAsked(part: ProcessPart, level: ProcessLevel): boolean {
  return level === "any" ? isLasting(part) : level === 0 || !needsSnapshot(part);
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

/** How a part is called in messages. */
export function processPartLabel({ part, element }: ProcessSource): string {
  if (element === undefined || !isListPart(part)) {
    return part;
  }
  return `${part}[${part === "args" ? element : JSON.stringify(element)}]`;
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
