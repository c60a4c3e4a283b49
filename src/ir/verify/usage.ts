/** How near a compilation comes to each limit: for manifests and for people. */
import { limits } from "../../kernel/limits.ts";
import type { Target } from "../../kernel/target.ts";
import type { Budget, ProgramBudget } from "./budget.ts";
import { walkIn } from "./check-programs.ts";

/** The largest use of something that has a limit. */
export interface LimitUse {
  /** What is used: `instructions`, `bytes of stack`. */
  readonly limit: string;
  readonly used: number;
  readonly maximum: number;
  /** Where most is used: a hook, a field, a function or a map. */
  readonly where: string;
}

/** The largest use of every limit that a compilation comes near to, in the order of the pipeline. */
export function usesOf(budget: Budget, targets: readonly Target[]): readonly LimitUse[] {
  const { hooks } = budget;
  const programs = (part: (program: ProgramBudget) => number): readonly Candidate[] =>
    hooks.flatMap((hook) => hook.programs.map((program) => [part(program), hook.hook]));
  const walked = targets.flatMap((target) =>
    hooks.map((hook): Candidate => [walkIn(hook, target).estimate, `${hook.hook} on ${target.name}`]),
  );
  const perCpu = budget.maps.filter(({ kind }) => kind === "percpu_array");
  const keys = budget.maps.filter(({ kind }) => kind === "lpm_trie");
  return [
    use(
      "rules on a hook",
      limits.rulesPerHook,
      hooks.map(({ hook, rules }) => [rules.length, hook]),
    ),
    use(
      "values of a field",
      limits.valuesPerField,
      hooks.flatMap(({ hook, fields }) => fields.map(({ name, values }) => [values, `${name} of ${hook}`])),
    ),
    use(
      "instructions",
      limits.jumpInstructions,
      programs(({ instructions }) => instructions),
    ),
    use("instructions to verify", limits.walkedInstructions, walked),
    use(
      "bytes of stack",
      limits.stackBytes,
      programs(({ stackBytes }) => stackBytes),
    ),
    use(
      "iterations of a loop",
      limits.loopIterations,
      programs(({ loopIterations }) => loopIterations),
    ),
    use(
      "tail calls",
      limits.tailCalls,
      programs(({ tailCalls }) => tailCalls),
    ),
    use(
      "programs on a function",
      limits.programsPerTrampoline,
      budget.functions.map(({ name, programs: count }) => [count, name]),
    ),
    use(
      "bytes of a trie's key",
      limits.trieKeyBytes,
      keys.map(({ keyBytes, name }) => [keyBytes - PREFIX_LENGTH_BYTES, name]),
    ),
    use(
      "bytes of a value per processor",
      limits.perCpuValueBytes,
      perCpu.map(({ valueBytes, name }) => [valueBytes, name]),
    ),
  ];
}

const PREFIX_LENGTH_BYTES = 4;

type Candidate = readonly [used: number, where: string];

function use(limit: string, maximum: number, candidates: readonly Candidate[]): LimitUse {
  const [used, where] = candidates.reduce<Candidate>(
    (most, each) => (each[0] > most[0] ? each : most),
    [0, ""],
  );
  return { limit, used, maximum, where };
}

/** The budget of a program of the object, by its hook, its section and its name. */
export function budgetOfProgram(
  budget: Budget,
  hook: number,
  section: string,
  program: string,
): ProgramBudget | undefined {
  const generation = program.endsWith("_5_10") ? "5.10" : "6.1";
  return budget.hooks[hook]?.programs.find(
    (each) => each.section === section && each.generation === generation,
  );
}
