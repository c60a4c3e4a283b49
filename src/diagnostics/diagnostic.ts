import type { TextEdit } from "../source/edit.ts";
import type { Span } from "../source/source.ts";
import { type DiagnosticCode, catalog } from "./catalog.ts";
import { shownText } from "./display.ts";

export type Severity = "error" | "warning" | "info";

/** A change that would mend a fault. An unsafe fix may change what the policy means. */
export interface Fix {
  readonly title: string;
  readonly safety: "safe" | "unsafe";
  readonly edits: readonly TextEdit[];
}

/** Another place that helps to understand a fault. */
export interface RelatedPlace {
  readonly message: string;
  readonly span: Span;
}

/** One finding about a user's input. */
export interface Diagnostic {
  readonly kind: "diagnostic";
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  /** What is wrong: lower case, no full stop, user's text in backticks, about 50 characters. */
  readonly message: string;
  /** What to do about it. */
  readonly help?: string;
  /** Absent only when the fault is in no file (a missing file, a bad option). */
  readonly span?: Span;
  readonly related: readonly RelatedPlace[];
  readonly fixes: readonly Fix[];
}

/** What a stage gives back: a value, or nothing when it could not go on, and what it found. */
export interface Outcome<T> {
  readonly value: T | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Parts of a diagnostic that not every one has. */
export interface DiagnosticParts {
  readonly help?: string;
  readonly related?: readonly RelatedPlace[];
  readonly fixes?: readonly Fix[];
}

/** Makes a diagnostic; its severity comes from the catalog. */
export function diagnostic(
  code: DiagnosticCode,
  span: Span | undefined,
  message: string,
  parts: DiagnosticParts = {},
): Diagnostic {
  return {
    kind: "diagnostic",
    code,
    severity: catalog[code].severity,
    // User text in a message must not act on the terminal or log that shows it.
    message: shownText(message),
    ...(parts.help === undefined ? {} : { help: shownText(parts.help) }),
    ...(span === undefined ? {} : { span }),
    related: parts.related ?? [],
    fixes: parts.fixes ?? [],
  };
}

/** Whether any finding stops the compilation. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((finding) => finding.severity === "error");
}

/** A stage that went well. */
export function success<T>(value: T, diagnostics: readonly Diagnostic[] = []): Outcome<T> {
  return { value, diagnostics };
}

/** A stage that could not produce its value. */
export function failure(diagnostics: readonly Diagnostic[]): Outcome<never> {
  return { value: undefined, diagnostics };
}
