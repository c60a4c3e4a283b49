import type { Severity } from "./diagnostic.ts";

/** What is always true of a diagnostic code. `why` is what `policyc explain CODE` prints. */
interface CatalogEntry {
  readonly severity: Severity;
  /** One line: the fault in general. */
  readonly summary: string;
  /** Why it is a fault and how to mend it. */
  readonly why: string;
}

function entry<S extends Severity>(severity: S, summary: string, why: string): CatalogEntry {
  return { severity, summary, why };
}

/** Every code that policyc can report, grouped by the stage that reports it. */
export const catalog = {
  "yaml-syntax": entry(
    "error",
    "the YAML is malformed",
    "The file could not be read as YAML, so no policy in it is known.",
  ),
} as const satisfies Record<string, CatalogEntry>;

export type DiagnosticCode = keyof typeof catalog;
