/** C of the exec stage: tables, and functions that fill what they find into the entry of a process. */
import type { KeptField } from "../ir/exec-stage.ts";
import { type ProcessList, isListPart, isProgramPart } from "../kernel/hook.ts";
import { invariant } from "../source/invariant.ts";
import { bitsOfUse } from "./bits.ts";
import { type CWriter, cComment, cIdentifier, cWord } from "./c-writer.ts";
import { type ExecPlan, type ExecTable, lineageWords } from "./exec-stage.ts";
import { writeListSizes, writeListWalk } from "./list-code.ts";
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
export function entryBytesOf(plan: ExecPlan): number {
  return slotsOf(plan) * 2 + 3 * 2 * 8 * Math.max(1, plan.words) + 8;
}

/** Sizes that the templates need. */
export function writeExecSizes(writer: CWriter, plan: ExecPlan): void {
  writer.line(`#define EXEC_SLOTS ${slotsOf(plan)}`);
  writer.line(`#define EXEC_WORDS ${Math.max(1, plan.words)}`);
  if (hasLists(plan)) {
    writeListSizes(writer);
  }
}

/** Whether lists of processes are compared. */
export function hasLists({ fields }: ExecPlan): boolean {
  return fields.some(({ source }) => isListPart(source.part));
}

/** The comparisons of some parts, as bits of the plan. */
function testsOf({ fields, tests }: ExecPlan, wanted: (field: KeptField) => boolean): bigint {
  return [...tests.values()].reduce((sum, { atom, bit }) => {
    const field = fields[atom.field];
    return field !== undefined && wanted(field) ? sum | (1n << BigInt(bit)) : sum;
  }, 0n);
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
  const ofProgram = testsOf(plan, ({ source }) => isProgramPart(source.part));
  writer.line("/* Comparisons that exec decides anew. */");
  writer.line(`const u64 exec_of_program[EXEC_WORDS] = { ${words(plan, ofProgram)} };`);
  if (hasLists(plan)) {
    const ofLists = testsOf(plan, ({ source }) => isListPart(source.part));
    writer.line("/* Those with texts of lists. */");
    writer.line(`const u64 exec_of_lists[EXEC_WORDS] = { ${words(plan, ofLists)} };`);
  }
  writer.line();
  for (const table of plan.tables) {
    writeExecTable(writer, plan, table);
  }
  plan.fields.forEach((field, index) => {
    const tables = plan.tables.filter(({ matcher }) => matcher.field === index);
    const { part } = field.source;
    if (isListPart(part)) {
      writeListPart(writer, plan, part, tables);
    } else if (isProgramPart(part)) {
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
  const part = plan.fields[matcher.field]?.source.part;
  const list = part !== undefined && isListPart(part) ? part : undefined;
  if (matcher.kind === "automaton" && list === undefined) {
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
  if (matcher.kind === "automaton" && list !== undefined) {
    writeListWalk(writer, name, list, matcher);
  }
}

/** Every table walks the list for itself: hardly ever are there two. */
function writeListPart(
  writer: CWriter,
  plan: ExecPlan,
  part: ProcessList,
  tables: readonly ExecTable[],
): void {
  writer.line(`/* ${part}: what holds for any of its texts */`);
  writer.line("static __always_inline void");
  writer.line(
    `exec_${part}(struct lineage *own, struct list_walk *walk, struct task_struct *task, u32 level, u64 start,`,
  );
  writer.line("\t  u64 bytes, const bool whole, const bool of_other, const enum generation generation)");
  writer.line("{");
  writer.block("", () => {
    for (const table of tables) {
      writer.line(`/* ${cComment(table.matcher.why)} */`);
      writer.line("__builtin_memset(&walk->found, 0, sizeof(walk->found));");
      writer.line("walk->start = start;");
      writer.line("walk->left = bytes;");
      const call = `${execTableName(plan, table)}_walk(walk, task, level, whole, of_other, generation)`;
      writer.block(`if (!${call}) {`, () => {
        writer.line("count(COUNTER_UNRESOLVED);");
        lineageWords(plan, bitsOfUse(table.matcher.use)).forEach((word, index) => {
          if (word !== 0n) {
            writer.line(`walk->found.unknown[${index}] |= ${cWord(word)};`);
          }
        });
      });
      writer.line("lineage_add(own, &walk->found);");
    }
  });
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
