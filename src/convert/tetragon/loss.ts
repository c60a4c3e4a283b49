import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Span } from "../../source/source.ts";

/** A part that a TracingPolicy can't say, and what becomes of it. */
export interface Loss {
  readonly kind: "loss";
  readonly span: Span;
  readonly message: string;
}

export function loss(span: Span, message: string): Loss {
  return { kind: "loss", span, message };
}

/** What a loss costs: `left out` names the part that the text lacks. */
export function lossFinding({ message, span }: Loss, leftOut: string): Diagnostic {
  return diagnostic("conversion-loss", span, message, { help: leftOut });
}
