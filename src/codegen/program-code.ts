/** The BPF program of one attach point: it fills the hook's values and decides. */
import type { IrAttachment, IrHook } from "../ir/ir.ts";
import { sectionOf, takesRegisters } from "../kernel/attach-points.ts";
import type { AttachPoint, CParameter } from "../kernel/hook.ts";
import { cTypeOf } from "../kernel/views.ts";
import { elementAt } from "../source/invariant.ts";
import type { CWriter } from "./c-writer.ts";
import { firstStaticRow } from "./static-points.ts";
import { tellsStacks } from "./effects.ts";
import { hookName, refusesLater, usedArguments, writeValuesFrom } from "./values.ts";

/** What is written, and for what. */
export interface ProgramSubject {
  readonly hook: IrHook;
  /** The hook's number in the manifest. */
  readonly hookIndex: number;
  readonly attachment: IrAttachment;
  readonly point: AttachPoint;
  /** The program's name. */
  readonly program: string;
  /** Where the hook's words begin in a row of the scope stage, if any rule asks for the workload. */
  readonly scope: number | undefined;
  /** A value of `enum generation`. */
  readonly generation: string;
}

/** Writes a program with its section. */
export function writeProgram(writer: CWriter, subject: ProgramSubject): void {
  const { hook, attachment, point, generation } = subject;
  const name = hookName(hook);
  const seesResult = point.seesResult && hook.fact.result !== undefined;
  writer.line();
  writeHead(writer, subject);
  writer.line("{");
  writer.block("", () => {
    writer.line(`const enum generation generation = ${generation};`);
    writer.line(`struct ${name}_values values = {};`);
    writeParameters(writer, subject);
    writer.line();
    if (point.kind === "usdt") {
      const { name: registers } = elementAt(point.parameters, 0);
      writer.line(
        `const struct static_row *row = static_row(${registers}, ${firstStaticRow(subject.hookIndex)}, generation);`,
      );
      writer.line();
      writer.line("if (!row)");
      writer.line("\treturn 0;");
    }
    if (point.kind === "lsm") {
      writer.line("/* Another program has refused already. */");
      writer.line("if (result)");
      writer.line("\treturn refusal(-result);");
    }
    if (refusesLater(hook)) {
      writer.line(`refusal_forget(${subject.hookIndex});`);
    }
    writeValuesFrom(writer, subject, point);
    if (tellsStacks(hook)) {
      writer.line("values.ctx = ctx;");
    }
    writer.line(`values.result = ${seesResult ? resultOf(subject) : "0"};`);
    writer.line(
      `return ${name}_decide(&values, ${attachment.kind === "guard"}, ${point.canDeny}, generation);`,
    );
  });
}

/** Writes a program that puts into force what the hook's program has decided. */
export function writeRefusal(writer: CWriter, subject: ProgramSubject): void {
  const { hook, hookIndex, point, generation } = subject;
  const calls = (hook.fact.refusals?.calls ?? []).map((call) => `call == ${call}`).join(" || ");
  writer.line();
  writeHead(writer, subject);
  writer.line("{");
  writer.block("", () => {
    writer.line(`u32 errno = refusal_noted(${hookIndex});`);
    writer.line();
    if (point.kind === "lsm") {
      writer.line("if (result)");
      writer.line("\treturn refusal(-result);");
    }
    writer.line("if (!errno)");
    writer.line("\treturn 0;");
    writer.line();
    writer.line("/* It was decided for one system call, not for what else comes here. */");
    writer.line(`u64 call = current_call(${generation});`);
    writer.line();
    writer.line(`return ${calls} ? refusal(errno) : 0;`);
  });
}

/** The section and the signature; what parameters are members of is declared before. */
function writeHead(writer: CWriter, { hook, attachment, point, program }: ProgramSubject): void {
  const section = `SEC("${sectionOf(point)}")`;
  const { context } = point;
  if (takesRegisters(point)) {
    writer.line(section);
    writer.line(`int ${program}(${point.parameters.map(declaration).join(", ")})`);
    return;
  }
  if (context === undefined) {
    const hasResult = point.kind === "lsm" || point.kind === "fmod_ret" || point.kind === "fexit";
    const width = attachment.kind !== "refusal" ? resultType(hook) : point.returnsLong ? "long" : "int";
    const parameters = point.parameters.map(declaration);
    const all =
      hasResult && (attachment.kind === "refusal" || hook.fact.result !== undefined)
        ? [...parameters, `${width} result`]
        : parameters;
    writer.line(section);
    const returned = point.kind === "fmod_ret" ? width : "int";
    writer.line(`${returned} BPF_PROG(${[program, ...all].join(", ")})`);
    return;
  }
  // What follows three underscores is no part of the kernel's name.
  const struct = context.relocated ? `${context.struct}___${program}` : context.struct;
  if (context.relocated) {
    writer.block(
      `struct ${struct} {`,
      () => {
        for (const parameter of usedParameters(hook, point)) {
          writer.line(`${declaration(parameter)};`);
        }
      },
      "} __attribute__((preserve_access_index));",
    );
    writer.line();
  }
  writer.line(section);
  writer.line(`int ${program}(struct ${struct} *ctx)`);
}

function writeParameters(writer: CWriter, { hook, point }: ProgramSubject): void {
  if (point.context !== undefined) {
    for (const parameter of usedParameters(hook, point)) {
      writer.line(`${declaration(parameter)} = ctx->${parameter.name};`);
    }
  }
}

/** The parameters that the hook's rules and events read. */
function usedParameters(hook: IrHook, point: AttachPoint): readonly CParameter[] {
  const used = new Set(
    usedArguments(hook).flatMap((argument) => {
      const mapping = point.argumentMappings[argument];
      return mapping?.kind === "parameter" ? [mapping.parameter] : [];
    }),
  );
  return point.parameters.filter((_, index) => used.has(index));
}

function declaration({ cType, name }: CParameter): string {
  return cType.endsWith("*") ? `${cType}${name}` : `${cType} ${name}`;
}

/** C expression for what the function has returned. */
function resultOf({ hook: { fact }, point }: ProgramSubject): string {
  if (!takesRegisters(point)) {
    return "result";
  }
  const cast = fact.result?.kind === "integer" ? cTypeOf(fact.result) : "__s64";
  return `(${cast})${elementAt(point.parameters, 0).name}->ax`;
}

/** The kernel's own width: the upper half of a narrower result is not defined. */
function resultType({ fact: { result } }: IrHook): string {
  return result?.kind !== "integer" || result.bits === 64 ? "long" : "int";
}
