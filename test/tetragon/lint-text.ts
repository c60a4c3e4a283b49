import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { shownText } from "../../src/diagnostics/display.ts";
import { supportedTargets } from "../../src/kernel/target.ts";
import type { LintResult } from "../../src/lint/lint.ts";
import { lintSources } from "../../src/lint/lint.ts";
import { createSource, spanText } from "../../src/source/source.ts";

/** Lints one text as the command does. */
export function lintText(
  text: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<LintResult> {
  return lintSources([createSource("input.yaml", text)], {
    parameters: new Map(Object.entries(parameters)),
    targets: supportedTargets,
    enabled: [],
  });
}

/** A finding in one line: code, underlined text, message. */
export function describe({ code, span, message }: Diagnostic): string {
  const underlined = span === undefined ? "-" : JSON.stringify(spanText(span));
  return shownText(`${code} | ${underlined} | ${message}`);
}
