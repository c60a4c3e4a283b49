/** The canonical text of a `.policy` file. Loads chevrotain. */
import { type Outcome, failure, hasErrors, success } from "../diagnostics/diagnostic.ts";
import { layoutFile } from "../parser/policy/layout.ts";
import { parseSyntax } from "../parser/policy/parse-syntax.ts";
import type { Source } from "../source/source.ts";
import { attachComments } from "./comments.ts";

/**
 * Lays a file out anew: same statements in the same order, every comment kept. A file with faults of syntax
 * gives the faults and no text, so that nothing that was not understood is lost.
 */
export function formatPolicy(source: Source): Outcome<string> {
  const { comments, diagnostics, file } = parseSyntax(source);
  if (hasErrors(diagnostics)) {
    return failure(diagnostics);
  }
  return success(layoutFile(file, attachComments(file, comments)), diagnostics);
}
