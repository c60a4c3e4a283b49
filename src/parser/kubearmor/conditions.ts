/** Conditions of the policy tree, as rules of KubeArmor need them. */
import type { Span } from "../../source/source.ts";
import type { Comparison, ComparisonOperator, Condition, Literal } from "../policy/tree.ts";

/** A field, an operator and values, all from one place. */
export function compare(
  field: string,
  operator: ComparisonOperator,
  values: readonly Literal[],
  span: Span,
): Comparison {
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

export function text(value: string, span: Span): Literal {
  return { kind: "string", value, span };
}

export function number(value: bigint, span: Span): Literal {
  return { kind: "integer", value, span };
}

export function word(value: string, span: Span): Literal {
  return { kind: "word", value, span };
}

/** All of them, without those that are absent. */
export function allOf(conditions: readonly (Condition | undefined)[], span: Span): Condition | undefined {
  const operands = conditions.flatMap((condition) =>
    condition?.kind === "and" ? condition.operands : condition === undefined ? [] : [condition],
  );
  const [first, ...rest] = operands;
  return rest.length === 0 ? first : { kind: "and", operands, span };
}

/** Any of them. */
export function anyOf(first: Condition, rest: readonly Condition[], span: Span): Condition {
  return rest.length === 0 ? first : { kind: "or", operands: [first, ...rest], span };
}

export function negated(operand: Condition, span: Span): Condition {
  return { kind: "not", operand, span };
}

/** A path as a glob that fits only itself. */
export function escapeGlob(path: string): string {
  return path.replaceAll(/[*?[\]{},\\]/g, String.raw`\$&`);
}
