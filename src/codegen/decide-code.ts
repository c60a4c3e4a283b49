/** The decide function of a hook: from values to the rules that hold, cheapest field first. */
import type { Field, IrHook } from "../ir/ir.ts";
import type { FieldSource } from "../kernel/hook.ts";
import { objectFact, objectPart } from "../kernel/objects.ts";
import { invariant } from "../source/invariant.ts";
import { bitsOfUse } from "./bits.ts";
import { type CWriter, cComment, cWord } from "./c-writer.ts";
import {
  type DecideContext,
  forgetField,
  isText,
  neededBy,
  valueOf,
  writeMissing,
} from "./decide-context.ts";
import { isWide, writeAnd, writeForget, writeLiveStart } from "./live-code.ts";
import { keyExpression, writeCompare, writeIntegerLookup, writeMapLookup } from "./match-code.ts";
import type { Matcher } from "./matcher.ts";
import { type HookParts, matcherName } from "./parts.ts";
import { writeResidues, writeRules, writeRuleStep, writeWordStep } from "./rules-code.ts";
import { isKeptMatcher, isSelective, writeKeptProcesses } from "./process-code.ts";
import { writePathEnds, writeTextRead } from "./text-code.ts";
import { writeScope } from "./scope-code.ts";
import { heldTexts } from "./texts.ts";
import { absentField, hookName, processMember } from "./values.ts";

/** Writes `HOOK_decide`. */
export function writeDecide(writer: CWriter, part: HookParts): void {
  const context = { writer, part };
  const { hook, bits } = part;
  const name = hookName(hook);
  const held = heldTexts(hook);
  writeRuleStep(context);
  if (isWide(bits)) {
    writeWordStep(context);
  }
  writer.line("/* Which rules hold, and what follows from it: 0 or a negative error. */");
  writer.line(`static __always_inline int ${name}_decide(struct ${name}_values *values, const bool guard,`);
  writer.line(`\t\t\t\tconst bool can_deny, const enum generation generation)`);
  writer.line("{");
  writer.block("", () => {
    if (isWide(bits)) {
      writer.line("struct scratch *scratch = scratch_acquire(generation);");
      writer.line();
      writer.line("/* Without memory nothing can be looked up: every rule takes its stated outcome. */");
      writer.line("if (!scratch)");
      writer.line(`\treturn ${name}_decide_blind(values, guard, can_deny, generation);`);
      writer.line();
    }
    writer.line("u64 noise = unknown_zero;");
    writeLiveStart(writer, bits);
    hook.fields.forEach((field, index) => {
      if (!isText(field) && field.source.kind !== "process") {
        writeField(context, field, index);
      }
    });
    writeScope(context);
    writeKeptProcesses(context, (matcher) => isSelective(context, matcher));
    hook.fields.forEach((field, index) => {
      if (isText(field)) {
        writePathEnds(context, field, index);
      }
    });
    writeKeptProcesses(context, (matcher) => !isSelective(context, matcher));
    // What is read out of tasks costs more than the ends of a path.
    hook.fields.forEach((field, index) => {
      if (!isText(field) && field.source.kind === "process") {
        writeField(context, field, index);
      }
    });
    writer.line();
    if (!isWide(bits)) {
      writer.line("struct scratch *scratch = scratch_acquire(generation);");
      writer.line();
    }
    writer.line("if (scratch)");
    writer.line("\tscratch->decision_count = 0;");
    held.forEach((text, position) => {
      writeTextRead(context, text, position);
    });
    writeResidues(context);
    writeRules(context);
    const texts = held.map((_, position) => `, memory${position}, &text${position}`).join("");
    writer.line(
      `return ${name}_conclude(values, scratch${texts}, &walk.outcome, guard, can_deny, generation);`,
    );
  });
  writer.line();
}

/** Decides all atoms of an integer or address. */
function writeField(context: DecideContext, field: Field, index: number): void {
  const { writer, part } = context;
  const matchers = part.matchers.filter((matcher) => matcher.field === index && !isKeptMatcher(matcher));
  if (matchers.length === 0) {
    return;
  }
  const present = presenceOf(part.hook, field, index);
  const writeAll = (): void => {
    for (const matcher of matchers) {
      writeMatch(context, field, matcher);
    }
  };
  writer.line();
  writer.line(`/* ${cComment(field.name)}: ${matchers.map(({ why }) => why).join("; ")} */`);
  if (present === undefined) {
    writeAll();
    return;
  }
  writer.block(`if (${present}) {`, writeAll, "} else {");
  writer.block("", () => {
    writeMissing(context, index);
  });
  forgetField(context, index);
}

/** C expression for whether a field has a value; undefined when it always has. */
function presenceOf(hook: IrHook, field: Field, index: number): string | undefined {
  const known = absentField(hook, index) ? [`!(values->absent & ${cWord(1n << BigInt(index))})`] : [];
  const { source } = field;
  const addresses =
    field.type.kind === "address" && source.kind === "sock"
      ? [`sock_has_addresses(&values->arg${source.argument})`]
      : [];
  const objects = source.kind === "part" ? partExists(hook, source) : [];
  const processes = source.kind === "process" ? processHas(source) : [];
  const conditions = [...known, ...addresses, ...objects, ...processes];
  return conditions.length === 0 ? undefined : conditions.join(" && ");
}

/** What must hold for a process to have a part: the one that acts is always there, and not every one has a terminal. */
function processHas({ level, part }: Extract<FieldSource, { kind: "process" }>): readonly string[] {
  const value = `&values->${processMember(level)}`;
  if (part === "tty") {
    return [`process_has_tty(${value})`];
  }
  return level === 0 ? [] : [`process_present(${value})`];
}

/** What must hold for an object to have a part: a pointer that is not NULL, and more for some. */
function partExists(hook: IrHook, source: Extract<FieldSource, { kind: "part" }>): readonly string[] {
  const type = hook.fact.arguments[source.argument]?.type;
  invariant(type?.kind === "object", `${source.part} is a part of an object`);
  const value = `values->arg${source.argument}`;
  const exists = objectPart(type.of, source.part)?.exists;
  return [
    ...(objectFact(type.of).targets.length > 0 ? [value] : []),
    ...(exists === undefined ? [] : [`${exists}(${value})`]),
  ];
}

function writeMatch(context: DecideContext, field: Field, matcher: Matcher): void {
  const { writer, part } = context;
  const { bits } = part;
  const match = { writer, bits, name: matcherName(part, matcher) };
  if (matcher.kind === "compare") {
    writeCompare(match, matcher, field, valueOf(field, part.hook));
    return;
  }
  writer.block(neededBy(bits, matcher), () => {
    if (matcher.kind === "network-trie") {
      writer.line("struct network_key key = { .bits = 128 };");
      writer.line("u64 class = 0;");
      writer.line();
      writer.line(`network_key(&key, ${valueOf(field, part.hook)});`);
      writeMapLookup(match, matcher, "&key");
      return;
    }
    invariant(matcher.kind === "integer-table", `a ${matcher.kind} matcher on ${field.name}`);
    const key = keyExpression(field, valueOf(field, part.hook));
    writeIntegerLookup(writer, match.name, matcher.table, key, matcher.vectors.length - 1);
    writeAnd(writer, bits, `${match.name}_vectors[class]`);
  });
  writeForget(writer, bits, bitsOfUse(matcher.use));
}
