/** Conditions and literals of a Policy tree -> syntax. */
import { elementAt, unreachable } from "../../source/invariant.ts";
import type { ComparisonSyntax, ConditionSyntax, LiteralSyntax, OperatorSpelling } from "./syntax.ts";
import type { Comparison, ComparisonOperator, Condition, Literal } from "./tree.ts";
import { isPlainAddress, quoteString, spellName } from "./words.ts";

/** A condition as it is written. An empty `and` is `true`, an empty `or` is `false`. */
export function raiseCondition(condition: Condition): ConditionSyntax {
  const { span } = condition;
  switch (condition.kind) {
    case "and":
    case "or": {
      const { operands, kind } = condition;
      if (operands.length === 0) {
        return { kind: "constant", value: kind === "and", span };
      }
      if (operands.length === 1) {
        return raiseCondition(elementAt(operands, 0));
      }
      return { kind: "chain", operator: kind, operands: operands.map(raiseOperand), reach: span, span };
    }
    case "not":
      return raiseNot(condition.operand, condition);
    case "comparison":
      return raiseComparison(condition, false);
    default:
      return unreachable(condition);
  }
}

/** An operand of a chain or of `not`: a chain in it needs parentheses to stay its own. */
function raiseOperand(condition: Condition): ConditionSyntax {
  const raised = raiseCondition(condition);
  return raised.kind === "chain" ? { kind: "parentheses", inner: raised, span: raised.span } : raised;
}

function raiseNot(operand: Condition, { span }: Condition): ConditionSyntax {
  if (operand.kind === "comparison" && operand.operator === "in") {
    return raiseComparison(operand, true);
  }
  return { kind: "not", operand: raiseOperand(operand), span };
}

const spellings: Readonly<Record<ComparisonOperator, OperatorSpelling>> = {
  in: "in",
  less: "<",
  "less-or-equal": "<=",
  greater: ">",
  "greater-or-equal": ">=",
  "has-any": "has any",
  "has-all": "has all",
  "starts-with": "starts with",
  "ends-with": "ends with",
  contains: "contains",
  matches: "matches",
  under: "under",
  exists: "exists",
};

function raiseComparison(comparison: Comparison, negated: boolean): ComparisonSyntax {
  const { field, ignoreCase, operator, operatorSpan, span, values } = comparison;
  const elements = values.map(raiseLiteral);
  const single = elements.length === 1 ? elementAt(elements, 0) : undefined;
  return {
    kind: "comparison",
    field,
    operator: spellOperator(operator, single, negated),
    operatorSpan,
    operand: operator === "exists" ? undefined : (single ?? { kind: "value-list", elements, span }),
    ignoreCase,
    span,
  };
}

function spellOperator(
  operator: ComparisonOperator,
  single: LiteralSyntax | undefined,
  negated: boolean,
): OperatorSpelling {
  if (operator === "has-any" && single !== undefined) {
    return "has";
  }
  if (operator !== "in") {
    return spellings[operator];
  }
  const isSet = single === undefined || single.literal.kind === "range" || single.literal.kind === "cidr";
  if (isSet) {
    return negated ? "not in" : "in";
  }
  return negated ? "!=" : "==";
}

export function raiseLiteral(literal: Literal): LiteralSyntax {
  return { kind: "literal", literal, text: spellLiteral(literal), span: literal.span };
}

function spellLiteral(literal: Literal): string {
  switch (literal.kind) {
    case "integer":
      return literal.value.toString();
    case "range":
      return `${literal.low}..${literal.high}`;
    case "string":
      return quoteString(literal.value);
    case "word":
      return literal.value === "true" || literal.value === "false" ? literal.value : spellName(literal.value);
    case "cidr":
      return isPlainAddress(literal.value) ? literal.value : `cidr(${quoteString(literal.value)})`;
    default:
      return unreachable(literal);
  }
}
