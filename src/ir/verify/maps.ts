/** The maps of a bundle and the memory that they take. */
import { isListPart } from "../../kernel/hook.ts";
import { CAPTURED_PATH, EVENT_HEADER } from "../../../runtime/event-layout.ts";
import { limits } from "../../kernel/limits.ts";
import { capturedTexts, fixedCaptureBytes } from "../captures.ts";
import { mostDecisions } from "../decisions.ts";
import type { Ir, IrHook } from "../ir.ts";
import type { MapBudget } from "./budget.ts";
import { type ExecStage } from "../exec-stage.ts";
import { type FieldTable, execTablesOf } from "./tables.ts";
import { isWide, wordsOf } from "./words.ts";

/** Bytes of a trie's or hash's entry beside key and value: links, flags and what is freed later. */
const NODE_BYTES = 48;
/** An entry of a rule: `struct rule_entry`. */
const RULE_BYTES = 8;
/** What scratch memory holds besides path, decisions and record: `struct scratch`. */
const SCRATCH_BYTES = 8 + 2 * (limits.trieKeyBytes + 8) + 8;
const EVENTS_BYTES = 1 << 20;

/** The map of a table, if it is in one. */
export function tableMap(
  { kind, suffix, keyBytes, entries }: FieldTable,
  hook: number | undefined,
): readonly MapBudget[] {
  if (kind === undefined) {
    return [];
  }
  const prefixLength = kind === "lpm_trie" ? 4 : 0;
  const sizes = { keyBytes: keyBytes + prefixLength, valueBytes: 4, entries: Math.max(1, entries) };
  const node = NODE_BYTES + keyBytes + sizes.valueBytes;
  return [
    {
      name: suffix,
      kind,
      ...sizes,
      bytes: sizes.entries * roundUp(node),
      ...(hook === undefined ? {} : { hook }),
    },
  ];
}

/** The maps that every bundle has. */
export function fixedMaps(ir: Ir, tables: readonly (readonly FieldTable[])[]): readonly MapBudget[] {
  const rules = ir.hooks.reduce((sum, hook) => sum + ruleCount(hook), 0);
  const blocks = Math.max(1, ...ir.hooks.map(mostDecisions));
  const constants = ir.hooks.reduce(
    (sum, hook, index) => sum + constantBytes(hook, tables[index] ?? []) + ruleCount(hook) * RULE_BYTES,
    0,
  );
  return [
    {
      name: "events",
      kind: "ringbuf",
      keyBytes: 0,
      valueBytes: 0,
      entries: EVENTS_BYTES,
      bytes: EVENTS_BYTES,
    },
    map("constants", "array", constants, 1),
    map("modes", "array", 4, Math.max(1, ir.policies.length)),
    map("hits", "percpu_array", 8, Math.max(1, rules)),
    map("scratch", "percpu_array", scratchBytes(ir, blocks), SCRATCH_LEVELS),
  ];
}

/** The maps of the exec stage: its tables, and the entries of processes on either kind of kernel. */
export function execMaps(stage: ExecStage): readonly MapBudget[] {
  const tables = execTablesOf(stage);
  const lists = stage.fields.filter(({ source }) => isListPart(source.part)).length;
  const texts = stage.fields.filter(({ type }) => type.kind !== "integer").length - lists;
  const classes = tables.length + texts;
  const handedDown = [...stage.tests.values()].filter(({ ofAncestors, ofList }) => ofAncestors || ofList);
  const words = Math.max(1, Math.ceil(handedDown.length / 64));
  const valueBytes = roundUp(2 * Math.max(4, classes)) + 48 * words + 8;
  const entry = { keyBytes: PROCESS_KEY_BYTES, valueBytes, entries: PROCESS_ENTRIES };
  return [
    ...tables
      .flatMap((table) => tableMap(table, undefined))
      .map((map) => ({ ...map, name: `exec_${map.name}` })),
    { name: "process_entries", kind: "task_storage", ...entry, keyBytes: 4, entries: 1, bytes: valueBytes },
    {
      name: "process_table",
      kind: "hash",
      ...entry,
      bytes: PROCESS_ENTRIES * (NODE_BYTES + PROCESS_KEY_BYTES + valueBytes),
    },
    ...(lists > 0 ? listMaps(words) : []),
  ];
}

/** For the lists of processes that ran before: `bpf/templates/text_list.h`. */
function listMaps(words: number): readonly MapBudget[] {
  const lineage = 16 * words;
  return [
    {
      ...{ name: "process_lists", kind: "hash", keyBytes: PROCESS_KEY_BYTES, valueBytes: lineage },
      ...{ entries: PROCESS_ENTRIES, bytes: PROCESS_ENTRIES * (NODE_BYTES + PROCESS_KEY_BYTES + lineage) },
    },
    map("list_memory", "array", 40 + lineage + LIST_CHUNK + lineage, 1),
  ];
}

const LIST_CHUNK = 256;
const PROCESS_KEY_BYTES = 16;
/** Processes whose entries are in no storage of tasks: `bpf/templates/scratch.h`. */
const PROCESS_ENTRIES = 32768;

/** Decisions that can be under way on one processor: `bpf/templates/scratch.h`. */
const SCRATCH_LEVELS = 4;

function map(name: string, kind: "array" | "percpu_array", valueBytes: number, entries: number): MapBudget {
  return { name, kind, keyBytes: 4, valueBytes, entries, bytes: roundUp(valueBytes) * entries };
}

function ruleCount(hook: IrHook): number {
  return hook.blocks.reduce((sum, { rules }) => sum + rules.length, 0);
}

function constantBytes(hook: IrHook, tables: readonly FieldTable[]): number {
  const vector = wordsOf(hook) * 8;
  return tables.reduce((sum, { classes, constantBytes: own }) => sum + own + classes * vector, 0);
}

/** `struct scratch`: a path, the decisions of every block, and the longest event record. */
function scratchBytes(ir: Ir, blocks: number): number {
  const fixed = Math.max(0, ...ir.hooks.map(fixedCaptureBytes));
  const paths = Math.max(1, ...ir.hooks.map(capturedTexts));
  const record =
    EVENT_HEADER.size +
    roundUp(4 * blocks) +
    fixed +
    64 +
    paths * (CAPTURED_PATH.size + limits.pathBytes + 8);
  const live = Math.max(1, ...ir.hooks.map(wordsOf).map((words) => (isWide(words) ? words : 1)));
  return roundUp(limits.pathBytes + SCRATCH_BYTES + 8 * live + 4 * blocks + record);
}

function roundUp(bytes: number): number {
  return (bytes + 7) & ~7;
}
