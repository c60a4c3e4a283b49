import type { Diagnostic, Severity } from "./diagnostic.ts";

/** What a run looked at and what it found. */
export interface Summary {
  readonly files: number;
  readonly policies: number;
  readonly rules: number;
  readonly errors: number;
  readonly warnings: number;
}

/** Counts findings beside what was looked at. */
export function summarize(
  counts: Omit<Summary, "errors" | "warnings">,
  diagnostics: readonly Diagnostic[],
): Summary {
  return { ...counts, errors: count(diagnostics, "error"), warnings: count(diagnostics, "warning") };
}

/** One line for people: `2 errors, 1 warning in 3 files`. */
export function summaryLine({ files, policies, rules, errors, warnings }: Summary): string {
  const looked = `${plural(files, "file")}, ${plural(policies, "policy", "policies")}, ${plural(rules, "rule")}`;
  if (errors === 0 && warnings === 0) {
    return `no problems in ${looked}`;
  }
  const found = [
    ...(errors > 0 ? [plural(errors, "error")] : []),
    ...(warnings > 0 ? [plural(warnings, "warning")] : []),
  ];
  return `${found.join(", ")} in ${looked}`;
}

function count(diagnostics: readonly Diagnostic[], severity: Severity): number {
  return diagnostics.filter((finding) => finding.severity === severity).length;
}

function plural(number: number, word: string, several = `${word}s`): string {
  return `${number} ${number === 1 ? word : several}`;
}
