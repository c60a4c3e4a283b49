/**
 * Test-run builds: the decide functions of an IR as programs that read their events out of maps, so that the
 * kernel can be asked what generated code decides, without attaching anything.
 */
import type { Field, Ir } from "../ir/ir.ts";
import type { MapPlan } from "../../runtime/manifest.ts";
import { type CWriter, createCWriter } from "./c-writer.ts";
import { planOf, writeHookDecision, writePreamble } from "./generate.ts";
import { type HookParts, partsOf } from "./parts.ts";
import { hookName } from "./values.ts";

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
  for (const part of parts) {
    writeHookDecision(writer, part);
    writeTestMaps(writer, part);
    writeTestProgram(writer, part, variant);
  }
  return { text: writer.text(), plan: planOf(parts) };
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

function writeTestMaps(writer: CWriter, { hook, index }: HookParts): void {
  writer.block(
    `struct test_event_${index} {`,
    () => {
      hook.fields.forEach((field, position) => {
        writer.line(`${eventType(field)} field${position};`);
      });
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

function writeTestProgram(writer: CWriter, { hook, index }: HookParts, variant: TestRunVariant): void {
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
    hook.fields.forEach((field, position) => {
      writeTestValue(writer, field, `event->field${position}`);
    });
    writer.line("test_run_begin();");
    writer.line("test_run_end(&answer->result, answer->decisions,");
    writer.line(`\t     ${name}_decide(&values, ${guard}, ${canDeny}, ${generation}));`);
    writer.line("return 0;");
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
      const process = `values.process${field.source.level}`;
      if (field.type.kind === "integer") {
        writer.line(`${process}.${field.source.part} = ${event}.value;`);
        writer.line(`${process}.absent |= !${event}.present;`);
      } else {
        writer.line(`${process}.exe = &${event};`);
      }
      return;
    }
    case "result":
      writer.line(`values.result = ${event}.value;`);
      return;
  }
}
