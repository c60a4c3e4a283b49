/** Hooks, events and decisions in words, to reproduce a difference by hand. */
import type { FieldValue, HookEvent } from "../../src/ir/evaluate.ts";
import type { Bool, Field, FieldType, GlobPart, IrHook, IrRule, Test, Verdict } from "../../src/ir/ir.ts";
import { elementAt, unreachable } from "../../src/source/invariant.ts";
import type { RandomHook } from "./hooks.ts";

/** The whole hook, a line for each rule. */
export function describeHook({ policies, hook, variant }: RandomHook): string {
  const place = `${variant.guard ? "guard" : "hook"} ${variant.canDeny ? "that can deny" : "that can't deny"}`;
  const lines = [
    `${place}, programs for ${variant.generation}`,
    ...hook.fields.map((field, index) => `field ${index} ${field.name}: ${describeType(field.type)}`),
  ];
  let number = 0;
  for (const block of hook.blocks) {
    lines.push("block");
    for (const rule of block.rules) {
      const policy = elementAt(policies, rule.origin.policy);
      lines.push(`  rule ${number} of ${policy.name}, ${policy.mode}: ${describeRule(rule, hook)}`);
      number++;
    }
  }
  return lines.join("\n");
}

function describeRule(rule: IrRule, hook: IrHook): string {
  const post = rule.post ? ", post" : "";
  const condition = describeCondition(rule.condition, hook.fields);
  return `${describeVerdict(rule.verdict)}${post} when ${condition} (unresolved: ${rule.onUnresolved})`;
}

export function describeVerdict(verdict: Verdict): string {
  switch (verdict.kind) {
    case "allow":
      return "allow";
    case "deny":
      return `deny ${verdict.errno}`;
    case "kill":
      return `kill ${verdict.signal}/${verdict.errno}`;
    default:
      return unreachable(verdict);
  }
}

function describeType(type: FieldType): string {
  return type.kind === "integer" ? `${type.signed ? "s" : "u"}${type.bits}` : type.kind;
}

export function describeCondition(condition: Bool, fields: readonly Field[]): string {
  switch (condition.kind) {
    case "constant":
      return String(condition.value);
    case "and":
    case "or":
      return condition.operands.length === 0
        ? `${condition.kind}()`
        : `(${condition.operands.map((each) => describeCondition(each, fields)).join(` ${condition.kind} `)})`;
    case "not":
      return `not ${describeCondition(condition.operand, fields)}`;
    case "atom":
      return `${elementAt(fields, condition.field).name} ${describeTest(condition.test)}`;
    default:
      return unreachable(condition);
  }
}

function describeTest(test: Test): string {
  switch (test.kind) {
    case "ranges":
      return `in [${test.ranges.map(({ low, high }) => (low === high ? low : `${low}..${high}`)).join(", ")}]`;
    case "bits":
      return `has ${test.every ? "every" : "any"} [${test.masks.map(hex).join(", ")}]`;
    case "text":
      return `${test.match} [${test.values.map(({ text }) => describeText(Buffer.from(text))).join(", ")}]`;
    case "glob":
      return `matches [${test.globs.map(({ parts }) => describeGlob(parts)).join(", ")}]${test.ignoreCase ? " ignoring case" : ""}`;
    case "networks":
      return `in [${test.networks.map(({ text }) => text).join(", ")}]`;
    default:
      return unreachable(test);
  }
}

/** As a sequence of parts: `"text" ? ?/ * ** [a-b] dirs/ {… or …}`, where `/` and `**` mean that slashes are taken. */
function describeGlob(parts: readonly GlobPart[]): string {
  return `<${parts.map(describeGlobPart).join(" ")}>`;
}

function describeGlobPart(part: GlobPart): string {
  switch (part.kind) {
    case "text":
      return describeText(Buffer.from(part.text));
    case "character":
      return part.slash ? "?/" : "?";
    case "characters":
      return part.slash ? "**" : "*";
    case "class": {
      const ranges = part.ranges.map(({ low, high }) => `${low.toString(16)}-${high.toString(16)}`);
      return `[${part.negated ? "not " : ""}${ranges.join(" ")}]`;
    }
    case "directories":
      return "dirs/";
    case "choice":
      return `{${part.alternatives.map(describeGlob).join(" or ")}}`;
    default:
      return unreachable(part);
  }
}

function hex(value: bigint): string {
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

export function describeEvent(event: HookEvent, hook: IrHook): string {
  return hook.fields
    .map(({ name }, index) => `${name} = ${describeValue(elementAt(event.values, index))}`)
    .join(", ");
}

export function describeValue(value: FieldValue): string {
  switch (value.kind) {
    case "integer":
      return String(value.value);
    case "text":
      return describeText(Buffer.from(value.bytes));
    case "address":
      return Buffer.from(value.bytes)
        .toString("hex")
        .replace(/(....)(?=.)/g, "$1:");
    case "missing":
    case "unresolved":
      return value.kind;
    case "several":
      return `[${value.values.map(describeValue).join(", ")}]`;
    default:
      return unreachable(value);
  }
}

/** Bytes that are no printable ASCII as \xNN; long runs of one byte by their number. */
function describeText(bytes: Buffer): string {
  const escaped = bytes
    .toString("latin1")
    .replace(/[^\x20-\x7e]|["\\]/g, (each) => `\\x${each.charCodeAt(0).toString(16).padStart(2, "0")}`);
  const shortened = escaped.replace(
    /(.{1,2}?)\1{15,}/g,
    (run: string, unit: string) => `{${unit}×${run.length / unit.length}}`,
  );
  return `"${shortened}" (${bytes.length} bytes)`;
}
