import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { DiagnosticCode } from "../diagnostics/catalog.ts";

export const EXIT_FINE = 0;
/** The policy is at fault. */
export const EXIT_POLICY = 1;
/** The command line is at fault. */
export const EXIT_USAGE = 2;
/** The machine is at fault: a file that cannot be read, a program that is missing. */
export const EXIT_ENVIRONMENT = 3;

const environmentCodes: ReadonlySet<DiagnosticCode> = new Set<DiagnosticCode>([
  "input-not-readable",
  "no-clang",
]);

/** The exit code that findings call for: the policy's faults go before the machine's. */
export function exitCodeOf(diagnostics: readonly Diagnostic[]): number {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length === 0) {
    return EXIT_FINE;
  }
  return errors.every(({ code }) => environmentCodes.has(code)) ? EXIT_ENVIRONMENT : EXIT_POLICY;
}
