/** What each target must have: helpers, types of maps, and maps that programs which sleep can use. */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import {
  type Feature,
  type HelperName,
  helperFeatures,
  mapFeatures,
  releaseName,
  sleepableMaps,
} from "../../kernel/features.ts";
import { type Target, hasFeature } from "../../kernel/target.ts";
import type { ProgramBudget } from "./budget.ts";
import { type Generation, generations } from "./calls.ts";
import { type TargetProblem, type VerifyContext, lastRule, overTargets } from "./context.ts";

/** The programs that a target runs: those of the first generation whose helpers it has, else of the last. */
export function generationOn(programs: readonly ProgramBudget[], target: Target): Generation {
  const missing = (generation: Generation): boolean =>
    programs.some(
      (program) => program.generation === generation && missingHelper(program, target) !== undefined,
    );
  return generations.find((generation) => !missing(generation)) ?? "5.10";
}

function missingHelper({ helpers }: ProgramBudget, target: Target): HelperName | undefined {
  return helpers.find((name) => hasFeature(target, helperFeatures[name]) === "no");
}

/** Every program against every target. */
export function checkFeatures(context: VerifyContext): readonly Diagnostic[] {
  return context.budget.hooks.flatMap(({ hook, programs }, index) =>
    overTargets(context.targets, lastRule(context, index), (target) => {
      const generation = generationOn(programs, target);
      const own = programs.filter((program) => program.generation === generation);
      return own.map((program) => problemOf(program, target, hook)).find((problem) => problem !== undefined);
    }),
  );
}

function problemOf(program: ProgramBudget, target: Target, hook: string): TargetProblem | undefined {
  const helper = missingHelper(program, target);
  if (helper !== undefined) {
    return missing(`helper \`${helper}\`, which`, helperFeatures[helper], hook);
  }
  const map = program.maps.find((kind) => hasFeature(target, mapFeatures[kind]) === "no");
  if (map !== undefined) {
    return missing(`maps of type \`${map}\`, which`, mapFeatures[map], hook);
  }
  const unusable = program.sleeps
    ? program.maps.find((kind) => hasFeature(target, sleepableMaps[kind]) === "no")
    : undefined;
  return unusable === undefined
    ? undefined
    : missing(`maps of type \`${unusable}\` for programs that sleep, as`, sleepableMaps[unusable], hook);
}

function missing(what: string, { since }: Feature, hook: string): TargetProblem {
  return {
    code: "feature-missing",
    message: (kernels) =>
      `${kernels} ${kernels.startsWith("kernels") ? "have" : "has"} no ${what} \`${hook}\` needs`,
    help: () => `kernels have it from ${releaseName(since)} on: name other targets with \`--target\``,
  };
}
