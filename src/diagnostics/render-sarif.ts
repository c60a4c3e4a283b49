import type { Span } from "../source/source.ts";
import { positionAt } from "../source/source.ts";
import { catalog } from "./catalog.ts";
import type { Diagnostic, Fix, Severity } from "./diagnostic.ts";

/** Findings as one SARIF 2.1.0 log. `version` is that of the compiler. */
export function renderSarif(diagnostics: readonly Diagnostic[], version: string): string {
  const codes = [...new Set(diagnostics.map(({ code }) => code))].sort();
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "policyc",
            semanticVersion: version,
            rules: codes.map((code) => ({
              id: code,
              shortDescription: { text: catalog[code].summary },
              fullDescription: { text: catalog[code].why },
              defaultConfiguration: { level: level(catalog[code].severity) },
            })),
          },
        },
        columnKind: "utf16CodeUnits",
        results: diagnostics.map((finding) => result(finding, codes.indexOf(finding.code))),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function result(finding: Diagnostic, ruleIndex: number): object {
  const text = finding.help === undefined ? finding.message : `${finding.message}\n${finding.help}`;
  return {
    ruleId: finding.code,
    ruleIndex,
    level: level(finding.severity),
    message: { text },
    locations: finding.span === undefined ? [] : [{ physicalLocation: place(finding.span) }],
    ...(finding.related.length === 0
      ? {}
      : {
          relatedLocations: finding.related.map(({ message, span }, id) => ({
            id,
            message: { text: message },
            physicalLocation: place(span),
          })),
        }),
    ...(finding.fixes.length === 0 ? {} : { fixes: finding.fixes.map(fix) }),
  };
}

function fix({ title, edits }: Fix): object {
  return {
    description: { text: title },
    artifactChanges: edits.map(({ span, text }) => ({
      artifactLocation: { uri: uriOf(span.source.name) },
      replacements: [{ deletedRegion: region(span), insertedContent: { text } }],
    })),
  };
}

function place(span: Span): object {
  return { artifactLocation: { uri: uriOf(span.source.name) }, region: region(span) };
}

function region({ source, start, end }: Span): object {
  const from = positionAt(source, start);
  const to = positionAt(source, end);
  return { startLine: from.line, startColumn: from.column, endLine: to.line, endColumn: to.column };
}

/** A path as a relative URI reference: each part escaped on its own. */
function uriOf(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}

function level(severity: Severity): string {
  return severity === "info" ? "note" : severity;
}
