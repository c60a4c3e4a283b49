/** What the parts of a decide function share. */
import type { Field, IrHook } from "../ir/ir.ts";
import { type HookBits, bitsOfUse, useOfField, vectorsOf, wordsOf } from "./bits.ts";
import { type CWriter, cWord } from "./c-writer.ts";
import { anyLive, isWide, ruleMask, writeForget, writeKeep } from "./live-code.ts";
import type { Matcher } from "./matcher.ts";
import type { HookParts } from "./parts.ts";
import { partRead } from "./texts.ts";
import { integerCast, processMember, processPartName } from "./values.ts";

/** Where a decide function is written, and of what. */
export interface DecideContext {
  readonly writer: CWriter;
  readonly part: HookParts;
}

/** Whether a field is matched as bytes in scratch memory. */
export function isText(field: Field): boolean {
  return field.type.kind === "path" || field.type.kind === "string";
}

/** C expression for the value of a field that is no path, in the field's own type. */
export function valueOf(field: Field, hook: IrHook): string {
  const { source } = field;
  switch (source.kind) {
    case "argument":
      return `${integerCast(hook.fact.arguments[source.argument]?.type, field.type)}values->arg${source.argument}`;
    case "argument-path":
    case "argument-text":
      return `values->arg${source.argument}`;
    case "part":
      return `${partRead(hook, source)}(values->arg${source.argument})`;
    case "file":
      return `path_${source.part}(&values->arg${source.argument})`;
    case "sock":
      return `values->arg${source.argument}.${source.part}`;
    case "process":
      return `process_${processPartName(source.part)}(&values->${processMember(source.level)})`;
    case "result":
      return "values->result";
    case "workload":
    case "scope":
      throw new Error(`policyc bug: ${field.name} is no value of the event`);
  }
}

/** Leaves the decide function when no rule is live. */
export function writeStopIfNone({ writer, part: { bits } }: DecideContext): void {
  writer.line(`if (!(${anyLive(bits, ruleMask(bits))}))${isWide(bits) ? " {" : ""}`);
  if (isWide(bits)) {
    writer.line("\tscratch_release();");
  }
  writer.line("\treturn 0;");
  if (isWide(bits)) {
    writer.line("}");
  }
}

/** All ways through the matchers of a field look the same to the verifier from here on. */
export function forgetField({ writer, part: { bits } }: DecideContext, index: number): void {
  writeForget(writer, bits, bitsOfUse(useOfField(bits, index)));
}

/** Every atom on a missing value is false. */
export function writeMissing({ writer, part: { bits } }: DecideContext, index: number): void {
  writeKeep(writer, bits, vectorsOf(bits, useOfField(bits, index))(new Set()));
}

/** Words whose bits are looked at to see whether a matcher is needed at all. */
const ASKED_WORDS = 8;

/**
 * Opens the block of a matcher: only where a live rule needs it. `sure` is the C vector of rules that are decided
 * already, where there may be any.
 */
export function neededBy(bits: HookBits, { rules }: Pick<Matcher, "rules">, sure?: string): string {
  const words = wordsOf(rules, bits.words).filter((word) => word !== 0n).length;
  if (sure !== undefined && words <= ASKED_WORDS) {
    const asked = wordsOf(rules, bits.words).flatMap((word, index) =>
      word === 0n ? [] : [`(live[${index}] & ~${sure}[${index}] & ${cWord(word)})`],
    );
    return `if (${asked.join(" | ")}) {`;
  }
  return rules === ruleMask(bits) || words > ASKED_WORDS ? "{" : `if (${anyLive(bits, rules)}) {`;
}
