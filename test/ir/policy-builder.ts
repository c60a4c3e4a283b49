/** Policy trees for tests, without a parser. */
import type {
  Action,
  Block,
  Comparison,
  ComparisonOperator,
  Condition,
  HookReference,
  Literal,
  Name,
  Parameter,
  Policy,
  PolicyTree,
  Rule,
} from "../../src/parser/policy/tree.ts";
import { type Span, createSource, createSpan } from "../../src/source/source.ts";

export const source = createSource("test.policy", "policy text");
export const span: Span = createSpan(source, 0, 6);

export const name = (text: string): Name => ({ kind: "name", text, span });

export const string = (value: string): Literal => ({ kind: "string", value, span });
export const integer = (value: number | bigint): Literal => ({ kind: "integer", value: BigInt(value), span });
export const word = (value: string): Literal => ({ kind: "word", value, span });
export const cidr = (value: string): Literal => ({ kind: "cidr", value, span });
export const range = (low: number, high: number): Literal => ({
  kind: "range",
  low: BigInt(low),
  high: BigInt(high),
  span,
});

export function compare(field: string, operator: ComparisonOperator, ...values: Literal[]): Comparison {
  return {
    kind: "comparison",
    field: { kind: "field", segments: field.split("."), span },
    operator,
    operatorSpan: span,
    values,
    ignoreCase: false,
    span,
  };
}

export const not = (operand: Condition): Condition => ({ kind: "not", operand, span });
export const and = (...operands: Condition[]): Condition => ({ kind: "and", operands, span });

export const alert: Action = { kind: "alert", template: undefined, span };
export const allow: Action = { kind: "allow", span };
export const silent: Action = { kind: "silent", span };
export const kill: Action = { kind: "kill", signal: undefined, span };
export const deny = (errno?: Literal): Action => ({ kind: "deny", errno, span });

export function rule(condition: Condition | undefined, ...actions: Action[]): Rule {
  return { kind: "rule", label: undefined, condition, actions, span };
}

function parameter(text: string, index: number): Parameter {
  const [parameterName = "", type = ""] = text.split(": ");
  return { kind: "parameter", index, name: name(parameterName), type: name(type), label: undefined, span };
}

/** `hook("security_mmap_file", ["file: file", "prot: uint32"], "int")` */
export function hook(target: string, parameters: readonly string[], result?: string): HookReference {
  return {
    kind: "raw",
    section: "kprobe",
    target: name(target),
    path: undefined,
    syscall: false,
    optional: false,
    matching: false,
    refuses: [],
    parameters: parameters.map(parameter),
    result: result === undefined ? undefined : parameter(`return: ${result}`, 0),
    span,
  };
}

export function block(reference: HookReference, ...rules: Rule[]): Block {
  return {
    kind: "block",
    hooks: [reference],
    condition: undefined,
    rules,
    otherwise: undefined,
    group: undefined,
    severity: undefined,
    tags: [],
    message: undefined,
    span,
  };
}

export function policy(policyName: string, ...blocks: Block[]): Policy {
  return {
    kind: "policy",
    name: name(policyName),
    namespace: undefined,
    description: undefined,
    severity: undefined,
    tags: [],
    message: undefined,
    mode: undefined,
    scope: { kind: "everything", span },
    blocks,
    span,
  };
}

export const tree = (...policies: Policy[]): PolicyTree => ({ kind: "policy-tree", policies });
