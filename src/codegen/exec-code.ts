/** C of the exec stage: what an entry of a process is made of, and the programs that keep entries. */
import type { ManifestAlternative, ManifestAttachment, ManifestMap } from "../../runtime/manifest.ts";
import type { KeptField } from "../ir/exec-stage.ts";
import { isTextPart } from "../kernel/hook.ts";
import { invariant } from "../source/invariant.ts";
import { bitsOfUse } from "./bits.ts";
import { type CWriter, cComment, cIdentifier, cWord } from "./c-writer.ts";
import { type ExecPlan, type ExecTable, lineageWords } from "./exec-stage.ts";
import {
  integerTest,
  keyExpression,
  writeAutomatonWalk,
  writeIntegerLookup,
  writeTextClass,
} from "./match-code.ts";
import { writeTable } from "./table-code.ts";

/** Classes that an entry has room for. */
function slotsOf({ tables }: ExecPlan): number {
  const slots = tables.filter(({ slot }) => slot !== undefined).length;
  return Math.max(4, (slots + 3) & ~3);
}

/** `struct process_entry`: classes, three lineages of two vectors, flags. */
function entryBytesOf(plan: ExecPlan): number {
  return slotsOf(plan) * 2 + 3 * 2 * 8 * Math.max(1, plan.words) + 8;
}

/** Sizes that the templates need. */
export function writeExecSizes(writer: CWriter, plan: ExecPlan): void {
  writer.line(`#define EXEC_SLOTS ${slotsOf(plan)}`);
  writer.line(`#define EXEC_WORDS ${Math.max(1, plan.words)}`);
}

/** What the C names of a table of the exec stage begin with. */
export function execTableName(plan: ExecPlan, { matcher }: ExecTable): string {
  const part = plan.fields[matcher.field]?.source.part ?? "";
  return `exec_${part}${"suffix" in matcher ? `_${cIdentifier(matcher.suffix)}` : ""}`;
}

/** Tables, and a function for each part that fills it into an entry. */
export function writeExecStage(writer: CWriter, plan: ExecPlan): void {
  writer.line();
  writer.line(`/* ---- exec stage: ${plan.tests.size} comparisons with processes ---- */`);
  writer.line();
  const ofProgram = plan.lineage.reduce(
    (sum, bit) => (bit.ofProgram ? sum | (1n << BigInt(bit.test)) : sum),
    0n,
  );
  writer.line("/* Comparisons that exec decides anew. */");
  writer.line(`const u64 exec_of_program[EXEC_WORDS] = { ${words(plan, ofProgram)} };`);
  writer.line();
  for (const table of plan.tables) {
    writeExecTable(writer, plan, table);
  }
  plan.fields.forEach((field, index) => {
    const tables = plan.tables.filter(({ matcher }) => matcher.field === index);
    if (isTextPart(field.source.part)) {
      writeTextPart(writer, plan, field, tables);
    } else {
      writeNumberPart(writer, plan, field, tables);
    }
  });
}

function words(plan: ExecPlan, holding: bigint): string {
  const all = lineageWords(plan, holding);
  return (all.length === 0 ? [0n] : all).map(cWord).join(", ");
}

function writeExecTable(writer: CWriter, plan: ExecPlan, table: ExecTable): void {
  const { matcher, slot } = table;
  const name = execTableName(plan, table);
  writeTable(writer, name, matcher);
  if (matcher.kind === "automaton") {
    writeAutomatonWalk(writer, name, matcher);
  }
  if (!hasLineage(plan, table) || !("vectors" in matcher)) {
    return;
  }
  const own = bitsOfUse(matcher.use);
  const holding = slot?.holding ?? matcher.vectors.map((vector) => vector & own);
  writer.block(
    `const u64 ${name}_lineage[${holding.length}][EXEC_WORDS] = {`,
    () => {
      for (const each of holding) {
        writer.line(`{ ${words(plan, each)} },`);
      }
    },
    "};",
  );
  writer.line();
}

/** Whether any of a table's comparisons is handed down. */
function hasLineage({ lineage }: ExecPlan, { matcher }: ExecTable): boolean {
  const own = bitsOfUse(matcher.use);
  return lineage.some(({ test }) => ((own >> BigInt(test)) & 1n) === 1n);
}

function writeTextPart(
  writer: CWriter,
  plan: ExecPlan,
  field: KeptField,
  tables: readonly ExecTable[],
): void {
  writer.line(`/* ${field.name} */`);
  writer.line(
    `static __always_inline void exec_${field.source.part}(struct process_entry *entry, struct scratch *memory,`,
  );
  writer.line("\t\t\t\t      const struct path_text *text, const enum generation generation)");
  writer.line("{");
  writer.block("", () => {
    writer.block("if (text->status != PATH_PRESENT) {", () => {
      writer.line("const u32 unknown = text->status == PATH_UNRESOLVED;");
      writer.line();
      for (const { slot } of tables) {
        invariant(slot !== undefined, "a text has a class in every table");
        writer.line(`entry->classes[${slot.index}] = ${slot.classes} + unknown;`);
      }
      const own = tables.reduce((sum, { matcher }) => sum | bitsOfUse(matcher.use), 0n);
      lineageWords(plan, own).forEach((word, index) => {
        if (word !== 0n) {
          writer.line("if (unknown)");
          writer.line(`\tentry->own.unknown[${index}] |= ${cWord(word)};`);
        }
      });
      writer.line("return;");
    });
    for (const table of tables) {
      writeTextTable(writer, plan, table);
    }
  });
  writer.line();
}

function writeTextTable(writer: CWriter, plan: ExecPlan, table: ExecTable): void {
  const { matcher, slot } = table;
  invariant(slot !== undefined, "a text has a class in every table");
  const name = execTableName(plan, table);
  writer.line(`/* ${cComment(matcher.why)} */`);
  writer.block("{", () => {
    if (matcher.kind === "presence") {
      writer.line(`entry->classes[${slot.index}] = 0;`);
      lineageWords(plan, slot.tests).forEach((word, index) => {
        if (word !== 0n) {
          writer.line(`entry->own.holds[${index}] |= ${cWord(word)};`);
        }
      });
      return;
    }
    writeTextClass(writer, name, matcher, "memory", "text");
    writer.line(`entry->classes[${slot.index}] = class;`);
    if (hasLineage(plan, table)) {
      writer.line("for (u32 word = 0; word < EXEC_WORDS; word++)");
      writer.line(`\tentry->own.holds[word] |= ${name}_lineage[class][word];`);
    }
  });
}

function writeNumberPart(
  writer: CWriter,
  plan: ExecPlan,
  field: KeptField,
  tables: readonly ExecTable[],
): void {
  writer.line(`/* ${field.name} */`);
  writer.line(
    `static __always_inline void exec_${field.source.part}(struct process_entry *entry, u64 value)`,
  );
  writer.line("{");
  writer.block("", () => {
    for (const table of tables) {
      const { matcher } = table;
      writer.line(`/* ${cComment(matcher.why)} */`);
      if (matcher.kind === "compare") {
        for (const { atom, mask } of matcher.comparisons) {
          lineageWords(plan, mask).forEach((word, index) => {
            if (word !== 0n) {
              writer.line(`if (${integerTest(atom.test, field)})`);
              writer.line(`\tentry->own.holds[${index}] |= ${cWord(word)};`);
            }
          });
        }
        continue;
      }
      invariant(matcher.kind === "integer-table", `a ${matcher.kind} matcher on ${field.name}`);
      const name = execTableName(plan, table);
      writer.block("{", () => {
        writeIntegerLookup(
          writer,
          name,
          matcher.table,
          keyExpression(field, "value"),
          matcher.vectors.length - 1,
        );
        writer.line("for (u32 word = 0; word < EXEC_WORDS; word++)");
        writer.line(`\tentry->own.holds[word] |= ${name}_lineage[class][word];`);
      });
    }
  });
  writer.line();
}

/** Programs for kernels with storage of tasks, and for those without. */
const generations = [
  { name: "GENERATION_6_1", suffix: "", requires: [{ kind: "helper", name: "bpf_loop" }] },
  { name: "GENERATION_5_10", suffix: "_5_10", requires: [] },
] as const;

type Generation = (typeof generations)[number];

/** What is attached, and what is run once over all processes. */
export interface ExecPrograms {
  readonly attachments: readonly ManifestAttachment[];
  readonly fills: readonly ManifestAttachment[];
  readonly maps: readonly ManifestMap[];
}

interface ExecProgram {
  readonly name: string;
  readonly purpose: string;
  readonly section: string;
  readonly parameters: string;
  /** Needed where entries lie in the storage of tasks. */
  readonly ofStorage?: true;
  readonly body: readonly string[];
}

/** Everything that an entry of `task` holds besides what it descends from. `memory` may hold one text at a time. */
function classifyLines({ fields }: ExecPlan, task: string): readonly string[] {
  return fields.flatMap(({ source: { part } }) =>
    isTextPart(part)
      ? [
          "{",
          "\tstruct path_text text = {};",
          "",
          `\ttask_${part}(${task}, memory, &text);`,
          `\texec_${part}(draft, memory, &text, generation);`,
          "}",
        ]
      : numberLines(part, task),
  );
}

function numberLines(part: string, task: string): readonly string[] {
  return [`exec_${part}(draft, task_${part}(${task}));`];
}

function execPrograms(plan: ExecPlan): readonly ExecProgram[] {
  const numbers = plan.fields.map(({ source }) => source.part).filter((part) => !isTextPart(part));
  const acquire = ["struct scratch *memory = scratch_acquire(generation);", ""];
  return [
    {
      name: "exec_stage_exec",
      purpose: "what processes execute",
      section: "tp_btf/sched_process_exec",
      parameters: "struct task_struct *task, int old_pid, struct linux_binprm *bprm",
      body: [
        ...acquire,
        "if (!memory) {",
        "\tentry_remove(task, generation);",
        "\treturn 0;",
        "}",
        "",
        "struct process_entry *draft = entry_draft_at_exec(task, memory, exec_of_program, generation);",
        "",
        ...classifyLines(plan, "task"),
        "entry_replace(task, draft, generation);",
        "scratch_release();",
        "return 0;",
      ],
    },
    {
      name: "exec_stage_fork",
      purpose: "what processes hand down",
      section: "tp_btf/sched_process_fork",
      parameters: "struct task_struct *origin, struct task_struct *task",
      body: [
        "if (task->pid != task->tgid)",
        "\treturn 0;",
        "",
        ...acquire,
        "if (!memory)",
        "\treturn 0;",
        "",
        "struct process_entry *draft = entry_draft_at_fork(origin, memory, exec_of_program, generation);",
        "",
        "if (draft) {",
        ...numbers.flatMap((part) => numberLines(part, "task")).map((line) => `\t${line}`),
        "\tentry_create(task, draft, generation);",
        "}",
        "scratch_release();",
        "return 0;",
      ],
    },
    {
      name: "exec_stage_thread",
      purpose: "what threads execute",
      section: "fentry/security_bprm_check",
      parameters: "struct linux_binprm *bprm",
      ofStorage: true,
      body: ["return entry_move_to_thread();"],
    },
    {
      name: "exec_stage_free",
      purpose: "processes that are gone",
      section: "tp_btf/sched_process_free",
      parameters: "struct task_struct *task",
      body: ["if (task->pid == task->tgid)", "\tentry_remove_kept(task);", "return 0;"],
    },
  ];
}

function fillPrograms(plan: ExecPlan): readonly ExecProgram[] {
  const begin = [
    "struct task_struct *task = ctx->task;",
    "",
    "if (!task || task->pid != task->tgid)",
    "\treturn 0;",
  ];
  const report = "bpf_seq_write(ctx->meta->seq, &done, sizeof(done));";
  return [
    {
      name: "exec_stage_fill",
      purpose: "what running processes have executed",
      section: "iter/task",
      parameters: "",
      body: [
        "u8 done = 1;",
        ...begin,
        "if (entry_of(task, generation))",
        "\treturn 0;",
        "",
        "struct scratch *memory = scratch_acquire(generation);",
        "",
        report,
        "if (!memory)",
        "\treturn 0;",
        "",
        "struct process_entry *draft = entry_draft(memory);",
        "",
        ...classifyLines(plan, "task"),
        "entry_create(task, draft, generation);",
        "scratch_release();",
        "return 0;",
      ],
    },
    {
      name: "exec_stage_descent",
      purpose: "what running processes descend from",
      section: "iter/task",
      parameters: "",
      body: [
        "u8 done = 1;",
        ...begin,
        "",
        "struct process_entry *entry = entry_of(task, generation);",
        "",
        "if (entry && entry->flags & ENTRY_LINEAGE_KNOWN)",
        "\treturn 0;",
        report,
        "if (entry)",
        "\tentry_find_above(task, entry, generation);",
        "return 0;",
      ],
    },
  ];
}

/** Writes the programs that keep entries. */
export function writeExecPrograms(writer: CWriter, plan: ExecPlan): ExecPrograms {
  const entryBytes = entryBytesOf(plan);
  const attach = (program: ExecProgram): ManifestAttachment => {
    const alternatives = generations
      .filter(({ suffix }) => program.ofStorage === undefined || suffix === "")
      .map((generation): ManifestAlternative => {
        writeExecProgram(writer, program, generation);
        return { program: program.name + generation.suffix, requires: generation.requires };
      });
    return {
      purpose: program.purpose,
      need: program.ofStorage === undefined ? "required" : "if-present",
      alternatives,
    };
  };
  const attachments = execPrograms(plan).map(attach);
  const fills = fillPrograms(plan).map(attach);
  const map = (name: string, type: string, keySize: number, maxEntries: number): ManifestMap => ({
    name,
    type,
    keySize,
    valueSize: entryBytes,
    maxEntries,
    entries: 0,
    bytes: (keySize + entryBytes) * maxEntries,
  });
  return {
    attachments,
    fills,
    maps: [
      { ...map("process_entries", "task_storage", 4, 0), requires: generations[0].requires },
      map("process_table", "hash", 16, PROCESS_ENTRIES),
    ],
  };
}

/** Processes that have no storage of tasks: `bpf/templates/scratch.h`. */
const PROCESS_ENTRIES = 32768;

function writeExecProgram(writer: CWriter, program: ExecProgram, { name, suffix }: Generation): void {
  const isIterator = program.section.startsWith("iter/");
  writer.line();
  writer.line(`SEC("${program.section}")`);
  writer.line(
    isIterator
      ? `int ${program.name}${suffix}(struct bpf_iter__task *ctx)`
      : `int BPF_PROG(${program.name}${suffix}, ${program.parameters})`,
  );
  writer.line("{");
  writer.block("", () => {
    writer.line(`const enum generation generation = ${name};`);
    for (const line of program.body) {
      writer.line(line);
    }
  });
}
