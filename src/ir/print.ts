/** The IR as text for people: `policyc compile --emit ir`. */
import { formatSpan } from "../source/source.ts";
import type { AttachPoint } from "../kernel/hook.ts";
import { isKept } from "./exec-stage.ts";
import type {
  Effect,
  Bool,
  CaptureType,
  Field,
  Ir,
  IrAttachment,
  IrBlock,
  IrHook,
  IrRule,
  Test,
  Verdict,
} from "./ir.ts";

/** Deterministic text, one hook after the other; every rule says where it was written. */
export function printIr(ir: Ir): string {
  const policies = ir.policies.map((policy, index) => {
    const name = policy.namespace === undefined ? policy.name : `${policy.namespace}/${policy.name}`;
    const scope = policy.scope === undefined ? "" : ` for scope ${policy.scope}`;
    return `policy ${index} ${JSON.stringify(name)} ${policy.mode}${scope}  # ${formatSpan(policy.span)}`;
  });
  const scopes = ir.scope.conditions.flatMap(({ condition, span }, index) => [
    `scope ${index}  # ${formatSpan(span)}`,
    ...printBool(condition, ir.scope.fields).map((line) => `  ${line}`),
  ]);
  return [...policies, ...scopes, ...ir.hooks.flatMap((hook) => ["", ...printHook(hook)])].join("\n") + "\n";
}

function printHook(hook: IrHook): readonly string[] {
  return [
    `hook ${hook.fact.id}${hook.wantsResult ? " with result" : ""}`,
    ...hook.attachments.map((attachment) => `  ${printAttachment(attachment)}`),
    ...hook.fields.map((field, index) => {
      const stage = isKept(field) ? ", known at exec" : "";
      return `  field ${index} ${field.name}: ${printType(field.type)}${stage}`;
    }),
    ...hook.captures.map(({ argument, type, label }) => {
      return `  capture argument ${argument}: ${printType(type)}${label === undefined ? "" : ` ${JSON.stringify(label)}`}`;
    }),
    ...hook.blocks.flatMap((block) => printBlock(block, hook.fields)),
  ];
}

function printAttachment({ kind, alternatives, need }: IrAttachment): string {
  const points = alternatives.map(printPoint).join(", else ");
  return `${kind} ${points}${need === "if-present" ? " (where present)" : ""}`;
}

function printPoint({ kind, target, filter }: AttachPoint): string {
  return `${kind}/${target}${filter === undefined ? "" : ` [${filter.kind}]`}`;
}

function printType(type: Field["type"] | CaptureType): string {
  if (type.kind === "integer") {
    return `${type.signed ? "int" : "uint"}${type.bits}`;
  }
  return type.kind === "string" && type.list === true ? "list of strings" : type.kind;
}

function printBlock(block: IrBlock, fields: readonly Field[]): readonly string[] {
  return [
    `  ${printBlockHead(block)}  # ${formatSpan(block.span)}`,
    ...block.rules.flatMap((rule) => printRule(rule, fields)),
  ];
}

function printBlockHead({ group, rules }: IrBlock): string {
  const policies = [...new Set(rules.map(({ origin }) => origin.policy))];
  const of = policies.length === 1 ? `of policy ${policies.join("")}` : `of policies ${policies.join(", ")}`;
  return group === undefined ? `block ${of}` : `group ${JSON.stringify(group)} ${of}`;
}

function printRule(rule: IrRule, fields: readonly Field[]): readonly string[] {
  const report = rule.post ? "report" : "silent";
  const posture = rule.posture ? " posture" : "";
  const place = rule.precedence === undefined ? "" : ` at ${rule.precedence}`;
  return [
    `    rule ${rule.id}${place}${posture}: ${printVerdict(rule.verdict)}, ${report}${printLimit(rule.limit)}${printTemplate(rule.template)}${rule.effects.map(printEffect).join("")}, unresolved: ${rule.onUnresolved}  # ${formatSpan(rule.span)}`,
    ...printBool(rule.condition, fields).map((line) => `      ${line}`),
  ];
}

function printEffect(effect: Effect): string {
  switch (effect.kind) {
    case "stack":
      return `, stack ${effect.of}`;
    case "track":
    case "untrack":
      return `, ${effect.kind} argument ${effect.argument}`;
    case "fetch":
    case "resolve":
      return `, ${effect.kind} ${JSON.stringify(effect.target)}`;
  }
}

function printTemplate(template: IrRule["template"]): string {
  const parts = template?.map((part) => {
    switch (part.kind) {
      case "text":
        return JSON.stringify(part.text);
      case "nothing":
        return "nothing";
      case "value":
        return Object.values(part.source).join(" ");
    }
  });
  return parts === undefined ? "" : ` as (${parts.join(", ")})`;
}

function printLimit(limit: IrRule["limit"]): string {
  if (limit === undefined) {
    return "";
  }
  if (limit.kind === "default") {
    return ", limit default";
  }
  const { count, window, mute, per, alike } = limit;
  const equal = alike === undefined ? "" : ` with equal arguments ${alike.join(" ")}`;
  const silence = mute === 0 ? "" : `, then mute ${mute} ms`;
  return `, limit ${count}${equal} in ${window} ms${silence} per ${per}`;
}

function printVerdict(verdict: Verdict): string {
  switch (verdict.kind) {
    case "allow":
      return "allow";
    case "deny":
      return `deny errno ${verdict.errno}`;
    case "kill":
      return `kill signal ${verdict.signal} errno ${verdict.errno}`;
  }
}

function printBool(condition: Bool, fields: readonly Field[]): readonly string[] {
  switch (condition.kind) {
    case "constant":
      return [condition.value ? "always" : "never"];
    case "and":
    case "or":
      return [condition.kind, ...condition.operands.flatMap((operand) => indented(operand, fields))];
    case "not":
      return ["not", ...indented(condition.operand, fields)];
    case "atom":
      return [`${fields[condition.field]?.name ?? "?"} ${printTest(condition.test)}`];
  }
}

function indented(condition: Bool, fields: readonly Field[]): readonly string[] {
  return printBool(condition, fields).map((line) => `  ${line}`);
}

function printTest(test: Test): string {
  switch (test.kind) {
    case "ranges":
      return `in ${test.ranges.map(({ low, high }) => (low === high ? `${low}` : `${low}..${high}`)).join(" ")}`;
    case "bits":
      return `has-${test.every ? "all" : "any"} ${test.masks.map((mask) => `0x${mask.toString(16)}`).join(" ")}`;
    case "text":
      return `${test.match} ${test.values.map(({ text }) => JSON.stringify(text)).join(" ")}`;
    case "glob":
      return `matches ${test.globs.map(({ text }) => JSON.stringify(text)).join(" ")}${test.ignoreCase ? " ignoring case" : ""}`;
    case "networks":
      return `in ${test.networks.map(({ address, prefixLength }) => `${hex(address)}/${prefixLength}`).join(" ")}`;
  }
}

function hex(address: Uint8Array): string {
  return (Buffer.from(address).toString("hex").match(/.{4}/g) ?? []).join(":");
}
