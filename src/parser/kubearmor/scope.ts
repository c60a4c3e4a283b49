/** Which workloads a policy is for: its kind, its namespace and its selectors say so. */
import { shortText } from "../../diagnostics/display.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Span } from "../../source/source.ts";
import type { Comparison, Condition, Scope } from "../policy/tree.ts";
import type { YamlEntry, YamlNode, YamlScalar } from "../yaml/tree.ts";
import { entryOf, itemsOf, scalarOf, valueOf } from "../yaml/tree.ts";
import { allOf, anyOf, negated, text } from "./conditions.ts";
import type { Findings } from "./findings.ts";

/** A label that stands for the names of containers: `[a, b]` or one name. */
const containerName = "kubearmor.io/container.name";

/** The scope of a policy. */
export function lowerScope(document: YamlNode, kind: YamlScalar | undefined, findings: Findings): Scope {
  const spec = valueOf(document, "spec");
  const span = kind?.span ?? document.span;
  checkSelectors(spec, kind, findings);
  if (kind?.text === "KubeArmorHostPolicy") {
    return hostScope(spec, span, findings);
  }
  return kind?.text === "KubeArmorClusterPolicy"
    ? containers(selectorCondition(valueOf(spec, "selector"), findings), span)
    : podScope(document, span, findings);
}

function containers(condition: Condition | undefined, span: Span): Scope {
  return { kind: "containers", condition, withHost: false, span };
}

function podScope(document: YamlNode, span: Span, findings: Findings): Scope {
  const namespace = scalarOf(valueOf(document, "metadata"), "namespace");
  const name = namespace?.text ?? "default";
  const at = namespace?.span ?? span;
  if (namespace === undefined) {
    findings.push(
      diagnostic("kubearmor-no-namespace", span, "no namespace: the policy is for `default`", {
        help: "add `metadata.namespace`",
      }),
    );
  }
  const selector = selectorCondition(valueOf(valueOf(document, "spec"), "selector"), findings);
  return containers(allOf([equals(["pod", "namespace"], [name], at), selector], span), span);
}

/** Which nodes: the bundle is loaded on those. */
function hostScope(spec: YamlNode | undefined, span: Span, findings: Findings): Scope {
  const selector = entryOf(spec, "nodeSelector");
  const labels = valueOf(selector?.value, "matchLabels");
  if (selector === undefined) {
    const at = entryOf(spec, "selector")?.key.span ?? span;
    findings.push(
      diagnostic("missing-key", at, "a host policy needs the key `nodeSelector`", {
        help: 'add `nodeSelector: {matchLabels: {kubernetes.io/hostname: "*"}}` for all nodes',
      }),
    );
  } else if (labels?.kind === "mapping" && labels.entries.some((label) => !namesAllNodes(label))) {
    findings.push(
      diagnostic("kubearmor-node-selector", selector.key.span, "which nodes is up to who loads the bundle", {
        help: "a bundle holds for the node that it is loaded on: load it on those with these labels",
      }),
    );
  }
  return { kind: "host", span };
}

function namesAllNodes({ key, value }: YamlEntry): boolean {
  return (
    ["kubearmor.io/hostname", "kubernetes.io/hostname"].includes(key.text) &&
    value.kind === "scalar" &&
    value.text === "*"
  );
}

/** Keys that a kind does not have. */
function checkSelectors(spec: YamlNode | undefined, kind: YamlScalar | undefined, findings: Findings): void {
  const isHost = kind?.text === "KubeArmorHostPolicy";
  const wrong = [
    ...(isHost ? ["selector", "presets"] : ["nodeSelector", "device"]),
    ...(kind?.text === "KubeArmorClusterPolicy" ? ["selector/matchLabels"] : []),
  ];
  for (const path of wrong) {
    const [first = "", second] = path.split("/");
    const entry = second === undefined ? entryOf(spec, first) : entryOf(valueOf(spec, first), second);
    if (entry !== undefined) {
      findings.push(
        diagnostic("unknown-key", entry.key.span, `a \`${kind?.text ?? ""}\` has no \`${entry.key.text}\``, {
          help: isHost ? "write `nodeSelector`, or `kind: KubeArmorPolicy` for pods" : "remove it",
        }),
      );
    }
  }
}

function selectorCondition(selector: YamlNode | undefined, findings: Findings): Condition | undefined {
  const labels = valueOf(selector, "matchLabels");
  const expressions = valueOf(selector, "matchExpressions");
  const span = selector?.span;
  if (span === undefined) {
    return undefined;
  }
  return allOf(
    [
      ...(labels?.kind === "mapping" ? labels.entries.map(labelCondition) : []),
      ...(expressions?.kind === "sequence"
        ? expressions.items.map((expression) => expressionCondition(expression, findings))
        : []),
    ],
    span,
  );
}

function labelCondition({ key, value }: YamlEntry): Condition | undefined {
  if (value.kind !== "scalar") {
    return undefined;
  }
  const span = { source: key.span.source, start: key.span.start, end: value.span.end };
  if (key.text === containerName) {
    const names = value.text
      .replace(/^\[(.*)\]$/, "$1")
      .split(",")
      .map((name) => name.trim());
    return equals(["container", "name"], names, span);
  }
  return equals(["pod", "labels", key.text], [value.text], span);
}

function expressionCondition(expression: YamlNode, findings: Findings): Condition | undefined {
  const key = scalarOf(expression, "key");
  const operator = scalarOf(expression, "operator");
  const values = itemsOf(expression, "values").filter((value) => value.kind === "scalar");
  const { span } = expression;
  const alternatives =
    key?.text === "namespace"
      ? [
          equals(
            ["pod", "namespace"],
            values.map(({ text: value }) => value),
            span,
          ),
        ]
      : values.map((value) => labelExpression(value, findings));
  const [first, ...rest] = alternatives.filter((condition) => condition !== undefined);
  if (first === undefined || values.length === 0) {
    return undefined;
  }
  const any = anyOf(first, rest, span);
  return operator?.text === "NotIn" ? negated(any, span) : any;
}

function labelExpression({ text: written, span }: YamlScalar, findings: Findings): Condition | undefined {
  const [label = "", ...value] = written.split("=");
  if (value.length === 0) {
    findings.push(
      diagnostic("unknown-value", span, `\`${shortText(written)}\` is no label with its value`, {
        help: `write \`${shortText(label)}=VALUE\``,
      }),
    );
    return undefined;
  }
  return equals(["pod", "labels", label], [value.join("=")], span);
}

function equals(segments: readonly string[], values: readonly string[], span: Span): Comparison {
  return {
    kind: "comparison",
    field: { kind: "field", segments, span },
    operator: "in",
    operatorSpan: span,
    values: values.map((value) => text(value, span)),
    ignoreCase: false,
    span,
  };
}
