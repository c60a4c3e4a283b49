/** Filters on the process that acts and on its parent: `matchBinaries`, `matchParentBinaries`, `matchPIDs`. */
import { diagnostic } from "../../diagnostics/diagnostic.ts";
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
  /** What also counts where it is true: `any ancestor` of the process. */
  readonly follows: "followChildren" | "followForks";
  /** Threads of the kernel run no program, and the first process has no parent: nothing holds for those. */
  readonly mayBeMissing: boolean;
}

const onBinaries = {
  read: readText,
  operators: { In: "in", Prefix: "starts-with", Postfix: "ends-with" },
  follows: "followChildren",
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
    follows: "followForks",
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
  const follows = lowerFollows(node, operator, filter, findings);
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
    : condition(node, operator, filter, {
        operator: comparison,
        values: known,
        negated,
        follows,
        inNamespace: entryThatHolds(node, "isNamespacePID") !== undefined,
      });
}

/** Whether what the process descends from counts as well. */
function lowerFollows(
  node: YamlMapping,
  operator: YamlScalar,
  { key, follows }: ProcessFilter,
  findings: Findings,
): boolean {
  const entry = entryThatHolds(node, follows);
  if (entry === undefined) {
    return false;
  }
  if (key === "matchParentBinaries") {
    notYet(findings, entry.key.span, `\`${follows}\` of \`${key}\``);
  } else if (!["In", "NotIn"].includes(operator.text)) {
    findings.push(
      diagnostic(
        "operator-type-mismatch",
        operator.span,
        `\`${follows}\` goes with \`In\` and \`NotIn\`, not with \`${operator.text}\``,
        { help: `list whole paths, or leave out \`${follows}\`` },
      ),
    );
  }
  return true;
}

function entryThatHolds(node: YamlMapping, key: string): ReturnType<typeof entryOf> {
  const entry = entryOf(node, key);
  return entry?.value.kind === "scalar" && entry.value.value === true ? entry : undefined;
}

interface LoweredFilter extends Pick<Comparison, "operator" | "values"> {
  readonly negated: boolean;
  readonly follows: boolean;
  readonly inNamespace: boolean;
}

function condition(
  node: YamlMapping,
  written: YamlScalar,
  { segments, mayBeMissing }: ProcessFilter,
  { operator, values, negated, follows, inNamespace }: LoweredFilter,
): Condition {
  const { span } = node;
  const part = inNamespace ? "ns_pid" : (segments.at(-1) ?? "");
  const compare = (root: string, how: Pick<Comparison, "operator" | "values">): Comparison => {
    const field: FieldReference = { kind: "field", segments: [root, part], span: written.span };
    return { kind: "comparison", field, operatorSpan: written.span, ignoreCase: false, span, ...how };
  };
  const root = segments[0] ?? "";
  const own = compare(root, { operator, values });
  const compared: Condition = follows
    ? { kind: "or", operands: [own, compare("any ancestor", { operator, values })], span }
    : own;
  const asked: Condition = negated ? { kind: "not", operand: compared, span } : compared;
  // With both, processes of the first namespace are in no list, and in none that they are not in.
  const needed: readonly Condition[] = [
    ...(negated && mayBeMissing ? [compare(root, { operator: "exists", values: [] })] : []),
    ...(follows && inNamespace
      ? [{ kind: "not" as const, operand: compare(root, outsideNamespaces(span)), span }]
      : []),
  ];
  return needed.length === 0 ? asked : { kind: "and", operands: [...needed, asked], span };
}

function outsideNamespaces(span: YamlMapping["span"]): Pick<Comparison, "operator" | "values"> {
  return { operator: "in", values: [{ kind: "integer", value: 0n, span }] };
}
