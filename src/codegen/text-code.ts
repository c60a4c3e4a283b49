/** C that decides the texts of an event: paths of arguments. */
import type { Field } from "../ir/ir.ts";
import { bitsOfUse, useOfField } from "./bits.ts";
import { cComment } from "./c-writer.ts";
import {
  type DecideContext,
  forgetField,
  isText,
  neededBy,
  valueOf,
  writeMissing,
  writeStopIfNone,
} from "./decide-context.ts";
import { decides, writeEndFilter } from "./ends-code.ts";
import { unresolvedVector } from "./kept-matcher.ts";
import { anyLive, ruleMask, writeForget, writeKeep } from "./live-code.ts";
import { writeTextMatch } from "./match-code.ts";
import { type HookParts, matcherName } from "./parts.ts";
import { type HeldText, type OtherText, heldPlace, heldTexts, readText } from "./texts.ts";

/** First and last component rule out most rules before the path is built. */
export function writePathEnds(context: DecideContext, field: Field, index: number): void {
  const { writer, part } = context;
  const ends = part.ends.get(index);
  if (ends === undefined) {
    return;
  }
  const missing = (): void => {
    writeMissing(context, index);
  };
  const sure = sureOf(part, index);
  if (sure !== undefined) {
    writer.line();
    writer.line(`u64 ${sure}[${part.bits.words}] = {};`);
  }
  for (const [end, filter] of [["tail", ends.tail] as const, ["head", ends.head] as const]) {
    if (filter === undefined) {
      continue;
    }
    const { bits } = part;
    writer.line();
    writeStopIfNone(context);
    writer.line();
    writer.line(`/* ${cComment(field.name)}: its ${end === "head" ? "first" : "last"} component */`);
    if (end === "head") {
      writer.line(`path_root(&${valueOf(field, part.hook)}, generation);`);
    }
    writer.block(neededBy(bits, { rules: filter.mask & ruleMask(bits) }), () => {
      writeEndFilter(writer, part, index, end, filter, valueOf(field, part.hook), missing);
    });
    writeForget(writer, bits, filter.mask);
    if (decides(bits, filter)) {
      writeForget(writer, bits, filter.mask, `sure${index}`);
    }
  }
  writeStopIfNone(context);
}

/** A whole text, once; then everything that depends on it. */
export function writeTextRead(context: DecideContext, text: HeldText, position: number): void {
  switch (text.kind) {
    case "path":
      writePathRead(context, text.argument, position);
      return;
    case "text":
    case "process":
      writeOtherRead(context, text, position);
      return;
  }
}

function writePathRead(context: DecideContext, argument: number, position: number): void {
  const { writer, part } = context;
  const memory = `memory${position}`;
  const text = `text${position}`;
  // Each way through what is near is followed through every later path: with two, 6.1 gives up.
  const near = heldTexts(part.hook).filter(({ kind }) => kind === "path").length === 1;
  writer.line();
  writer.line(`struct path_text ${text} = { .status = PATH_MISSING, .offset = PATH_BYTES };`);
  // The first path lies in the memory of the record; another needs a level of its own.
  writer.line(`struct scratch *${memory} = ${position === 0 ? "scratch" : "scratch_acquire(generation)"};`);
  writer.line();
  if (!rootIsKnown(part, argument)) {
    writer.line(`path_root(&values->arg${argument}, generation);`);
  }
  writer.line(`if (${memory})`);
  writer.line(`\tpath_read(&values->arg${argument}, ${memory}, &${text}, ${near});`);
  writer.line("else");
  writer.line(`\t${text}.status = PATH_UNRESOLVED;`);
  writeFieldsOf(context, position);
}

/** Texts that are not paths are read only while some rule may still hold. */
function writeOtherRead(context: DecideContext, held: OtherText, position: number): void {
  const { writer, part } = context;
  const memory = `memory${position}`;
  const text = `text${position}`;
  writer.line();
  writer.line(`struct path_text ${text} = { .status = PATH_MISSING, .offset = PATH_BYTES };`);
  writer.line(`struct scratch *${memory} = NULL;`);
  writer.line();
  writer.block(`if (${anyLive(part.bits, ruleMask(part.bits))}) {`, () => {
    writer.line(`${memory} = ${position === 0 ? "scratch" : "scratch_acquire(generation)"};`);
    writer.line(`if (${memory})`);
    writer.line(`\t${readText(part.hook, held, memory, `&${text}`)};`);
    writer.line("else");
    writer.line(`\t${text}.status = PATH_UNRESOLVED;`);
    writeFieldsOf(context, position);
  });
}

function writeFieldsOf(context: DecideContext, position: number): void {
  const { hook } = context.part;
  hook.fields.forEach((field, index) => {
    if (isText(field) && heldPlace(hook, field) === position) {
      writeTextField(context, field, index, position);
    }
  });
}

/** The C vector of rules that the ends of a path have decided; undefined where they can decide none. */
function sureOf({ bits, ends }: HookParts, field: number): string | undefined {
  const filters = ends.get(field);
  return decides(bits, filters?.tail) || decides(bits, filters?.head) ? `sure${field}` : undefined;
}

/** Whether the root of a path has been looked up for its first component. */
function rootIsKnown({ hook, ends }: HookParts, argument: number): boolean {
  return hook.fields.some(
    ({ source }, index) =>
      source.kind === "argument-path" && source.argument === argument && ends.get(index)?.head !== undefined,
  );
}

function writeTextField(context: DecideContext, field: Field, index: number, position: number): void {
  const { writer, part } = context;
  const { bits } = part;
  const matchers = part.matchers.filter((matcher) => matcher.field === index);
  const use = useOfField(bits, index);
  if (bitsOfUse(use) === 0n) {
    return;
  }
  const [memory, text] = [`memory${position}`, `text${position}`];
  writer.line();
  const why = matchers.map((matcher) => matcher.why).join("; ") || "whether there is any";
  writer.line(`/* ${cComment(field.name)}: ${why} */`);
  writer.block(
    `if (${text}.status == PATH_MISSING) {`,
    () => {
      writeMissing(context, index);
    },
    `} else if (${text}.status >= PATH_UNRESOLVED || !${memory}) {`,
  );
  writer.block(
    "",
    () => {
      writer.line("/* The outcome that each rule states for a text that can't be read whole. */");
      writeKeep(writer, bits, unresolvedVector(bits, use));
    },
    "} else {",
  );
  writer.block("", () => {
    for (const matcher of matchers) {
      writer.block(neededBy(bits, matcher, sureOf(part, index)), () => {
        writeTextMatch({ writer, bits, name: matcherName(part, matcher) }, matcher, memory, `&${text}`);
      });
      writeForget(writer, bits, bitsOfUse(matcher.use));
    }
  });
  forgetField(context, index);
}
