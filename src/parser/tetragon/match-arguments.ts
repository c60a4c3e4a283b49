import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Comparison, Condition, FieldReference, Literal } from "../policy/tree.ts";
import type { YamlMapping, YamlNode, YamlScalar } from "../yaml/tree.ts";
import { entryOf, isNull, itemsOf, scalarOf } from "../yaml/tree.ts";
import type { DeclaredArgument } from "./arguments.ts";
import type { Findings } from "./findings.ts";
import { missingValues, notYet } from "./findings.ts";
import { type CallLists, isListReference, numbersOfList } from "./lists.ts";
import { argumentOperators } from "./words.ts";
import { lowerCapabilitiesGained } from "./capabilities-gained.ts";
import type { OperatorMeaning } from "./operators.ts";
import { operatorsOf, plannedOperators } from "./operators.ts";

/** What comparisons can name. */
export interface ComparisonScope {
  readonly declared: readonly DeclaredArgument[];
  readonly lists: CallLists;
}

/** The comparisons under `matchArgs`; all must hold. `data` is the same list for `matchReturnArgs`. */
export function lowerMatchArguments(
  selector: YamlMapping,
  key: "matchArgs" | "matchReturnArgs",
  scope: ComparisonScope,
  findings: Findings,
): readonly Condition[] {
  return itemsOf(selector, key)
    .map((item) => lowerMatchArgument(item, scope, findings))
    .filter((condition) => condition !== undefined);
}

function lowerMatchArgument(
  node: YamlNode,
  { declared, lists }: ComparisonScope,
  findings: Findings,
): Condition | undefined {
  const operator = scalarOf(node, "operator");
  if (node.kind !== "mapping" || operator === undefined) {
    return undefined;
  }
  if (plannedOperators.has(operator.text)) {
    notYet(findings, operator.span, `the operator \`${operator.text}\``);
    return undefined;
  }
  if (operator.text === "CapabilitiesGained") {
    return lowerCapabilitiesGained(node, operator, declared, findings);
  }
  const argument = findArgument(node, operator, declared, findings);
  if (argument === undefined || argument.argumentClass === "planned") {
    return undefined;
  }
  const operators = operatorsOf(argument.argumentClass);
  const meaning = Object.hasOwn(operators, operator.text) ? operators[operator.text] : undefined;
  if (meaning === undefined && !argumentOperators.some((name) => name === operator.text)) {
    // The schema lists the operators and has refused this one.
    return undefined;
  }
  if (meaning === undefined) {
    reportOperator(operator, argument, Object.keys(operators), findings);
    return undefined;
  }
  const values = lowerValues(node, operator, meaning, lists, findings);
  return values === undefined ? undefined : condition(node, operator, argument, meaning, values);
}

function condition(
  node: YamlMapping,
  operator: YamlScalar,
  argument: DeclaredArgument,
  meaning: OperatorMeaning,
  values: readonly Literal[],
): Condition {
  const field: FieldReference = {
    kind: "field",
    segments: [argument.parameter.name.text, ...(meaning.part === undefined ? [] : [meaning.part])],
    span: scalarOf(node, "index")?.span ?? operator.span,
  };
  const comparison: Comparison = {
    kind: "comparison",
    field,
    operator: meaning.comparison,
    operatorSpan: operator.span,
    values,
    ignoreCase: meaning.ignoreCase ?? false,
    span: node.span,
  };
  if (!meaning.negated) {
    return comparison;
  }
  const negation: Condition = { kind: "not", operand: comparison, span: node.span };
  // A pipe or a socket has no path, a NULL pointer no text: there even the negated operators do not hold.
  const isText = ["path", "text", "unix-address"].includes(argument.argumentClass);
  return isText && meaning.part !== "type" && meaning.part !== "family"
    ? {
        kind: "and",
        operands: [{ ...comparison, operator: "exists", values: [] }, negation],
        span: node.span,
      }
    : negation;
}

function findArgument(
  node: YamlMapping,
  operator: YamlScalar,
  declared: readonly DeclaredArgument[],
  findings: Findings,
): DeclaredArgument | undefined {
  const positions = itemsOf(node, "args");
  const [position] = positions;
  if (position?.kind === "scalar" && positions.length === 1) {
    const found = declared[Number(position.value)];
    if (found === undefined) {
      reportArgument(position, declared, findings);
    }
    return found;
  }
  if (positions.length > 1) {
    const span = entryOf(node, "args")?.key.span ?? node.span;
    notYet(findings, span, "a comparison of several arguments");
    return undefined;
  }
  const index = scalarOf(node, "index");
  if (index === undefined) {
    findings.push(
      diagnostic("missing-key", operator.span, `\`${operator.text}\` needs the key \`index\``, {
        help: "add `index: …`: the number of the argument that is compared",
      }),
    );
    return undefined;
  }
  const found =
    declared.find(({ parameter }) => parameter.index === index.value) ??
    declared.find(({ byPosition }, position) => byPosition && position === index.value);
  if (found === undefined && typeof index.value === "number") {
    reportArgument(index, declared, findings);
  }
  return found;
}

function reportArgument(place: YamlScalar, declared: readonly DeclaredArgument[], findings: Findings): void {
  const known = declared.map(({ parameter }) => String(parameter.index));
  findings.push(
    diagnostic("unknown-argument", place.span, `the hook declares no argument ${place.text}`, {
      help:
        known.length === 0
          ? `add it under \`args\`: \`- index: ${place.text}\``
          : `declared: ${known.join(", ")}; add the argument under \`args\` to compare it`,
    }),
  );
}

function reportOperator(
  operator: YamlScalar,
  argument: DeclaredArgument,
  known: readonly string[],
  findings: Findings,
): void {
  findings.push(
    diagnostic(
      "operator-type-mismatch",
      operator.span,
      `\`${operator.text}\` cannot compare \`${argument.typeName}\``,
      {
        help:
          known.length === 0
            ? "declare the argument with another type under `args`"
            : `operators for \`${argument.typeName}\`: ${known.join(", ")}`,
        related: [{ message: "the argument's type", span: argument.parameter.type.span }],
      },
    ),
  );
}

function lowerValues(
  node: YamlMapping,
  operator: YamlScalar,
  meaning: OperatorMeaning,
  lists: CallLists,
  findings: Findings,
): readonly Literal[] | undefined {
  const items = itemsOf(node, "values");
  const list = entryOf(node, "values")?.value;
  if ((list !== undefined && list.kind !== "sequence" && !isNull(list)) || isUnresolved(list)) {
    // The schema wants a list and has refused this.
    return undefined;
  }
  if (meaning.fixedRange !== undefined) {
    const [low, high] = meaning.fixedRange;
    const [first] = items;
    if (first !== undefined) {
      findings.push(
        diagnostic("ignored-key", first.span, `\`${operator.text}\` takes no values`, {
          help: "remove them",
        }),
      );
    }
    return [{ kind: "range", low, high, span: operator.span }];
  }
  if (items.length === 0) {
    missingValues(operator, findings);
    return undefined;
  }
  const literals = items.flatMap((item): readonly (Literal | undefined)[] => {
    if (item.kind !== "scalar") {
      return [undefined];
    }
    return isListReference(item) ? numbersOfList(item, lists, findings) : [meaning.read(item, findings)];
  });
  const known = literals.filter((literal) => literal !== undefined);
  return known.length === literals.length ? known : undefined;
}

/** An alias without an anchor has been reported where it stands. */
function isUnresolved(node: YamlNode | undefined): boolean {
  return node?.kind === "scalar" && node.substituted;
}
