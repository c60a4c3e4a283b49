import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Span } from "../../source/source.ts";
import type { Scope } from "../policy/tree.ts";
import type { YamlNode, YamlScalar } from "../yaml/tree.ts";
import { entryOf, scalarOf, valueOf } from "../yaml/tree.ts";
import type { Findings } from "./findings.ts";
import { notYet } from "./findings.ts";

/** Which workloads a policy is for: its kind, its namespace and its workload selectors say so. */
export function lowerScope(document: YamlNode, findings: Findings): Scope {
  const spec = valueOf(document, "spec");
  const kind = scalarOf(document, "kind");
  const namespace = scalarOf(valueOf(document, "metadata"), "namespace");
  for (const key of ["podSelector", "containerSelector", "nodeSelector"]) {
    const entry = entryOf(spec, key);
    if (entry !== undefined && valueOf(spec, key) !== undefined) {
      notYet(findings, entry.key.span, `\`${key}\``);
    }
  }
  const span = kind?.span ?? document.span;
  const hostSelector =
    valueOf(spec, "hostSelector") === undefined ? undefined : entryOf(spec, "hostSelector");
  if (kind?.text === "TracingPolicyNamespaced") {
    if (hostSelector !== undefined) {
      findings.push(
        diagnostic("unknown-key", hostSelector.key.span, "a namespaced policy has no `hostSelector`", {
          help: "remove it, or write `kind: TracingPolicy`",
        }),
      );
    }
    return namespacedScope(kind, namespace, findings);
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
  return hostSelector === undefined
    ? { kind: "everything", span }
    : { kind: "host", span: hostSelector.key.span };
}

function namespacedScope(kind: YamlScalar, namespace: YamlScalar | undefined, findings: Findings): Scope {
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
    return { kind: "everything", span: kind.span };
  }
  return inNamespace(namespace.text, namespace.span);
}

function inNamespace(name: string, span: Span): Scope {
  return {
    kind: "containers",
    condition: {
      kind: "comparison",
      field: { kind: "field", segments: ["pod", "namespace"], span },
      operator: "in",
      operatorSpan: span,
      values: [{ kind: "string", value: name, span }],
      ignoreCase: false,
      span,
    },
    withHost: false,
    span,
  };
}
