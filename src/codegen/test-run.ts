/**
 * Test-run builds: the decide functions of an IR as programs that read their events out of maps, so that the
 * kernel can be asked what generated code decides, without attaching anything.
 */
import { type KeptField, isKept } from "../ir/exec-stage.ts";
import type { Field, Ir, IrHook } from "../ir/ir.ts";
import { isListPart, isProcessText } from "../kernel/hook.ts";
import type { MapPlan } from "../../runtime/manifest.ts";
import { type CWriter, createCWriter } from "./c-writer.ts";
import { writeExecStage } from "./exec-code.ts";
import type { ExecPlan } from "./exec-stage.ts";
import { planOf, writeHookDecision, writePreamble } from "./generate.ts";
import { type HookParts, partsOf } from "./parts.ts";
import { hookName, processLevels, processMember, processPartName } from "./values.ts";

/** C of a test-run build and what its maps hold. */
export interface TestRun {
  readonly text: string;
  readonly plan: MapPlan;
}

/** What differs between the programs that serve one hook. */
export interface TestRunVariant {
  /** What the kernel offers; see `bpf/templates/generation.h`. */
  readonly generation: "5.10" | "6.1";
  /** A guard decides refusals only. */
  readonly guard: boolean;
  /** Whether the program's place can make the operation fail. */
  readonly canDeny: boolean;
}

/**
 * For hook number K: program `test_hook_K`, whose context holds the index of an event; arrays `test_events_K` and
 * `test_results_K`, to be resized before loading. `bpf/templates/test_run.h` has the layouts. Takes an IR that
 * is not verified: what a kernel refuses is seen when it loads.
 */
export function generateTestRun(ir: Ir, variant: TestRunVariant): TestRun {
  const parts = partsOf(ir);
  const writer = createCWriter();
  writer.line("#define POLICYC_TEST_RUN 1");
  writePreamble(writer, parts, ir.policies.length);
  if (parts.exec !== undefined) {
    writeExecStage(writer, parts.exec);
    const levels = Math.max(...parts.hooks.map(({ hook }) => processLevels(hook).length));
    writer.line(`struct process_entry test_entries[${levels}];`);
    writer.line("struct process_entry test_ancestor;");
    writer.line();
  }
  for (const part of parts.hooks) {
    writeHookDecision(writer, part, false);
    writeTestMaps(writer, part);
    writeTestProgram(writer, part, variant, parts.exec);
  }
  return { text: writer.text(), plan: planOf(parts) };
}

/** Values of one thing each that an event can have at once. */
export const TEST_SEVERAL = 3;

/** Whether an event has several values of a field. */
export function hasSeveral({ source }: Field): boolean {
  return source.kind === "process" && source.level === "any";
}

function eventType(field: Field): string {
  switch (field.type.kind) {
    case "integer":
      return "struct test_integer";
    case "address":
      return "struct test_address";
    case "path":
    case "string":
      return "struct test_path";
  }
}

/** Values that an event has, by position; what depends on the workload alone is in a row of bits. */
function eventFields(hook: IrHook): readonly (readonly [position: number, field: Field])[] {
  return hook.fields.flatMap((field, position) =>
    field.source.kind === "scope" ? [] : [[position, field] as const],
  );
}

function writeTestMaps(writer: CWriter, { hook, index, bits, scope }: HookParts): void {
  writer.block(
    `struct test_event_${index} {`,
    () => {
      for (const [position, field] of eventFields(hook)) {
        if (hasSeveral(field)) {
          writer.line(`u64 field${position}_count;`);
          writer.line(`${eventType(field)} field${position}[${TEST_SEVERAL}];`);
        } else {
          writer.line(`${eventType(field)} field${position};`);
        }
      }
      if (scope !== undefined) {
        writer.line(`u64 scope[${bits.words}];`);
      }
    },
    "};",
  );
  writer.block(
    `struct test_answer_${index} {`,
    () => {
      writer.line("struct test_result result;");
      writer.line("/* A multiple of 8 bytes. */");
      writer.line("u32 decisions[(DECISION_MAX + 1) & ~1];");
    },
    "};",
  );
  for (const [name, value] of [
    ["test_events", "test_event"],
    ["test_results", "test_answer"],
  ]) {
    writer.block(
      "struct {",
      () => {
        writer.line("__uint(type, BPF_MAP_TYPE_ARRAY);");
        writer.line("__uint(map_flags, BPF_F_MMAPABLE);");
        writer.line("__uint(max_entries, 1);");
        writer.line("__type(key, u32);");
        writer.line(`__type(value, struct ${value}_${index});`);
      },
      `} ${name}_${index} SEC(".maps");`,
    );
  }
  writer.line();
}

function writeTestProgram(
  writer: CWriter,
  { hook, index, scope }: HookParts,
  variant: TestRunVariant,
  exec: ExecPlan | undefined,
): void {
  const name = hookName(hook);
  const generation = { "5.10": "GENERATION_5_10", "6.1": "GENERATION_6_1" }[variant.generation];
  const { guard, canDeny } = variant;
  writer.line('SEC("raw_tp")');
  writer.line(`int test_hook_${index}(u64 *context)`);
  writer.line("{");
  writer.block("", () => {
    writer.line("u32 at = context[0];");
    writer.line(`struct test_event_${index} *event = bpf_map_lookup_elem(&test_events_${index}, &at);`);
    writer.line(`struct test_answer_${index} *answer = bpf_map_lookup_elem(&test_results_${index}, &at);`);
    writer.line(`struct ${name}_values values = {};`);
    writer.line();
    writer.line("if (!event || !answer)");
    writer.line("\treturn 0;");
    if (exec !== undefined && hook.fields.some(isKept)) {
      writeTestEntries(writer, hook, exec, generation);
    }
    for (const [position, field] of eventFields(hook)) {
      writeTestValue(writer, field, `event->field${position}`);
    }
    if (scope !== undefined) {
      writer.line("values.scope.words = event->scope;");
    }
    writer.line("test_run_begin();");
    writer.line("test_run_end(&answer->result, answer->decisions,");
    writer.line(`\t     ${name}_decide(&values, ${guard}, ${canDeny}, ${generation}));`);
    writer.line("return 0;");
  });
}

/** Runs the exec stage for every process that the event names. */
function writeTestEntries(writer: CWriter, hook: IrHook, exec: ExecPlan, generation: string): void {
  // A field that no condition asks for has no function.
  const asked = new Set(exec.fields.map(({ source }) => source.part));
  const kept = hook.fields.flatMap((field, position) =>
    isKept(field) && asked.has(field.source.part) ? [{ field, position }] : [],
  );
  const levels = processLevels(hook).filter((level) =>
    kept.some(({ field }) => field.source.level === level),
  );
  writer.line(`const enum generation generation = ${generation};`);
  writer.line("struct scratch *memory = scratch_acquire(generation);");
  writer.line();
  writer.line("if (!memory)");
  writer.line("\treturn 0;");
  levels.forEach((level, index) => {
    const [entry, member] = [`test_entries[${index}]`, processMember(level)];
    writer.line(`__builtin_memset(&${entry}, 0, sizeof(${entry}));`);
    writer.line(`${entry}.flags = ENTRY_LINEAGE_KNOWN;`);
    writer.line(`values.${member}.entry = &${entry};`);
    for (const { field, position } of kept.filter(({ field: { source } }) => source.level === level)) {
      if (level === "any") {
        writeTestLineage(writer, field, entry, `event->field${position}`);
      } else {
        writeTestPart(writer, field, entry, `event->field${position}`);
      }
    }
  });
  writer.line("scratch_release();");
}

/** What several processes hand down to the one whose entry it is. */
function writeTestLineage(writer: CWriter, field: KeptField, entry: string, event: string): void {
  for (let number = 0; number < TEST_SEVERAL; number++) {
    writer.block(`if (${event}_count > ${number}) {`, () => {
      writer.line("__builtin_memset(&test_ancestor, 0, sizeof(test_ancestor));");
      if (field.type.kind === "integer") {
        writer.line(`exec_${field.source.part}(&test_ancestor, ${event}[${number}].value);`);
      } else {
        writeTestPart(writer, field, "test_ancestor", `${event}[${number}]`);
      }
      writer.line(`lineage_add(&${entry}.above, &test_ancestor.own);`);
    });
  }
}

function writeTestPart(writer: CWriter, field: KeptField, entry: string, event: string): void {
  const { part } = field.source;
  if (isListPart(part)) {
    writer.line(`exec_${part}(&${entry}.own, &memory->list, NULL, memory->level, (u64)${event}.bytes,`);
    writer.line(`\t  ${event}.length, ${event}.status != PATH_UNRESOLVED, false, generation);`);
    return;
  }
  writer.block("{", () => {
    writer.line(`struct path_value path = { .path = &${event} };`);
    writer.line("struct path_text text = {};");
    writer.line();
    writer.line("path_read(&path, memory, &text, true);");
    writer.line(`exec_${part}(&${entry}, memory, &text, generation);`);
  });
}

function writeTestValue(writer: CWriter, field: Field, event: string): void {
  switch (field.source.kind) {
    case "argument":
      writer.line(`values.arg${field.source.argument} = ${event}.value;`);
      return;
    case "file":
      writer.line(`values.arg${field.source.argument}.${field.source.part} = ${event}.value;`);
      return;
    case "part":
    case "argument-text":
      writer.line(`values.arg${field.source.argument} = (u64)&${event};`);
      return;
    case "argument-path":
      writer.line(`values.arg${field.source.argument}.path = &${event};`);
      return;
    case "sock": {
      const sock = `values.arg${field.source.argument}`;
      if (field.type.kind === "address") {
        writer.line(`${sock}.family = ${event}.present ? AF_INET6 : AF_UNSPEC;`);
        writer.line(`__builtin_memcpy(${sock}.${field.source.part}, ${event}.address, 16);`);
      } else {
        writer.line(`${sock}.${field.source.part} = ${event}.value;`);
      }
      return;
    }
    case "process": {
      const { part } = field.source;
      if (isProcessText(part)) {
        writer.line(`values.${processMember(field.source.level)}.${part} = &${event};`);
      } else if (!isKept(field)) {
        const process = `values.${processMember(field.source.level)}`;
        writer.line(`${process}.${processPartName(field.source.part)} = ${event}.value;`);
        const absent = field.source.part === "tty" ? "tty_absent" : "absent";
        writer.line(`${process}.${absent} |= !${event}.present;`);
      }
      return;
    }
    case "result":
      writer.line(`values.result = ${event}.value;`);
      return;
    case "workload":
    case "scope":
      return;
  }
}
