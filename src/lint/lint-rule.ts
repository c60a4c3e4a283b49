/** What a lint rule is given and what it gives. */
import type { DiagnosticCode } from "../diagnostics/catalog.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Ir } from "../ir/ir.ts";
import type { PolicyTree } from "../parser/policy/tree.ts";

export interface LintContext {
  readonly tree: PolicyTree;
  /** Absent where the policies have errors: rules that need it then say nothing. */
  readonly ir: Ir | undefined;
  /** What the checks before have found, so that nothing is said twice. */
  readonly found: readonly Diagnostic[];
}

/** One check of policies that compile, or nearly do. */
export interface LintRule {
  readonly code: DiagnosticCode;
  /** Whether it runs only when it is asked for. */
  readonly optional: boolean;
  readonly check: (context: LintContext) => readonly Diagnostic[];
}
