/** The front end of the policy language. Loads chevrotain: import it only when there is a `.policy` text. */
import { type Diagnostic, type Outcome, hasErrors } from "../../diagnostics/diagnostic.ts";
import type { Source } from "../../source/source.ts";
import { type ImportState, createImportState, readImports, unusedImports } from "./imports.ts";
import { lowerDeclarations, lowerFile } from "./lower.ts";
import type { ParameterValues } from "./names.ts";
import { parseSyntax } from "./parse-syntax.ts";
import { mostFindings } from "./structure.ts";
import type { PolicyTree } from "./tree.ts";

export { createImportState } from "./imports.ts";

export interface PolicyLanguageOptions {
  /** Values of `--set`; the names that the file uses are added to `used`. */
  readonly parameters: ParameterValues;
  /** Imports of the run; without them an import is not found. */
  readonly imports?: ImportState;
}

/**
 * The policies of a `.policy` text and everything that is wrong with it, in the order of the text. There is
 * always a tree; where there are errors, it lacks the statements that have them.
 */
export function parsePolicyLanguage(source: Source, options: PolicyLanguageOptions): Outcome<PolicyTree> {
  const { brokenNames, diagnostics, file } = parseSyntax(source);
  const state = options.imports ?? createImportState(options.parameters, undefined);
  const imports = readImports(file, brokenNames, source.name, state);
  const names = lowerDeclarations(file, imports.names, imports.context);
  const lowered = lowerFile(file, names, imports.context);
  const found = [...diagnostics, ...imports.diagnostics, ...lowered.diagnostics, ...unusedImports(imports)];
  // A name may be used in a statement that could not be read.
  const isWhole = !hasErrors(found);
  const isRelevant = ({ code }: Diagnostic): boolean => isWhole || code !== "unused-name";
  return { value: lowered.tree, diagnostics: mostImportant(found.filter(isRelevant)) };
}

/** As many findings as a reader needs, in the order of the text; an error is never left out for a warning. */
function mostImportant(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const others = diagnostics.filter(({ severity }) => severity !== "error");
  return [...errors, ...others]
    .slice(0, mostFindings)
    .sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0));
}
