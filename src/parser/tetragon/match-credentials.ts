/** Filters on what the process may do and where it is: capabilities and namespaces, and their changes. */
import { shortText } from "../../diagnostics/display.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import { namespaceKinds } from "../../kernel/namespaces.ts";
import { wordValue, wordsOf } from "../../kernel/words.ts";
import type { Span } from "../../source/source.ts";
import type { Comparison, ComparisonOperator, Condition, Literal } from "../policy/tree.ts";
import type { YamlMapping, YamlNode, YamlScalar } from "../yaml/tree.ts";
import { entryOf, itemsOf, scalarOf } from "../yaml/tree.ts";
import type { Findings } from "./findings.ts";
import { missingValues } from "./findings.ts";
import { parseInteger } from "./values.ts";

/** The keys of a selector that are lowered here. */
export const credentialFilterKeys: readonly string[] = [
  "matchNamespaces",
  "matchNamespaceChanges",
  "matchCapabilities",
  "matchCapabilityChanges",
];

/** The conditions of all these filters of a selector; all must hold. */
export function lowerCredentialFilters(selector: YamlMapping, findings: Findings): readonly Condition[] {
  const each = (key: string, lower: (filter: Filter, findings: Findings) => Condition | undefined) =>
    itemsOf(selector, key).flatMap((node) => {
      const filter = readFilter(node, findings);
      return filter === undefined ? [] : (lower(filter, findings) ?? []);
    });
  return [
    ...each("matchNamespaces", lowerNamespace),
    ...each("matchCapabilities", lowerCapabilities),
    ...each("matchNamespaceChanges", lowerNamespaceChanges),
    ...each("matchCapabilityChanges", lowerCapabilityChanges),
  ];
}

/** An entry of any of the filters, with what all of them have. */
interface Filter {
  readonly node: YamlMapping;
  readonly operator: YamlScalar;
  readonly negated: boolean;
  readonly values: readonly YamlScalar[];
}

function readFilter(node: YamlNode, findings: Findings): Filter | undefined {
  const operator = scalarOf(node, "operator");
  if (node.kind !== "mapping" || operator === undefined) {
    return undefined;
  }
  const items = itemsOf(node, "values");
  if (items.length === 0) {
    missingValues(operator, findings);
    return undefined;
  }
  const values = items.filter((item) => item.kind === "scalar");
  return values.length < items.length
    ? undefined
    : { node, operator, negated: operator.text === "NotIn", values };
}

/** One comparison of a field of the process. */
function compare(
  { node, operator }: Filter,
  part: readonly string[],
  comparison: ComparisonOperator,
  values: readonly Literal[],
  named: Span = operator.span,
): Comparison {
  return {
    kind: "comparison",
    field: { kind: "field", segments: ["process", ...part], span: named },
    operator: comparison,
    operatorSpan: operator.span,
    values,
    ignoreCase: false,
    span: node.span,
  };
}

function unless(filter: Filter, negated: boolean, operand: Condition): Condition {
  return negated ? { kind: "not", operand, span: filter.node.span } : operand;
}

/** `PidForChildren` is `pid_for_children`. */
function namespacePart(name: string): string {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
}

function lowerNamespace(filter: Filter, findings: Findings): Condition | undefined {
  const name = scalarOf(filter.node, "namespace");
  const part = name && namespacePart(name.text);
  if (name === undefined || !namespaceKinds.some((kind) => kind === part)) {
    // The schema lists the namespaces and has refused this one.
    return undefined;
  }
  const values = readAll(filter.values, (value) => readInode(value, findings));
  return (
    values &&
    unless(filter, filter.negated, compare(filter, ["ns", namespacePart(name.text)], "in", values, name.span))
  );
}

function readInode(value: YamlScalar, findings: Findings): Literal | undefined {
  if (value.text === "host_ns") {
    return { kind: "word", value: "host", span: value.span };
  }
  const number = parseInteger(value.text, false);
  if (number === undefined) {
    findings.push(
      diagnostic("invalid-number", value.span, `\`${shortText(value.text)}\` is no namespace`, {
        help: "write the number of its inode, as `ls -l /proc/self/ns` shows it, or `host_ns`",
      }),
    );
    return undefined;
  }
  return { kind: "integer", value: number, span: value.span };
}

/**
 * The sets hold only where the process is outside the host's user namespace, when the filter asks for
 * capabilities of a namespace.
 */
function inNamespace(filter: Filter, condition: Condition): Condition {
  const asked = entryOf(filter.node, "isNamespaceCapability");
  if (asked?.value.kind !== "scalar" || asked.value.value !== true) {
    return condition;
  }
  const { span } = asked.key;
  const host = compare(filter, ["ns", "user"], "in", [{ kind: "word", value: "host", span }], span);
  return {
    kind: "and",
    operands: [{ kind: "not", operand: host, span }, condition],
    span: filter.node.span,
  };
}

function capabilityPart({ node }: Filter): string {
  return (scalarOf(node, "type")?.text ?? "Effective").toLowerCase();
}

function lowerCapabilities(filter: Filter, findings: Findings): Condition | undefined {
  const values = readAll(filter.values, (value) => readCapability(value, findings));
  return (
    values &&
    inNamespace(
      filter,
      unless(filter, filter.negated, compare(filter, ["caps", capabilityPart(filter)], "has-any", values)),
    )
  );
}

function readCapability(value: YamlScalar, findings: Findings): Literal | undefined {
  if (wordValue("capabilityMask", value.text) !== undefined) {
    return { kind: "word", value: value.text, span: value.span };
  }
  const help = didYouMean(value.text, wordsOf("capabilityMask"));
  findings.push(
    diagnostic("unknown-value-name", value.span, `\`${shortText(value.text)}\` is no capability`, {
      ...(help === undefined ? {} : { help }),
    }),
  );
  return undefined;
}

/** `In`: any of the kinds is another than at the exec. `NotIn`: any of the kinds that are not listed is. */
function lowerNamespaceChanges(filter: Filter): Condition | undefined {
  const listed = new Set(filter.values.map(({ text }) => namespacePart(text)));
  const kinds = namespaceKinds.filter((kind) => listed.has(kind) !== filter.negated);
  if (kinds.length === 0 || [...listed].some((kind) => !namespaceKinds.some((known) => known === kind))) {
    return filter.negated ? neverChanged(filter) : undefined;
  }
  const spans = new Map(filter.values.map(({ text, span }) => [namespacePart(text), span]));
  const values = kinds.map((kind): Literal => ({
    kind: "word",
    value: kind,
    span: spans.get(kind) ?? filter.operator.span,
  }));
  return compare(filter, ["ns", "changed"], "has-any", values);
}

/** All kinds are listed, so that no other can have changed. */
function neverChanged(filter: Filter): Condition {
  const none: Literal = { kind: "integer", value: 0n, span: filter.operator.span };
  return compare(filter, ["ns", "changed"], "has-any", [none]);
}

/** `In`: any of the bits is another than at the exec. `NotIn`: another one is, and none of the listed. */
function lowerCapabilityChanges(filter: Filter, findings: Findings): Condition | undefined {
  const values = readAll(filter.values, (value) => readCapability(value, findings));
  if (values === undefined) {
    return undefined;
  }
  const part = ["caps", `${capabilityPart(filter)}_changed`];
  const changed = compare(filter, part, "has-any", values);
  if (!filter.negated) {
    return inNamespace(filter, changed);
  }
  const any: Literal = { kind: "integer", value: 0n, span: filter.operator.span };
  const { span } = filter.node;
  const others = { kind: "not", operand: compare(filter, part, "in", [any]), span } as const;
  return inNamespace(filter, {
    kind: "and",
    operands: [others, { kind: "not", operand: changed, span }],
    span,
  });
}

function readAll(
  values: readonly YamlScalar[],
  read: (value: YamlScalar) => Literal | undefined,
): readonly Literal[] | undefined {
  const literals = values.map(read);
  const known = literals.filter((literal) => literal !== undefined);
  return known.length < literals.length ? undefined : known;
}
