/** What conditions can ask of processes: the one that acts, its parent, and its ancestors. */
import type { FieldFact, FieldType } from "./field.ts";
import type { FieldSource, ProcessLevel, ProcessPart } from "./hook.ts";

/** A field of a process. */
export interface ProcessField extends Pick<FieldFact, "type" | "cost" | "words"> {
  readonly source: Extract<FieldSource, { kind: "process" }>;
}

const identifier: FieldType = { kind: "integer", bits: 32, signed: false };

/** By part: the type and what reading costs, as for `FieldFact`. */
const parts: Readonly<Record<ProcessPart, Pick<ProcessField, "type" | "cost">>> = {
  exe: { type: { kind: "path" }, cost: 3 },
  pid: { type: identifier, cost: 1 },
  ns_pid: { type: identifier, cost: 1 },
  uid: { type: identifier, cost: 1 },
  gid: { type: identifier, cost: 1 },
  euid: { type: identifier, cost: 1 },
  egid: { type: identifier, cost: 1 },
  auid: { type: identifier, cost: 1 },
};

/** Steps up that a condition can name one by one. */
const MAXIMUM_LEVEL = 16;

/** What does not change while a process runs a program: any ancestor can be asked for it. */
const lastingParts: ReadonlySet<ProcessPart> = new Set(["exe", "pid", "ns_pid"]);

/** The field that `process.exe`, `parent.uid` or `ancestor[2].exe` names; undefined when it names none. */
export function processField(segments: readonly string[]): ProcessField | undefined {
  const [root = "", ...rest] = segments;
  const level = levelOf(root, rest);
  const name = root === "ancestor" ? rest.slice(1) : rest;
  const part = processParts.find((known) => name.length === 1 && name[0] === known);
  return level === undefined || part === undefined || (level === "any" && !lastingParts.has(part))
    ? undefined
    : { ...parts[part], words: undefined, source: { kind: "process", level, part } };
}

const processParts: readonly ProcessPart[] = ["exe", "pid", "ns_pid", "uid", "gid", "euid", "egid", "auid"];

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
  return ["process", "parent", "any ancestor"].flatMap((root) =>
    processParts
      .filter((part) => root !== "any ancestor" || lastingParts.has(part))
      .map((part) => `${root}.${part}`),
  );
}
