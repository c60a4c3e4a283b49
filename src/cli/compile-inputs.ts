/** From the inputs of a command line to a compilation: what `compile` and `try` share. */
import type { ObjectCache } from "../bundle/cache.ts";
import { type Condensed, condense } from "../diagnostics/condense.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { hasErrors } from "../diagnostics/diagnostic.ts";
import { summarize } from "../diagnostics/summary.ts";
import type { Target } from "../kernel/target.ts";
import { parseSources } from "../parser/parse.ts";
import type { PolicyTree } from "../parser/policy/tree.ts";
import type { CommonOptions } from "./common-options.ts";
import { parametersOf } from "./common-options.ts";
import { importReader } from "./imports.ts";
import { readInputs } from "./inputs.ts";
import { formatReport } from "./report.ts";

/** Inputs that were read and parsed. */
export interface ParsedInputs {
  readonly tree: PolicyTree;
  readonly files: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads and parses inputs; the findings tell whether what came out may be compiled. */
export async function parseInputs(inputs: readonly string[], options: CommonOptions): Promise<ParsedInputs> {
  const read = readInputs(inputs);
  const parsed = await parseSources(read.sources, {
    parameters: parametersOf(options),
    language: options.language,
    postures: options.posture,
    compat: options.compat,
    readImport: importReader(process.cwd()),
  });
  return {
    tree: parsed.value ?? { kind: "policy-tree", policies: [] },
    files: read.sources.length,
    diagnostics: [...read.diagnostics, ...parsed.diagnostics],
  };
}

/** Prints the findings of a compilation to standard error; text says nothing when there is nothing to say. */
export async function reportCompilation(
  inputs: ParsedInputs,
  diagnostics: readonly Diagnostic[],
  options: CommonOptions,
): Promise<void> {
  if (diagnostics.length === 0 && options.format === "text") {
    return;
  }
  const rules = inputs.tree.policies.flatMap(({ blocks }) => blocks.flatMap((block) => block.rules)).length;
  const summary = summarize(
    { files: inputs.files, policies: inputs.tree.policies.length, rules },
    diagnostics,
  );
  const shown = options.format === "text" ? condense(diagnostics).map(withCount) : diagnostics;
  process.stderr.write(await formatReport(shown, summary, options, process.stderr.isTTY));
}

function withCount({ finding, others }: Condensed): Diagnostic {
  const more = `${others} more like it in this file: \`policyc lint\` shows them`;
  return others === 0 ? finding : { ...finding, help: [finding.help ?? [], more].flat().join("; ") };
}

/** The bundle of some inputs; findings are for the caller to print. */
export async function compileBundle(
  inputs: ParsedInputs,
  targets: readonly Target[],
  cache: ObjectCache | undefined,
): Promise<{ readonly bundle: Uint8Array | undefined; readonly diagnostics: readonly Diagnostic[] }> {
  const { checkPolicies, compilePolicies } = await import("../compile.ts");
  if (hasErrors(inputs.diagnostics)) {
    // The policies that did parse are checked all the same: every mistake in one run.
    const checked = inputs.tree.policies.length === 0 ? [] : checkPolicies(inputs.tree, targets).diagnostics;
    return { bundle: undefined, diagnostics: [...inputs.diagnostics, ...checked] };
  }
  const compiled = await compilePolicies(inputs.tree, targets, inputs.diagnostics, cache);
  return { bundle: compiled.value?.bundle, diagnostics: [...inputs.diagnostics, ...compiled.diagnostics] };
}
