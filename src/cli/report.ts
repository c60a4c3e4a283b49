/** Prints findings in the format asked for. */
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Summary } from "../diagnostics/summary.ts";
import { summaryLine } from "../diagnostics/summary.ts";
import { type CommonOptions, wantsColor } from "./common-options.ts";
import { version } from "./version.ts";

export type ReportOptions = Pick<CommonOptions, "format" | "quiet" | "color">;

/** The text of a report. `terminal`: whether it goes to one. */
export async function formatReport(
  diagnostics: readonly Diagnostic[],
  summary: Summary,
  options: ReportOptions,
  terminal: boolean,
): Promise<string> {
  const shown = options.quiet ? diagnostics.filter(({ severity }) => severity === "error") : diagnostics;
  switch (options.format) {
    case "text": {
      const { renderText } = await import("../diagnostics/render-text.ts");
      const color = wantsColor(options.color, terminal);
      const findings = renderText(shown, { color });
      const line = options.quiet ? "" : `${summaryLine(summary)}\n`;
      return findings === "" ? line : `${findings}${line === "" ? "" : `\n${line}`}`;
    }
    case "json": {
      const { renderJson } = await import("../diagnostics/render-json.ts");
      return renderJson(shown, summary);
    }
    case "sarif": {
      const { renderSarif } = await import("../diagnostics/render-sarif.ts");
      return renderSarif(shown, version);
    }
    case "github": {
      const { renderGithub } = await import("../diagnostics/render-github.ts");
      return renderGithub(shown);
    }
  }
}
