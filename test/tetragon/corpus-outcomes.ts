/** What becomes of each policy of the corpus on a kernel, as the table in docs/tetragon.md states it. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { checkPolicies } from "../../src/compile.ts";
import { type Outcome, hasErrors } from "../../src/diagnostics/diagnostic.ts";
import { type Target, supportedTargets, targetFromBtf } from "../../src/kernel/target.ts";
import { parseSources } from "../../src/parser/parse.ts";
import type { PolicyTree } from "../../src/parser/policy/tree.ts";
import { createSource } from "../../src/source/source.ts";
import type { KernelName } from "../../src/vm/kernel-catalog.ts";
import { prepareKernel } from "../../src/vm/prepare-kernel.ts";

export const CORPUS = join(import.meta.dirname, "../../../shared/corpus/tetragon");

const MOST_MESSAGES = 4;

const parameters = new Map([
  ["PODCIDR", "10.1.0.0/16"],
  ["SERVICECIDR", "10.2.0.0/16"],
]);

/** The files of the corpus, in order. */
export function corpusFiles(): readonly string[] {
  return readdirSync(CORPUS, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".yaml"))
    .sort();
}

/** A kernel as its own BTF describes it. */
export async function targetWithBtf(kernel: KernelName): Promise<Target> {
  const { btf } = await prepareKernel(kernel, () => undefined);
  const known = supportedTargets.find(({ name }) => name === kernel);
  const read = targetFromBtf(kernel, readFileSync(btf)).value;
  if (known === undefined || read?.btf === undefined) {
    throw new Error(`no BTF of kernel ${kernel}`);
  }
  return { ...known, btf: read.btf };
}

/** The policies of a file of the corpus, with values for its parameters. */
export function parseCorpusFile(file: string): Promise<Outcome<PolicyTree>> {
  const text = readFileSync(join(CORPUS, file), "utf8");
  const used = text.includes("${PODCIDR}") ? parameters : new Map<string, string>();
  return parseSources([createSource(file, text)], { parameters: used });
}

/** `compiles`, or what is in the way. */
export async function outcomeOf(file: string, target: Target): Promise<string> {
  const parsed = await parseCorpusFile(file);
  const checked =
    parsed.value === undefined || hasErrors(parsed.diagnostics)
      ? []
      : checkPolicies(parsed.value, [target]).diagnostics;
  const errors = [...parsed.diagnostics, ...checked].filter(({ severity }) => severity === "error");
  const messages = new Set(errors.map(({ message }) => message.replaceAll("|", "\\|")));
  return errors.length === 0 ? "compiles" : shortened([...messages]);
}

/** A policy over hundreds of functions may lack hundreds of them. */
function shortened(messages: readonly string[]): string {
  const shown = messages.slice(0, MOST_MESSAGES).join("; ");
  const left = messages.length - MOST_MESSAGES;
  return left > 0 ? `${shown}; and ${left} more` : shown;
}

/** One row of the table. */
export function rowOf(file: string, outcomes: readonly string[]): string {
  return `| ${[`\`${file}\``, ...outcomes].join(" | ")} |`;
}
