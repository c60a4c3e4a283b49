import type { Span } from "../source/source.ts";
import { positionAt } from "../source/source.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { Summary } from "./summary.ts";

/** One JSON object with every finding and the summary; keys in a fixed order. */
export function renderJson(diagnostics: readonly Diagnostic[], summary: Summary): string {
  return `${JSON.stringify({ diagnostics: diagnostics.map(diagnosticJson), summary })}\n`;
}

function diagnosticJson(finding: Diagnostic): object {
  return {
    code: finding.code,
    severity: finding.severity,
    message: finding.message,
    ...(finding.help === undefined ? {} : { help: finding.help }),
    ...(finding.span === undefined ? {} : placeJson(finding.span)),
    related: finding.related.map(({ message, span }) => ({ message, ...placeJson(span) })),
    fixes: finding.fixes.map(({ title, safety, edits }) => ({
      title,
      safety,
      edits: edits.map(({ span, text }) => ({ ...placeJson(span), text })),
    })),
  };
}

function placeJson({ source, start, end }: Span): object {
  return { file: source.name, start: positionAt(source, start), end: positionAt(source, end) };
}
