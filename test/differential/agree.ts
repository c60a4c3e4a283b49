/** From a random hook to whether generated code decides its events as the evaluator does. */
import { compileObject } from "../../src/bundle/clang.ts";
import { PROGRAM_FILE } from "../../src/codegen/generate.ts";
import { generateTestRun } from "../../src/codegen/test-run.ts";
import type { HookEvent } from "../../src/ir/evaluate.ts";
import { describeDifference, type Difference, differencesOf } from "./compare.ts";
import { irOf, type RandomHook } from "./hooks.ts";
import { decideInKernel, type KernelRun, type TestProgram } from "./kernel.ts";
import { type FindDifference, onlyRules, shrink, type ShrinkLimits } from "./shrink.ts";

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
  const start = await focus(random, difference, find);
  const smallest = await shrink({ random: start, event: difference.event }, find, limits);
  const { differences } = await tryHook(runner, smallest.random, [smallest.event]);
  return describeDifference(smallest.random, differences[0] ?? difference);
}

/** Leaves out at once what most likely does not matter: rules, or at least blocks, that both sides agree on. */
async function focus(random: RandomHook, difference: Difference, find: FindDifference): Promise<RandomHook> {
  const { event, found, wanted } = difference;
  const disputed = new Set(
    [found, wanted].flatMap((result, index, results) => {
      const others = new Set(results[1 - index]?.decisions.map(({ rule }) => rule));
      return result.decisions.map(({ rule }) => rule).filter((rule) => !others.has(rule));
    }),
  );
  const { blocks } = random.hook;
  const firstRules = blocks.map((_, index) =>
    blocks.slice(0, index).reduce((sum, block) => sum + block.rules.length, 0),
  );
  const disputedBlocks = new Set(
    [...disputed].map((rule) => firstRules.findLastIndex((first) => first <= rule)),
  );
  for (const left of [
    onlyRules(blocks, (rule) => disputed.has(rule)),
    onlyRules(blocks, (_, block) => disputedBlocks.has(block)),
  ]) {
    const smaller = { ...random, hook: { ...random.hook, blocks: left } };
    if (left.length > 0 && (await find(smaller, [event]).catch(() => undefined)) !== undefined) {
      return smaller;
    }
  }
  return random;
}
