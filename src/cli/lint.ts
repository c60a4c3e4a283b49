import { writeFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { summarize } from "../diagnostics/summary.ts";
import type { RuleSeverity } from "../lint/lint.ts";
import { lintCodes, lintSources, optionalRules } from "../lint/lint.ts";
import type { TextEdit } from "../source/edit.ts";
import { applyEdits } from "../source/edit.ts";
import type { Source } from "../source/source.ts";
import { addCommonOptions, parametersOf } from "./common-options.ts";
import type { CommonOptions } from "./common-options.ts";
import { EXIT_USAGE, exitCodeOf } from "./exit-codes.ts";
import { importReader } from "./imports.ts";
import { readInputs } from "./inputs.ts";
import { formatReport } from "./report.ts";
import { readTargets } from "./targets.ts";

interface LintCommandOptions extends CommonOptions {
  readonly fix: boolean;
  readonly enable?: readonly string[];
  readonly rule: ReadonlyMap<string, RuleSeverity>;
}

/** Adds `policyc lint`. */
export function registerLint(program: Command): void {
  addCommonOptions(
    program
      .command("lint")
      .description("check policies: every mistake in one run, without clang")
      .argument("<input...>", "policy files, directories, or - for standard input"),
  )
    .option("--fix", "apply the fixes that cannot change what a policy means", false)
    .addOption(new Option("--enable <rule...>", "run a rule that is off by default").choices(optionalRules))
    .option(
      "--rule <CODE=SEVERITY>",
      "severity of a lint rule: error, warning, info or off (repeatable)",
      readRuleSeverity,
      new Map(),
    )
    .action(async (inputs: readonly string[], options: LintCommandOptions) => {
      process.exitCode = await runLint(inputs, options);
    });
}

const ruleSeverities: readonly RuleSeverity[] = ["error", "warning", "info", "off"];

function readRuleSeverity(
  text: string,
  previous: ReadonlyMap<string, RuleSeverity>,
): ReadonlyMap<string, RuleSeverity> {
  const [code = "", word = ""] = text.split("=");
  const severity = ruleSeverities.find((candidate) => candidate === word);
  if (severity === undefined || !lintCodes.includes(code)) {
    throw new InvalidArgumentError(
      `Write CODE=${ruleSeverities.join("|")}; the codes are ${lintCodes.join(", ")}.`,
    );
  }
  return new Map([...previous, [code, severity]]);
}

async function runLint(inputs: readonly string[], options: LintCommandOptions): Promise<number> {
  const targets = await readTargets(options.target);
  if (typeof targets === "string") {
    process.stderr.write(`policyc: ${targets}\n`);
    return EXIT_USAGE;
  }
  const lint = async (): Promise<readonly [readonly Diagnostic[], string]> => {
    const read = readInputs(inputs);
    const result = await lintSources(read.sources, {
      parameters: parametersOf(options),
      language: options.language,
      postures: options.posture,
      compat: options.compat,
      readImport: importReader(process.cwd()),
      targets,
      enabled: options.enable ?? [],
      severities: options.rule,
    });
    const diagnostics = [...read.diagnostics, ...result.diagnostics];
    const summary = summarize(
      { files: result.files, policies: result.policies, rules: result.rules },
      diagnostics,
    );
    return [diagnostics, await formatReport(diagnostics, summary, options, process.stdout.isTTY)];
  };
  let [diagnostics, report] = await lint();
  if (options.fix && applyFixes(diagnostics)) {
    [diagnostics, report] = await lint();
  }
  process.stdout.write(report);
  return exitCodeOf(diagnostics);
}

/** Writes every safe fix into its file; whether there was any. */
function applyFixes(diagnostics: readonly Diagnostic[]): boolean {
  const edits = new Map<Source, TextEdit[]>();
  for (const fix of diagnostics.flatMap(({ fixes }) => fixes)) {
    if (fix.safety !== "safe") {
      continue;
    }
    for (const edit of fix.edits) {
      const { source } = edit.span;
      if (source.name !== "<stdin>") {
        edits.set(source, [...(edits.get(source) ?? []), edit]);
      }
    }
  }
  for (const [source, changes] of edits) {
    writeFileSync(source.name, applyEdits(source.text, changes));
  }
  return edits.size > 0;
}
