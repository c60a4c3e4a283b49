/** Limits of programs: instructions, what the verifier walks, stack, loops, tail calls, programs on a function. */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { kernelFeatures } from "../../kernel/features.ts";
import { limits } from "../../kernel/limits.ts";
import { type Target, hasFeature } from "../../kernel/target.ts";
import type { Span } from "../../source/source.ts";
import type { HookBudget, ProgramBudget } from "./budget.ts";
import { type VerifyContext, lastRule, overLimit, overTargets } from "./context.ts";
import type { Generation } from "./calls.ts";
import { generationOn } from "./check-features.ts";
import type { Walked } from "./estimate.ts";
import { worstOverestimate } from "./weights.ts";

const fewerRules = "join rules that have the same actions, or put some of them on another hook";

/** Everything about the programs of each hook that no target changes. */
export function checkPrograms(context: VerifyContext): readonly Diagnostic[] {
  return context.budget.hooks.flatMap((hook, index) => {
    const span = lastRule(context, index);
    const usage = (
      what: string,
      part: keyof ProgramBudget & ("stackBytes" | "tailCalls" | "loopIterations"),
    ) => ({
      what: `${what} for \`${hook.hook}\``,
      amount: largest(hook, (program) => program[part]),
      span,
    });
    return [
      ...overLimit({
        code: "program-too-large",
        what: `instructions for \`${hook.hook}\``,
        amount: largest(hook, ({ instructions }) => instructions),
        limit: limits.jumpInstructions,
        span: spanOfInstruction(hook, limits.jumpInstructions) ?? span,
        help: "list values in place of many rules: a list costs the same however long it is",
      }),
      ...overLimit({
        code: "stack-too-large",
        ...usage("bytes of stack", "stackBytes"),
        limit: limits.stackBytes,
        help: fewerRules,
      }),
      ...overLimit({
        code: "loop-too-long",
        ...usage("iterations of a loop", "loopIterations"),
        limit: limits.loopIterations,
        help: fewerRules,
      }),
      ...overLimit({
        code: "too-many-tail-calls",
        ...usage("tail calls", "tailCalls"),
        limit: limits.tailCalls,
        help: fewerRules,
      }),
    ];
  });
}

function largest({ programs }: HookBudget, part: (program: ProgramBudget) => number): number {
  return programs.reduce((most, program) => Math.max(most, part(program)), 0);
}

/** The rule with which the largest program of the hook gets over a limit. */
function spanOfInstruction(hook: HookBudget, limit: number): Span | undefined {
  const ofRules = hook.rules.reduce((sum, { instructions }) => sum + instructions, 0);
  let sum = largest(hook, ({ instructions }) => instructions) - ofRules;
  return hook.rules.find(({ instructions }) => {
    sum += instructions;
    return sum > limit;
  })?.span;
}

/** What each target's verifier walks: an error where it is surely too much, a warning where it may be. */
export function checkComplexity(context: VerifyContext): readonly Diagnostic[] {
  const maximum = limits.walkedInstructions;
  return context.budget.hooks.flatMap((hook, index) =>
    overTargets(context.targets, lastRule(context, index), (target) => {
      const { estimate, atLeast } = walkIn(hook, target);
      const isSure = atLeast > maximum;
      const amount = `about ${Math.round(estimate)} instructions to verify \`${hook.hook}\``;
      return estimate <= maximum
        ? undefined
        : {
            code: isSure ? "program-too-complex" : "program-maybe-too-complex",
            message: () => `${amount}: ${isSure ? "the limit is" : "kernels give up at"} ${maximum}`,
            help: (kernels) => `on ${kernels}; ${fewerRules}`,
          };
    }),
  );
}

/** Instructions that a verifier walks: what is expected, and what it is at least, as far as estimates go. */
export interface Walk {
  readonly estimate: number;
  readonly atLeast: number;
}

/** The longest walk that a target's verifier takes through a program of the hook. */
export function walkIn({ programs }: HookBudget, target: Target): Walk {
  const generation = generationOn(programs, target);
  return programs
    .filter((program) => program.generation === generation)
    .map((program) => walkOn(program, target))
    .reduce((most, walk) => (walk.estimate > most.estimate ? walk : most), { estimate: 0, atLeast: 0 });
}

/** The verifier of 5.10 goes through each step of a loop: it walks at least as many instructions as there are steps. */
function walkOn({ walked, generation, loopIterations }: ProgramBudget, target: Target): Walk {
  const kind = verifierOf(generation, target);
  const steps = kind === "boundedLoops" ? loopIterations : 0;
  return {
    estimate: Math.max(walked[kind], steps),
    atLeast: Math.max(walked[kind] / worstOverestimate[kind], steps),
  };
}

function verifierOf(generation: Generation, target: Target): keyof Walked {
  if (generation === "5.10") {
    return "boundedLoops";
  }
  return hasFeature(target, kernelFeatures.callbacksAsLoops) === "no" ? "callbacksOnce" : "callbacksAsLoops";
}

/** Programs on each function of the kernel. */
export function checkFunctions(context: VerifyContext): readonly Diagnostic[] {
  return context.budget.functions.flatMap(({ name, programs, hook }) =>
    overLimit({
      code: "too-many-programs",
      what: `programs on \`${name}\``,
      amount: programs,
      limit: limits.programsPerTrampoline,
      span: lastRule(context, hook),
      help: "compile some of the policies for nodes of their own",
    }),
  );
}
