import { positionAt } from "../source/source.ts";
import type { Diagnostic, Severity } from "./diagnostic.ts";

/** Findings as workflow commands, one a line: GitHub shows them beside the changed lines. */
export function renderGithub(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map((finding) => `${command(finding)}\n`).join("");
}

function command(finding: Diagnostic): string {
  const message = finding.help === undefined ? finding.message : `${finding.message}\n${finding.help}`;
  const properties = [...place(finding), ["title", finding.code] as const]
    .map(([name, value]) => `${name}=${escapeProperty(value)}`)
    .join(",");
  return `::${level(finding.severity)} ${properties}::${escapeMessage(message)}`;
}

function place({ span }: Diagnostic): readonly (readonly [string, string])[] {
  if (span === undefined) {
    return [];
  }
  const start = positionAt(span.source, span.start);
  const end = positionAt(span.source, span.end);
  return [
    ["file", span.source.name],
    ["line", String(start.line)],
    ["endLine", String(end.line)],
    // Columns mean nothing to GitHub when a finding goes over several lines.
    ...(start.line === end.line
      ? ([
          ["col", String(start.column)],
          ["endColumn", String(end.column)],
        ] as const)
      : []),
  ];
}

function level(severity: Severity): string {
  return severity === "info" ? "notice" : severity;
}

function escapeMessage(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeMessage(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
