import type { Document } from "yaml";
import { parseAllDocuments } from "yaml";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { hasErrors } from "../../diagnostics/diagnostic.ts";
import type { Source } from "../../source/source.ts";
import { createSpan } from "../../source/source.ts";
import { convertDocument } from "./convert.ts";
import { checkYamlLimits } from "./limits.ts";
import type { ParameterScope } from "./parameters.ts";
import { syntaxDiagnostics } from "./syntax.ts";
import type { YamlDocument } from "./tree.ts";

/** The documents of a YAML stream, as located trees, and everything that is wrong with them as YAML. */
export interface YamlStream {
  readonly documents: readonly YamlDocument[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads every document of a source. A broken document has no root; the others are read all the same. */
export function readYaml(source: Source, parameters: ParameterScope): YamlStream {
  const limit = checkYamlLimits(source);
  if (limit !== undefined) {
    return { documents: [], diagnostics: [limit] };
  }
  const parsed = parseAllDocuments(source.text, {
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  const documents: YamlDocument[] = [];
  const diagnostics: Diagnostic[] = [];
  // For a text without any document the library gives an empty list that carries what it found.
  const list: readonly Document.Parsed[] = "empty" in parsed ? [] : parsed;
  if ("empty" in parsed) {
    diagnostics.push(...syntaxDiagnostics(source, [...parsed.errors, ...parsed.warnings]));
  }
  for (const document of list) {
    const [start, end] = document.range;
    const faults = syntaxDiagnostics(source, [...document.errors, ...document.warnings]);
    diagnostics.push(...faults);
    const span = createSpan(source, start, end);
    if (faults.length > 0) {
      documents.push({ root: undefined, hasErrors: true, span });
      continue;
    }
    const { root, diagnostics: found } = convertDocument(source, document, parameters);
    diagnostics.push(...found);
    documents.push({ root, hasErrors: hasErrors(found), span });
  }
  return { documents, diagnostics };
}
