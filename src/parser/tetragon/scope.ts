import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Span } from "../../source/source.ts";
import type { Condition, Scope } from "../policy/tree.ts";
import type { YamlNode, YamlScalar } from "../yaml/tree.ts";
import { entryOf, scalarOf, valueOf } from "../yaml/tree.ts";
import type { Findings } from "./findings.ts";
import { all, selectWorkloads, type WorkloadSelection } from "./workload-selector.ts";

/** Which workloads a policy is for: its kind, its namespace and its workload selectors say so. */
export function lowerScope(document: YamlNode, findings: Findings): Scope {
  const spec = valueOf(document, "spec");
  const kind = scalarOf(document, "kind");
  const namespace = scalarOf(valueOf(document, "metadata"), "namespace");
  const selection = selectWorkloads(spec, findings);
  reportNodeSelector(spec, findings);
  if (kind?.text === "TracingPolicyNamespaced") {
    const hostSelector =
      valueOf(spec, "hostSelector") === undefined ? undefined : entryOf(spec, "hostSelector");
    if (hostSelector !== undefined) {
      findings.push(
        diagnostic("unknown-key", hostSelector.key.span, "a namespaced policy has no `hostSelector`", {
          help: "remove it, or write `kind: TracingPolicy`",
        }),
      );
    }
    return namespacedScope(kind, namespace, selection, findings);
  }
  if (namespace !== undefined) {
    findings.push(
      diagnostic(
        "ignored-key",
        namespace.span,
        "a `TracingPolicy` has no namespace: it applies to the whole node",
        {
          help: "remove it, or write `kind: TracingPolicyNamespaced`",
        },
      ),
    );
  }
  return selectedScope(selection, [], kind?.span ?? document.span);
}

/** Bundles are loaded by name onto the nodes that they are meant for. */
function reportNodeSelector(spec: YamlNode | undefined, findings: Findings): void {
  const entry = entryOf(spec, "nodeSelector");
  if (entry !== undefined && valueOf(spec, "nodeSelector") !== undefined) {
    findings.push(
      diagnostic("ignored-key", entry.key.span, "`nodeSelector` is not looked at when a bundle is loaded", {
        help: "load the bundle only on the nodes that it is meant for",
      }),
    );
  }
}

/** The scope of a selection, narrowed by further conditions on containers. */
function selectedScope(
  selection: WorkloadSelection | undefined,
  narrowing: readonly Condition[],
  kind: Span,
): Scope {
  const span = selection?.span ?? kind;
  if (selection === undefined && narrowing.length === 0) {
    return { kind: "everything", span };
  }
  if (selection !== undefined && selection.containers === undefined && narrowing.length === 0) {
    return { kind: "host", span };
  }
  const conditions = [...narrowing, ...(selection?.containers ?? [])];
  const withHost = selection?.host === true;
  if (withHost && conditions.length === 0) {
    return { kind: "everything", span };
  }
  const condition = conditions.length === 0 ? undefined : all(conditions, span);
  return { kind: "containers", condition, withHost, span };
}

function namespacedScope(
  kind: YamlScalar,
  namespace: YamlScalar | undefined,
  selection: WorkloadSelection | undefined,
  findings: Findings,
): Scope {
  if (namespace === undefined) {
    findings.push(
      diagnostic(
        "namespaced-without-namespace",
        kind.span,
        "no namespace: without Kubernetes this applies to the whole host",
        {
          help: "add `metadata.namespace`, or write `kind: TracingPolicy` if the host is meant",
        },
      ),
    );
    if (selection === undefined) {
      return { kind: "everything", span: kind.span };
    }
  }
  const narrowing = namespace === undefined ? [] : [inNamespace(namespace)];
  const pods = { containers: selection?.containers ?? [], host: false, span: kind.span };
  return selectedScope(pods, narrowing, kind.span);
}

function inNamespace({ text, span }: YamlScalar): Condition {
  return {
    ...{ kind: "comparison", field: { kind: "field", segments: ["pod", "namespace"], span } },
    ...{ operator: "in", operatorSpan: span, ignoreCase: false, span },
    values: [{ kind: "string", value: text, span }],
  };
}
