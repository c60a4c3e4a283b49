/** How a hook concludes: its event record, the signal, and the value that the program returns. */
import type { Capture, IrHook } from "../ir/ir.ts";
import { elementAt } from "../source/invariant.ts";
import { CAPTURED_SOCK } from "../../runtime/event-layout.ts";
import { type ObjectName, capturedParts, isWalkedPart, objectFact } from "../kernel/objects.ts";
import type { CWriter } from "./c-writer.ts";
import { tellsStacks, writeOwners, writeStacks, writeTracking } from "./effects.ts";
import { hashedParts, isLimited } from "./limits.ts";
import { captureArgument, capturePart, heldTexts, partPlace, placeOf } from "./texts.ts";
import { hookName, integerCast, refusesLater } from "./values.ts";

/** Writes `HOOK_post` and `HOOK_conclude`. */
export function writeConclude(writer: CWriter, hook: IrHook, hookIndex: number, tracked: boolean): void {
  writePost(writer, hook, hookIndex, tracked);
  writeConclusion(writer, hook, hookIndex);
}

/** `tracked`: whether any rule of the bundle follows sockets. */
function writePost(writer: CWriter, hook: IrHook, hookIndex: number, tracked: boolean): void {
  const name = hookName(hook);
  const texts = heldTexts(hook).map((_, position) => position);
  writer.line("/* Reports the decisions. */");
  writer.line(
    `static __always_inline void ${name}_post(const struct ${name}_values *values, struct scratch *scratch,`,
  );
  writeTextParameters(writer, texts);
  const effects = tellsStacks(hook) ? "u32 effects, " : "";
  writer.line(`\t\t\t\t\t  u8 flags, s64 result, ${effects}const enum generation generation)`);
  writer.line("{");
  writer.block("", () => {
    writer.line("struct event_header *header = (void *)scratch->record;");
    writer.line("u64 count = bounded(scratch->decision_count, DECISION_MAX);");
    writer.line("u64 at = sizeof(*header) + ((count * 4 + 7) & ~7ULL);");
    writer.line();
    writer.line("event_header(header, EVENT_HOOK, generation);");
    writer.line(`header->hook = ${hookIndex};`);
    writer.line("header->flags = flags;");
    writer.line("header->result = result;");
    writer.line("header->decision_count = count;");
    if (tracked) {
      writeOwners(writer, hook);
    }
    for (const capture of hook.captures) {
      writeCapture(writer, hook, capture);
    }
    writeStacks(writer, hook);
    if (hashedParts(hook).length > 0) {
      writer.line();
      writer.line("if (limit_decisions(scratch, generation))");
      writer.line("\talerts_send(scratch, bounded(at, RECORD_BYTES));");
    } else {
      writer.line("alerts_send(scratch, bounded(at, RECORD_BYTES));");
    }
  });
  writer.line();
}

function writeConclusion(writer: CWriter, hook: IrHook, hookIndex: number): void {
  const name = hookName(hook);
  const held = heldTexts(hook);
  const texts = held.map((_, position) => position);
  const effects = tellsStacks(hook) ? "outcome->effects, " : "";
  writer.line("/* Reports, signals and returns what the strictest verdict asks for. */");
  writer.line(
    `static __always_inline int ${name}_conclude(const struct ${name}_values *values, struct scratch *scratch,`,
  );
  writeTextParameters(writer, texts);
  writer.line(`\t\t\t\t\t    struct outcome *outcome, const bool guard, const bool can_deny,`);
  writer.line(`\t\t\t\t\t    const enum generation generation)`);
  writer.line("{");
  writer.block("", () => {
    writer.line("bool refused = can_deny && outcome->verdict >= VERDICT_DENY;");
    writer.line("u8 flags = (refused ? EVENT_FLAG_DENIED : 0) | (guard ? EVENT_FLAG_GUARD : 0);");
    writer.line();
    for (const position of texts.filter((each) => held[each]?.kind === "path")) {
      writer.line(`if (text${position}->status == PATH_UNRESOLVED)`);
      writer.line("\tflags |= EVENT_FLAG_UNRESOLVED;");
    }
    const passed = texts.map((position) => `memory${position}, text${position}, `).join("");
    writer.line("if (scratch) {");
    // Where arguments tell alerts apart, the record has to be there first.
    const early = isLimited(hook) && hashedParts(hook).length === 0;
    const limited = early ? " && limit_decisions(scratch, generation)" : "";
    writer.line(`\tif (scratch->decision_count${limited})`);
    writer.line(`\t\t${name}_post(values, scratch, ${passed}flags,`);
    writer.line(`\t\t\t     refused ? -(s64)outcome->errno : values->result, ${effects}generation);`);
    writer.line("\tscratch_release();");
    writer.line("}");
    for (const position of texts.slice(1)) {
      writer.line(`if (memory${position})`);
      writer.line("\tscratch_release();");
    }
    writeTracking(writer, hook);
    if (refusesLater(hook)) {
      writer.line("if (outcome->verdict >= VERDICT_DENY)");
      writer.line(`\trefusal_note(${hookIndex}, outcome->errno);`);
    }
    writer.line("if (outcome->verdict == VERDICT_KILL)");
    writer.line("\tbpf_send_signal(outcome->signal);");
    writer.line("return refused ? refusal(outcome->errno) : 0;");
  });
  writer.line();
}

/** Each path: the memory that it lies in, and where there. */
function writeTextParameters(writer: CWriter, texts: readonly number[]): void {
  for (const position of texts) {
    writer.line(`\t\t\t\t\t    struct scratch *memory${position}, const struct path_text *text${position},`);
  }
}

function writeCapture(writer: CWriter, hook: IrHook, capture: Capture): void {
  const argument = elementAt(hook.fact.arguments, capture.argument);
  writer.line();
  writer.line(`/* ${argument.name} */`);
  const hashed = hashedParts(hook).filter((part) => part.argument === capture.argument);
  if (hashed.length === 0) {
    writeCapturedValue(writer, hook, capture);
    return;
  }
  const start = `start${capture.argument}`;
  writer.line(`u64 ${start} = at;`);
  writer.line();
  writeCapturedValue(writer, hook, capture);
  for (const { slot, start: offset, bytes } of hashed) {
    const place = offset === 0 ? start : `${start} + ${offset}`;
    const length = bytes === "all" ? `at - ${start}` : bytes;
    writer.line(
      bytes === "text"
        ? `limit_hash_text(scratch, ${slot}, ${start}, generation);`
        : `limit_hash_argument(scratch, ${slot}, ${place}, ${length}, generation);`,
    );
  }
}

function writeCapturedValue(writer: CWriter, hook: IrHook, capture: Capture): void {
  const value = `values->arg${capture.argument}`;
  const argument = elementAt(hook.fact.arguments, capture.argument);
  const cast = capture.type.kind === "integer" ? integerCast(argument.type, capture.type) : "";
  switch (capture.type.kind) {
    case "integer":
      writer.line(
        `*(${capture.type.signed ? "s64" : "u64"} *)&scratch->record[bounded(at, RECORD_BYTES - 8)] = ${cast}${value};`,
      );
      writer.line("at += 8;");
      return;
    case "sock":
      writer.line(
        `sock_capture((void *)&scratch->record[bounded(at, RECORD_BYTES - ${CAPTURED_SOCK.size})], &${value});`,
      );
      writer.line(`at += ${CAPTURED_SOCK.size};`);
      return;
    case "file":
      writePathCapture(writer, hook, capture, `path_mode(&${value}), path_flags(&${value})`);
      return;
    case "path":
      writePathCapture(writer, hook, capture, `path_mode(&${value}), 0`);
      return;
    case "text":
      writeTextCapture(
        writer,
        placeOf(hook, { kind: "text", argument: capture.argument, read: undefined }),
        captureArgument(hook, capture.argument),
        sizeOf(hook, capture.argument),
      );
      return;
    case "object":
      writeObjectCapture(writer, hook, capture.argument, capture.type.of);
      return;
  }
}

/** A path that could not get memory of its own has no text. */
function writePathCapture(writer: CWriter, hook: IrHook, { argument }: Capture, rest: string): void {
  const position = placeOf(hook, { kind: "path", argument });
  const memory = `memory${position}`;
  writer.line(`at = path_capture(scratch, ${memory} ? ${memory} : scratch, at, text${position}, ${rest});`);
}

/** A text that was compared lies in memory, unless no rule that compares it was left. */
function writeTextCapture(writer: CWriter, position: number, direct: string, size?: string): void {
  if (position === -1) {
    writer.line(`at = ${direct};`);
    return;
  }
  const [memory, text] = [`memory${position}`, `text${position}`];
  writer.line(`if (${memory})`);
  writer.line(`\tat = text_capture(scratch, ${memory}, at, ${text}, ${size ?? `${text}->length`});`);
  writer.line("else");
  writer.line(`\tat = ${direct};`);
}

/** C expression for the bytes of the whole buffer; undefined for texts that end at a NUL. */
function sizeOf(hook: IrHook, argument: number): string | undefined {
  const { type } = elementAt(hook.fact.arguments, argument);
  return type.kind === "text" && type.form.kind === "buffer" ? `values->arg${argument}_size` : undefined;
}

/** Whether there is an object, then its parts. */
function writeObjectCapture(writer: CWriter, hook: IrHook, argument: number, of: ObjectName): void {
  const value = `values->arg${argument}`;
  const isNumber = objectFact(of).targets.length === 0;
  writer.line(`at = number_capture(scratch, at, ${isNumber ? "1" : `${value} != 0`});`);
  for (const part of capturedParts(of)) {
    if (part.text === undefined) {
      writer.line(`at = number_capture(scratch, at, ${part.read}(${value}));`);
    } else {
      const unread = isWalkedPart(part) ? "text_missing(scratch, at)" : capturePart(argument, part);
      writeTextCapture(writer, partPlace(hook, argument, part), unread);
    }
  }
}
