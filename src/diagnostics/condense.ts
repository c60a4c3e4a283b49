import type { Diagnostic } from "./diagnostic.ts";

/** A finding that stands for others of its kind. */
export interface Condensed {
  readonly finding: Diagnostic;
  /** How many more of its code there are in its file. */
  readonly others: number;
}

/**
 * Findings for someone who asked for something else than findings: every error, and of what is less the first of
 * each code in each file.
 */
export function condense(diagnostics: readonly Diagnostic[]): readonly Condensed[] {
  const kinds = new Map<string, readonly Diagnostic[]>();
  diagnostics.forEach((found, index) => {
    const kind =
      found.severity === "error" ? String(index) : `${found.code}\0${found.span?.source.name ?? ""}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), found]);
  });
  return [...kinds.values()].flatMap(([finding, ...others]) =>
    finding === undefined ? [] : [{ finding, others: others.length }],
  );
}
