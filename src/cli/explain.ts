import type { Command } from "commander";
import type { DiagnosticCode } from "../diagnostics/catalog.ts";
import { catalog } from "../diagnostics/catalog.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { complain } from "./complain.ts";
import { EXIT_FINE, EXIT_USAGE } from "./exit-codes.ts";

/** Adds `policyc explain`. */
export function registerExplain(program: Command): void {
  program
    .command("explain")
    .description("say what a diagnostic code means; without one, list them all")
    .argument("[code]", "a code, as findings print it in brackets")
    .action(async (code: string | undefined) => {
      process.exitCode = await explain(code);
    });
}

async function explain(code: string | undefined): Promise<number> {
  if (code === undefined) {
    const entries = Object.entries(catalog);
    const width = Math.max(...entries.map(([name]) => name.length));
    process.stdout.write(
      entries.map(([name, { summary }]) => `${name.padEnd(width)}  ${summary}\n`).join(""),
    );
    return EXIT_FINE;
  }
  if (!isCode(code)) {
    const hint = didYouMean(code, Object.keys(catalog)) ?? "`policyc explain` lists them all";
    complain(`there is no diagnostic \`${code}\`: ${hint}`);
    return EXIT_USAGE;
  }
  const { pageText } = await import("../diagnostics/pages/pages.ts");
  process.stdout.write(pageText(code));
  return EXIT_FINE;
}

function isCode(code: string): code is DiagnosticCode {
  return Object.hasOwn(catalog, code);
}
