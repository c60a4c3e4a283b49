import { writeFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { type ObjectCache, userObjectCache } from "../bundle/cache.ts";
import type { Diagnostic, Outcome } from "../diagnostics/diagnostic.ts";
import { failure, hasErrors, success } from "../diagnostics/diagnostic.ts";
import type { Target } from "../kernel/target.ts";
import type { CommonOptions } from "./common-options.ts";
import { addCommonOptions } from "./common-options.ts";
import { complain, reasonOf } from "./complain.ts";
import type { ParsedInputs } from "./compile-inputs.ts";
import { compileBundle, parseInputs, reportCompilation } from "./compile-inputs.ts";
import { EXIT_ENVIRONMENT, EXIT_POLICY, EXIT_USAGE, exitCodeOf } from "./exit-codes.ts";
import { createProgressLine } from "./progress.ts";
import { readTargets } from "./targets.ts";

const stages = ["policy", "ir", "plan", "c", "object", "types"] as const;
type Stage = (typeof stages)[number];

interface CompileCommandOptions extends CommonOptions {
  readonly output?: string;
  readonly emit?: Stage;
  readonly cache: boolean;
}

/** Adds `policyc compile`. */
export function registerCompile(program: Command): void {
  addCommonOptions(
    program
      .command("compile")
      .description("compile policies into one bundle")
      .argument("<input...>", "policy files, directories, or - for standard input"),
  )
    .option("-o, --output <file>", "where the bundle goes; - is standard output")
    .addOption(new Option("--emit <stage>", "write a stage instead of the bundle").choices(stages))
    .option("--no-cache", "run clang even for a program that it has made before")
    .action(async (inputs: readonly string[], options: CompileCommandOptions) => {
      process.exitCode = await runCompile(inputs, options);
    });
}

async function runCompile(inputs: readonly string[], options: CompileCommandOptions): Promise<number> {
  if (options.output === undefined && options.emit === undefined) {
    complain("say where the bundle goes: -o FILE");
    return EXIT_USAGE;
  }
  const targets = await readTargets(options.target);
  if (typeof targets === "string") {
    complain(targets);
    return EXIT_USAGE;
  }
  const parsed = await parseInputs(inputs, options);
  const progress = createProgressLine();
  progress.show("compiling");
  const cache = options.cache ? userObjectCache() : undefined;
  const result = await stageOf(parsed, targets, options.emit, cache);
  progress.clear();
  await reportCompilation(parsed, result.diagnostics, options);
  if (result.value === undefined || hasErrors(result.diagnostics)) {
    return exitCodeOf(result.diagnostics) || EXIT_POLICY;
  }
  return writeOutput(options.output, result.value);
}

async function stageOf(
  parsed: ParsedInputs,
  targets: readonly Target[],
  stage: Stage | undefined,
  cache: ObjectCache | undefined,
): Promise<Outcome<string | Uint8Array>> {
  if (stage === undefined) {
    const { bundle, diagnostics } = await compileBundle(parsed, targets, cache);
    return { value: bundle, diagnostics };
  }
  if (stage === "policy") {
    const { printPolicyTree } = await import("../parser/policy/print.ts");
    return { value: printPolicyTree(parsed.tree), diagnostics: parsed.diagnostics };
  }
  if (hasErrors(parsed.diagnostics)) {
    const { diagnostics } = await compileBundle(parsed, targets, undefined);
    return failure(diagnostics);
  }
  return emit(parsed, targets, stage, cache);
}

async function emit(
  parsed: ParsedInputs,
  targets: readonly Target[],
  stage: Exclude<Stage, "policy">,
  cache: ObjectCache | undefined,
): Promise<Outcome<string | Uint8Array>> {
  const { checkPolicies, compilePolicies } = await import("../compile.ts");
  const found: readonly Diagnostic[] = parsed.diagnostics;
  if (stage === "object") {
    const compiled = await compilePolicies(parsed.tree, targets, found, cache);
    return { value: compiled.value?.object, diagnostics: [...found, ...compiled.diagnostics] };
  }
  const checked = checkPolicies(parsed.tree, targets);
  const diagnostics = [...found, ...checked.diagnostics];
  if (checked.value === undefined) {
    return failure(diagnostics);
  }
  if (stage === "ir") {
    const { printIr } = await import("../ir/print.ts");
    return success(printIr(checked.value.ir), diagnostics);
  }
  if (stage === "types") {
    const { eventTypes } = await import("../types/event-types.ts");
    const { subjectsOf } = await import("../bundle/bundle.ts");
    return success(eventTypes(subjectsOf(checked.value.ir)), diagnostics);
  }
  if (stage === "plan") {
    const { explainPlan } = await import("../codegen/explain-plan.ts");
    return success(`${JSON.stringify(explainPlan(checked.value), undefined, 1)}\n`, diagnostics);
  }
  const { generate } = await import("../codegen/generate.ts");
  return success(generate(checked.value).text, diagnostics);
}

function writeOutput(output: string | undefined, content: string | Uint8Array): number {
  if (output === undefined || output === "-") {
    process.stdout.write(content);
    return 0;
  }
  try {
    writeFileSync(output, content);
    return 0;
  } catch (error) {
    complain(`cannot write ${output}: ${reasonOf(error)}`);
    return EXIT_ENVIRONMENT;
  }
}

/** Compiles for `try`: the bundle, or the exit code when the findings on standard error say why not. */
export async function compileForTrial(
  inputs: readonly string[],
  options: CommonOptions,
): Promise<Uint8Array | number> {
  const targets = await readTargets(options.target);
  if (typeof targets === "string") {
    complain(targets);
    return EXIT_USAGE;
  }
  const parsed = await parseInputs(inputs, options);
  const { bundle, diagnostics } = await compileBundle(parsed, targets, userObjectCache());
  await reportCompilation(parsed, diagnostics, options);
  return bundle ?? (exitCodeOf(diagnostics) || EXIT_POLICY);
}
