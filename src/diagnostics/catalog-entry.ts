import type { Severity } from "./diagnostic.ts";

/** What is always true of a diagnostic code. `why` is what `policyc explain CODE` prints. */
export interface CatalogEntry {
  readonly severity: Severity;
  /** One line: the fault in general. */
  readonly summary: string;
  /** Why it is a fault and how to mend it. */
  readonly why: string;
}

/** One code of the catalog. */
export function entry(severity: Severity, summary: string, why: string): CatalogEntry {
  return { severity, summary, why };
}
