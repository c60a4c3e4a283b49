/** Conditions as written -> conditions of the Policy tree. */
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { unreachable } from "../../source/invariant.ts";
import type { Span } from "../../source/source.ts";
import { lowerValue } from "./lower-value.ts";
import { type Meaning, type Names, largestExpansion, lookUp, reportUnknown } from "./names.ts";
import type { ComparisonSyntax, ConditionSyntax, NameSyntax, OperatorSpelling } from "./syntax.ts";
import type { ComparisonOperator, Condition } from "./tree.ts";

/** A condition with the number of nodes that it would have without sharing. */
interface Sized {
  readonly condition: Condition;
  readonly size: number;
}

/** Absent when a part of it has no meaning, which has been reported. */
export function lowerCondition(syntax: ConditionSyntax, names: Names): Condition | undefined {
  return lowerSized(syntax, names)?.condition;
}

function lowerSized(syntax: ConditionSyntax, names: Names): Sized | undefined {
  const { span } = syntax;
  switch (syntax.kind) {
    case "chain":
      return lowerChain(syntax.operator, syntax.operands, span, names);
    case "not": {
      const operand = lowerSized(syntax.operand, names);
      return (
        operand && { condition: { kind: "not", operand: operand.condition, span }, size: operand.size + 1 }
      );
    }
    case "parentheses":
      return lowerSized(syntax.inner, names);
    case "constant":
      return { condition: { kind: syntax.value ? "and" : "or", operands: [], span }, size: 1 };
    case "reference":
      return lowerName(syntax.name, names);
    case "comparison":
      return lowerComparison(syntax, names);
    default:
      return unreachable(syntax);
  }
}

function lowerChain(
  kind: "and" | "or",
  operands: readonly ConditionSyntax[],
  span: Span,
  names: Names,
): Sized | undefined {
  const lowered = operands.map((operand) => lowerSized(operand, names));
  const whole = lowered.filter((operand) => operand !== undefined);
  if (whole.length < lowered.length) {
    return undefined;
  }
  const size = whole.reduce((sum, operand) => sum + operand.size, 1);
  if (size > largestExpansion) {
    names.diagnostics.push(
      diagnostic("definition-too-large", span, `the condition expands to over ${largestExpansion} parts`, {
        help: "use lists instead of repeated definitions",
      }),
    );
    return undefined;
  }
  return { condition: { kind, operands: whole.map(({ condition }) => condition), span }, size };
}

function lowerName(name: NameSyntax, names: Names): Sized | undefined {
  const entry = names.entries.get(name.value);
  if (entry === undefined) {
    if (/[.[]/.test(name.text)) {
      names.diagnostics.push(
        diagnostic("policy-syntax", name.span, "a value is no condition", {
          help: 'compare it: `== …`, `in […]`, `matches "…"`, or ask whether it `exists`',
        }),
      );
    } else {
      reportUnknown(names, name.value, name.span, ["define"]);
    }
    return undefined;
  }
  if (entry.declaration.kind !== "define") {
    entry.used = true;
    names.diagnostics.push(
      diagnostic("wrong-kind-of-name", name.span, `\`${name.value}\` is a value, not a condition`, {
        help: `compare a field with it: \`… in ${name.value}\``,
        related: [{ message: "it is declared here", span: entry.declaration.name.span }],
      }),
    );
    return undefined;
  }
  const { condition } = entry.declaration;
  const meaning = lookUp(names, entry, name.span, () => conditionMeaning(condition, names));
  return meaning?.kind === "condition" ? meaning : undefined;
}

/** What a `define` stands for. */
export function conditionMeaning(condition: ConditionSyntax, names: Names): Meaning | undefined {
  const sized = lowerSized(condition, names);
  return sized && { kind: "condition", ...sized };
}

interface OperatorMeaning {
  readonly operator: ComparisonOperator;
  readonly negated: boolean;
}

const operators: Readonly<Record<OperatorSpelling, OperatorMeaning>> = {
  "==": { operator: "in", negated: false },
  "!=": { operator: "in", negated: true },
  in: { operator: "in", negated: false },
  "not in": { operator: "in", negated: true },
  "<": { operator: "less", negated: false },
  "<=": { operator: "less-or-equal", negated: false },
  ">": { operator: "greater", negated: false },
  ">=": { operator: "greater-or-equal", negated: false },
  has: { operator: "has-any", negated: false },
  "has any": { operator: "has-any", negated: false },
  "has all": { operator: "has-all", negated: false },
  "starts with": { operator: "starts-with", negated: false },
  "ends with": { operator: "ends-with", negated: false },
  contains: { operator: "contains", negated: false },
  matches: { operator: "matches", negated: false },
  under: { operator: "under", negated: false },
  exists: { operator: "exists", negated: false },
};

/** Operators whose values are texts or numbers, so that a bare word can only be a name. */
const withoutWords: ReadonlySet<ComparisonOperator> = new Set<ComparisonOperator>([
  "starts-with",
  "ends-with",
  "contains",
  "matches",
  "under",
]);

function lowerComparison(syntax: ComparisonSyntax, names: Names): Sized | undefined {
  const { field, ignoreCase, operand, operatorSpan, span } = syntax;
  const { negated, operator } = operators[syntax.operator];
  // `in WORD` names a list; one value is compared with `==`.
  const isBareList =
    (syntax.operator === "in" || syntax.operator === "not in") && operand?.kind === "literal";
  const mayBeWord = !isBareList && !withoutWords.has(operator);
  const values =
    operand === undefined ? { literals: [], isList: false } : lowerValue(operand, names, mayBeWord);
  if (values === undefined || !hasFittingCount(syntax, values.isList, names)) {
    return undefined;
  }
  const comparison: Condition = {
    kind: "comparison",
    field,
    operator,
    operatorSpan,
    values: values.literals,
    ignoreCase,
    span,
  };
  return negated
    ? { condition: { kind: "not", operand: comparison, span }, size: 2 }
    : { condition: comparison, size: 1 };
}

function hasFittingCount(syntax: ComparisonSyntax, isList: boolean, names: Names): boolean {
  const isEquality = syntax.operator === "==" || syntax.operator === "!=";
  if (!isEquality || !isList) {
    return true;
  }
  const better = syntax.operator === "==" ? "in" : "not in";
  const { operator, operatorSpan } = syntax;
  names.diagnostics.push(
    diagnostic("wrong-number-of-values", operatorSpan, `\`${operator}\` compares with one value`, {
      help: `for a list write \`${better}\``,
      fixes: [
        { title: `write \`${better}\``, safety: "safe", edits: [{ span: operatorSpan, text: better }] },
      ],
    }),
  );
  return false;
}
