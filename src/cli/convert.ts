import { type Command, Option } from "commander";
import { type ConversionTarget, conversionTargets, convertPolicies } from "../convert/convert.ts";
import { hasErrors } from "../diagnostics/diagnostic.ts";
import { summarize } from "../diagnostics/summary.ts";
import { parseSources } from "../parser/parse.ts";
import { type CommonOptions, addCommonOptions, parametersOf } from "./common-options.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { importReader } from "./imports.ts";
import { readInputs } from "./inputs.ts";
import { formatReport } from "./report.ts";

interface ConvertCommandOptions extends CommonOptions {
  readonly to: ConversionTarget;
}

/** Adds `policyc convert`. */
export function registerConvert(program: Command): void {
  addCommonOptions(
    program
      .command("convert")
      .description("print policies in another language")
      .argument("<input...>", "policy files, directories, or - for standard input"),
  )
    .addOption(
      new Option("--to <language>", "language to print").choices(conversionTargets).makeOptionMandatory(),
    )
    .action(async (inputs: readonly string[], options: ConvertCommandOptions) => {
      process.exitCode = await runConvert(inputs, options);
    });
}

/** Findings go to standard error; where one is an error, no text is printed, so that none is partial. */
async function runConvert(inputs: readonly string[], options: ConvertCommandOptions): Promise<number> {
  const { diagnostics: unreadable, sources } = readInputs(inputs);
  const { diagnostics: found, value } = await parseSources(sources, {
    parameters: parametersOf(options),
    language: options.language,
    postures: options.posture,
    compat: options.compat,
    readImport: importReader(process.cwd()),
  });
  const before = [...unreadable, ...found];
  const converted = value === undefined || hasErrors(before) ? undefined : convertPolicies(value, options.to);
  const diagnostics = [...before, ...(converted?.diagnostics ?? [])];
  if (diagnostics.length > 0) {
    const policies = value?.policies ?? [];
    const rules = policies.flatMap(({ blocks }) => blocks).flatMap((block) => block.rules).length;
    const counts = { files: sources.length, policies: policies.length, rules };
    const summary = summarize(counts, diagnostics);
    process.stderr.write(await formatReport(diagnostics, summary, options, process.stderr.isTTY));
  }
  process.stdout.write(converted?.text ?? "");
  return exitCodeOf(diagnostics);
}
