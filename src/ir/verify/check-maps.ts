/** Limits of maps: bytes of a key, of a value, and of the whole map. */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { kernelFeatures } from "../../kernel/features.ts";
import { limits } from "../../kernel/limits.ts";
import { type Target, hasFeature } from "../../kernel/target.ts";
import type { MapBudget } from "./budget.ts";
import { type TargetProblem, type VerifyContext, lastRule, overTargets } from "./context.ts";

/** An LPM trie's key starts with the prefix length. */
const PREFIX_LENGTH_BYTES = 4;

/** Every map against every target. */
export function checkMaps(context: VerifyContext): readonly Diagnostic[] {
  const { budget, targets, ir } = context;
  return budget.maps.flatMap((map) => {
    const span = lastRule(context, map.hook ?? ir.hooks.length - 1);
    return overTargets(targets, span, (target) => problemOf(map, target));
  });
}

function problemOf(map: MapBudget, target: Target): TargetProblem | undefined {
  const isOld = hasFeature(target, kernelFeatures.memoryOfCgroup) === "no";
  const parts: readonly (readonly [string, number, number, string])[] = [
    ["bytes of a key", map.keyBytes, keyLimit(map, isOld), "compare with shorter texts"],
    ["bytes of a value", map.valueBytes, valueLimit(map, isOld), valueHelp(map)],
    ["bytes", map.bytes, isOld ? limits.mapBytes : Infinity, "list fewer values, or split the policies"],
  ];
  const over = parts.find(([, amount, limit]) => amount > limit);
  if (over === undefined) {
    return undefined;
  }
  const [what, amount, limit, help] = over;
  return {
    code: "map-too-large",
    message: (kernels) => `${amount} ${what} in map \`${map.name}\`: the limit of ${kernels} is ${limit}`,
    help: () => help,
  };
}

function keyLimit({ kind }: MapBudget, isOld: boolean): number {
  switch (kind) {
    case "lpm_trie":
      return limits.trieKeyBytes + PREFIX_LENGTH_BYTES;
    case "hash":
      return isOld ? limits.stackBytes : limits.arrayValueBytes;
    case "array":
    case "percpu_array":
    case "ringbuf":
    case "task_storage":
      return Infinity;
  }
}

function valueLimit({ kind }: MapBudget, isOld: boolean): number {
  switch (kind) {
    case "percpu_array":
      return limits.perCpuValueBytes;
    case "array":
    case "hash":
    case "lpm_trie":
    case "ringbuf":
    case "task_storage":
      return isOld ? limits.arrayValueBytes : Infinity;
  }
}

function valueHelp({ kind }: MapBudget): string {
  return kind === "percpu_array"
    ? "every block that can decide one event takes room: join blocks and policies on the hook"
    : "every distinct value takes a vector of all rules: join rules, or split the policies";
}
