/** What the schema finds, in the words of this language: a key in the wrong place is a slip of indentation. */
import type { Diagnostic, Fix } from "../../diagnostics/diagnostic.ts";
import { positionAt } from "../../source/source.ts";
import type { YamlNode } from "../yaml/tree.ts";
import { entryOf, isNull, valueOf } from "../yaml/tree.ts";

/** The findings, with better help where labels stand beside `matchLabels` and patterns are called paths. */
export function withHints(document: YamlNode, findings: readonly Diagnostic[]): readonly Diagnostic[] {
  const spec = valueOf(document, "spec");
  const renamed = new Set(findings.filter(isPathInPatterns).map(({ span }) => span));
  return findings.flatMap((finding) => {
    if (
      finding.code === "missing-key" &&
      finding.message.includes("`pattern`") &&
      renamed.has(finding.span)
    ) {
      return [];
    }
    return [
      misplacedLabel(valueOf(spec, "selector"), finding) ??
        misplacedLabel(valueOf(spec, "nodeSelector"), finding) ??
        (isPathInPatterns(finding) ? asPattern(finding) : finding),
    ];
  });
}

function isPathInPatterns({ code, message }: Diagnostic): boolean {
  return code === "unknown-key" && message === "unknown key `path` in `matchPatterns`";
}

function asPattern(finding: Diagnostic): Diagnostic {
  const { span } = finding;
  return {
    ...finding,
    help: "in `matchPatterns` it is called `pattern`",
    fixes:
      span === undefined
        ? []
        : [{ title: "rename it to `pattern`", safety: "safe", edits: [{ span, text: "pattern" }] }],
  };
}

function misplacedLabel(selector: YamlNode | undefined, finding: Diagnostic): Diagnostic | undefined {
  if (finding.code !== "unknown-key" || selector?.kind !== "mapping") {
    return undefined;
  }
  const label = selector.entries.find(({ key }) => key.span === finding.span);
  const labels = entryOf(selector, "matchLabels");
  if (label === undefined || label.value.kind !== "scalar") {
    return undefined;
  }
  const { span } = label.key;
  const start = { source: span.source, start: span.start, end: span.start };
  const others = selector.entries.filter(
    ({ key }) => !["matchLabels", "matchExpressions"].includes(key.text),
  );
  const { column } = positionAt(span.source, span.start);
  const isBelow = labels !== undefined && isNull(labels.value);
  const text = isBelow ? "  " : `matchLabels:\n${" ".repeat(column + 1)}`;
  const fixes: readonly Fix[] =
    isBelow || (labels === undefined && others.length === 1)
      ? [{ title: "put it below `matchLabels`", safety: "unsafe", edits: [{ span: start, text }] }]
      : [];
  return {
    ...finding,
    help: "labels belong below `matchLabels`: without them the policy is for every pod of the namespace",
    fixes,
  };
}
