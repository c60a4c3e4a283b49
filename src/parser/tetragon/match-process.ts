/** Filters on the process that acts and on its parent: `matchBinaries`, `matchParentBinaries`, `matchPIDs`. */
import type { Comparison, ComparisonOperator, Condition, FieldReference } from "../policy/tree.ts";
import type { YamlMapping, YamlNode, YamlScalar } from "../yaml/tree.ts";
import { entryOf, itemsOf, scalarOf } from "../yaml/tree.ts";
import type { Findings } from "./findings.ts";
import { missingValues, notYet } from "./findings.ts";
import { readInteger, readText, type ValueReader } from "./values.ts";

interface ProcessFilter {
  readonly key: "matchBinaries" | "matchParentBinaries" | "matchPIDs";
  /** The field that is compared. */
  readonly segments: readonly string[];
  readonly read: ValueReader;
  /** By name, without `Not`. */
  readonly operators: Readonly<Record<string, ComparisonOperator>>;
  /** What is not compiled yet where it is true. */
  readonly planned: readonly string[];
  /** Threads of the kernel run no program, and the first process has no parent: nothing holds for those. */
  readonly mayBeMissing: boolean;
}

const onBinaries = {
  read: readText,
  operators: { In: "in", Prefix: "starts-with", Postfix: "ends-with" },
  planned: ["followChildren"],
  mayBeMissing: true,
} as const;

const filters: readonly ProcessFilter[] = [
  { key: "matchBinaries", segments: ["process", "exe"], ...onBinaries },
  { key: "matchParentBinaries", segments: ["parent", "exe"], ...onBinaries },
  {
    key: "matchPIDs",
    segments: ["process", "pid"],
    read: readInteger,
    operators: { In: "in" },
    planned: ["isNamespacePID", "followForks"],
    mayBeMissing: false,
  },
];

/** The keys of a selector that are lowered here. */
export const processFilterKeys: readonly string[] = filters.map(({ key }) => key);

/** The conditions of all process filters of a selector; all must hold. */
export function lowerProcessFilters(selector: YamlMapping, findings: Findings): readonly Condition[] {
  return filters.flatMap((filter) =>
    itemsOf(selector, filter.key)
      .map((item) => lowerFilter(item, filter, findings))
      .filter((condition) => condition !== undefined),
  );
}

function lowerFilter(node: YamlNode, filter: ProcessFilter, findings: Findings): Condition | undefined {
  const operator = scalarOf(node, "operator");
  if (node.kind !== "mapping" || operator === undefined) {
    return undefined;
  }
  for (const planned of filter.planned) {
    const entry = entryOf(node, planned);
    if (entry?.value.kind === "scalar" && entry.value.value === true) {
      notYet(findings, entry.key.span, `\`${planned}\``);
    }
  }
  const negated = operator.text.startsWith("Not");
  const comparison = filter.operators[operator.text.replace(/^Not/, "")];
  const items = itemsOf(node, "values");
  if (comparison === undefined) {
    // The schema lists the operators and has refused this one.
    return undefined;
  }
  if (items.length === 0) {
    missingValues(operator, findings);
    return undefined;
  }
  const values = items.map((item) => (item.kind === "scalar" ? filter.read(item, findings) : undefined));
  const known = values.filter((value) => value !== undefined);
  return known.length < values.length
    ? undefined
    : condition(node, operator, filter, { operator: comparison, values: known, negated });
}

function condition(
  node: YamlMapping,
  written: YamlScalar,
  { segments, mayBeMissing }: ProcessFilter,
  { operator, values, negated }: Pick<Comparison, "operator" | "values"> & { readonly negated: boolean },
): Condition {
  const { span } = node;
  const field: FieldReference = { kind: "field", segments, span: written.span };
  const shared = { kind: "comparison", field, operatorSpan: written.span, ignoreCase: false, span } as const;
  const comparison: Comparison = { ...shared, operator, values };
  if (!negated) {
    return comparison;
  }
  const negation: Condition = { kind: "not", operand: comparison, span };
  return mayBeMissing
    ? { kind: "and", operands: [{ ...shared, operator: "exists", values: [] }, negation], span }
    : negation;
}
