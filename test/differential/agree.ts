/** From a random hook to whether generated code decides its events as the evaluator does. */
import { compileObject } from "../../src/bundle/clang.ts";
import { PROGRAM_FILE } from "../../src/codegen/generate.ts";
import { generateTestRun } from "../../src/codegen/test-run.ts";
import type { HookEvent } from "../../src/ir/evaluate.ts";
import { describeDifference, type Difference, differencesOf } from "./compare.ts";
import { irOf, type RandomHook } from "./hooks.ts";
import { decideInKernel, type KernelRun, type TestProgram } from "./kernel.ts";
import { shrink, type ShrinkLimits } from "./shrink.ts";

/** Compiles the hook's test-run build. Throws when clang refuses it. */
export async function compileHook(random: RandomHook): Promise<TestProgram> {
  const { text, plan } = generateTestRun(irOf(random), random.variant);
  const { value, diagnostics } = await compileObject(PROGRAM_FILE, text);
  if (value === undefined) {
    throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  }
  return { hook: random.hook, modes: random.policies.map(({ mode }) => mode), object: value, plan };
}

export interface Trial {
  readonly run: KernelRun;
  readonly differences: readonly Difference[];
}

/** Decides the events both ways. */
export async function tryHook(
  runner: string,
  random: RandomHook,
  events: readonly HookEvent[],
): Promise<Trial> {
  const run = await decideInKernel(runner, await compileHook(random), events);
  return { run, differences: differencesOf(random, events, run.results) };
}

/** A difference made small, in words. */
export async function explainDifference(
  runner: string,
  random: RandomHook,
  difference: Difference,
  limits: ShrinkLimits,
): Promise<string> {
  const find = async (smaller: RandomHook, events: readonly HookEvent[]): Promise<number | undefined> => {
    const trial = await tryHook(runner, smaller, events);
    const first = trial.differences[0]?.event;
    return first === undefined ? undefined : events.indexOf(first);
  };
  const smallest = await shrink({ random, event: difference.event }, find, limits);
  const { differences } = await tryHook(runner, smallest.random, [smallest.event]);
  return describeDifference(smallest.random, differences[0] ?? difference);
}
