import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Span } from "../../source/source.ts";

/** Where lowering puts what it finds. */
export type Findings = Diagnostic[];

/** Says that a part of the language is not compiled yet. */
export function notYet(findings: Findings, span: Span, what: string, help?: string): void {
  findings.push(
    diagnostic("not-supported-yet", span, `${what} is not supported yet`, {
      help: help ?? "remove it, or move what needs it into a policy of its own",
    }),
  );
}
