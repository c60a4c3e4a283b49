/** The programs of the exec stage: they keep entries of processes, and look for those that ran before. */
import type { ManifestAlternative, ManifestAttachment, ManifestMap } from "../../runtime/manifest.ts";
import { isListPart, isProgramPart } from "../kernel/hook.ts";
import type { CWriter } from "./c-writer.ts";
import { entryBytesOf, hasLists } from "./exec-code.ts";
import type { ExecPlan } from "./exec-stage.ts";
import { type Generation, storageOfTasks } from "./generation.ts";

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

/**
 * Everything that an entry of `task` holds besides what it descends from and what its lists say. `memory` may hold one
 * text at a time.
 */
function classifyLines({ fields }: ExecPlan, task: string): readonly string[] {
  const parts = fields.map(({ source }) => source.part).filter((part) => !isListPart(part));
  return parts.flatMap((part) =>
    isProgramPart(part)
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

/** What the lists of `task` say, noted in `own`. Those of others are read by programs that may sleep. */
function listLines({ fields }: ExecPlan, of: "itself" | "others"): readonly string[] {
  const [own, memory, level] =
    of === "itself"
      ? ["&draft->own", "&memory->list", "memory->level"]
      : ["&memory->own", "&memory->walk", "0"];
  return fields
    .map(({ source }) => source.part)
    .filter(isListPart)
    .flatMap((part) => [
      `exec_${part}(${own}, ${memory}, task, ${level}, task_${part}_start(task), task_${part}_bytes(task),`,
      `\t  true, ${of === "others"}, generation);`,
    ]);
}

function numberLines(part: string, task: string): readonly string[] {
  return [`exec_${part}(draft, task_${part}(${task}));`];
}

function execPrograms(plan: ExecPlan): readonly ExecProgram[] {
  const numbers = plan.fields.map(({ source }) => source.part).filter((part) => !isProgramPart(part));
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
        ...listLines(plan, "itself"),
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
  const lists = hasLists(plan);
  return [
    ...(lists ? [listProgram(plan, begin, report)] : []),
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
        ...(lists
          ? [
              "if (!lists_take(task, draft, exec_of_lists, generation)) {",
              "\tscratch_release();",
              "\treturn 0;",
              "}",
            ]
          : []),
        ...classifyLines(plan, "task"),
        "entry_create(task, draft, generation);",
        ...(lists ? ["lists_forget(task, generation);"] : []),
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

function listProgram(plan: ExecPlan, begin: readonly string[], report: string): ExecProgram {
  return {
    name: "exec_stage_lists",
    purpose: "what running processes were started with",
    section: "iter.s/task",
    parameters: "",
    ofStorage: true,
    body: [
      "u8 done = 1;",
      ...begin,
      "if (entry_of(task, generation) || lists_of(task))",
      "\treturn 0;",
      "",
      "struct list_memory *memory = list_memory_get();",
      "",
      report,
      "if (!memory)",
      "\treturn 0;",
      ...listLines(plan, "others"),
      "lists_keep(task, memory);",
      "return 0;",
    ],
  };
}

/** Writes the programs that keep entries. */
export function writeExecPrograms(
  writer: CWriter,
  plan: ExecPlan,
  generations: readonly Generation[],
): ExecPrograms {
  const entryBytes = entryBytesOf(plan);
  const attach = (program: ExecProgram): readonly ManifestAttachment[] => {
    const alternatives = generations
      .filter((generation) => program.ofStorage === undefined || generation === storageOfTasks)
      .map((generation): ManifestAlternative => {
        writeExecProgram(writer, program, generation);
        return { program: program.name + generation.suffix, requires: generation.requires };
      });
    const need = program.ofStorage === undefined ? "required" : "if-present";
    return alternatives.length === 0 ? [] : [{ purpose: program.purpose, need, alternatives }];
  };
  const attachments = execPrograms(plan).flatMap(attach);
  const fills = fillPrograms(plan).flatMap(attach);
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
      { ...map("process_entries", "task_storage", 4, 0), requires: storageOfTasks.requires },
      map("process_table", "hash", 16, PROCESS_ENTRIES),
      ...(hasLists(plan) ? listMaps(plan) : []),
    ],
  };
}

/** For the lists of processes that ran before. */
function listMaps(plan: ExecPlan): readonly ManifestMap[] {
  const lineage = 2 * 8 * Math.max(1, plan.words);
  const walk = 5 * 8 + lineage + LIST_CHUNK;
  return [
    {
      ...{ name: "process_lists", type: "hash", keySize: 16, valueSize: lineage },
      ...{ maxEntries: PROCESS_ENTRIES, entries: 0, bytes: (16 + lineage) * PROCESS_ENTRIES },
      requires: storageOfTasks.requires,
    },
    {
      ...{ name: "list_memory", type: "array", keySize: 4, valueSize: walk + lineage },
      ...{ maxEntries: 1, entries: 0, bytes: walk + lineage },
    },
  ];
}

/** Bytes of a list that are read at once: `bpf/templates/scratch.h`. */
const LIST_CHUNK = 256;
/** Processes that have no storage of tasks: `bpf/templates/scratch.h`. */
const PROCESS_ENTRIES = 32768;

function writeExecProgram(writer: CWriter, program: ExecProgram, { name, suffix }: Generation): void {
  const isIterator = program.section.endsWith("/task");
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
