import { writeFileSync } from "node:fs";
import { type Command, Option } from "commander";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnostic } from "../diagnostics/diagnostic.ts";
import { shownText } from "../diagnostics/display.ts";
import { summarize } from "../diagnostics/summary.ts";
import { formatPolicy } from "../format/format.ts";
import type { Source } from "../source/source.ts";
import { EXIT_FINE, EXIT_POLICY, exitCodeOf } from "./exit-codes.ts";
import { readInputs } from "./inputs.ts";
import { type ReportOptions, formatReport } from "./report.ts";

interface FmtCommandOptions extends ReportOptions {
  readonly check: boolean;
}

/** Adds `policyc fmt`. */
export function registerFmt(program: Command): void {
  program
    .command("fmt")
    .description("write .policy files in the canonical format; comments are kept")
    .argument("<file...>", ".policy files, directories, or - to format standard input to standard output")
    .option("--check", "write nothing; exit with 1 when a file is not in the canonical format", false)
    .option("--quiet", "print errors only", false)
    .addOption(
      new Option("--format <format>", "how findings are printed")
        .choices(["text", "json", "sarif", "github"])
        .default("text"),
    )
    .addOption(
      new Option("--color <when>", "colour the output").choices(["auto", "always", "never"]).default("auto"),
    )
    .action(async (files: readonly string[], options: FmtCommandOptions) => {
      process.exitCode = await runFmt(files, options);
    });
}

async function runFmt(files: readonly string[], options: FmtCommandOptions): Promise<number> {
  const { diagnostics: unreadable, sources } = readInputs(files);
  const diagnostics: Diagnostic[] = [...unreadable];
  const changed: string[] = [];
  for (const source of sources.filter((candidate) => isFormatted(candidate, files))) {
    const outcome = formatPolicy(source);
    diagnostics.push(...outcome.diagnostics);
    if (outcome.value === undefined) {
      continue;
    }
    if (source.name === "<stdin>" && !options.check) {
      process.stdout.write(outcome.value);
    } else if (outcome.value !== source.text) {
      changed.push(source.name);
      diagnostics.push(...(options.check ? [] : write(source, outcome.value)));
    }
  }
  if (diagnostics.length > 0) {
    const summary = summarize({ files: sources.length, policies: 0, rules: 0 }, diagnostics);
    process.stderr.write(await formatReport(diagnostics, summary, options, process.stderr.isTTY));
  }
  if (!options.quiet) {
    process.stderr.write(changed.map((name) => `${shownText(name)}\n`).join(""));
  }
  const code = exitCodeOf(diagnostics);
  return code === EXIT_FINE && options.check && changed.length > 0 ? EXIT_POLICY : code;
}

/** YAML files that a directory holds are left alone; one that was named gets its finding. */
function isFormatted(source: Source, files: readonly string[]): boolean {
  return !/\.ya?ml$/i.test(source.name) || files.includes(source.name);
}

function write(source: Source, text: string): readonly Diagnostic[] {
  try {
    writeFileSync(source.name, text);
    return [];
  } catch {
    return [
      diagnostic("input-not-readable", undefined, `\`${source.name}\` may not be written by this user`, {
        help: "check the permissions of the file",
      }),
    ];
  }
}
