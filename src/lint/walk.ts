/** Comparisons of a Policy tree with the place where they stand. */
import type { Block, Comparison, Condition, Policy, PolicyTree, Rule } from "../parser/policy/tree.ts";
import type { Span } from "../source/source.ts";

export interface PlacedComparison {
  readonly policy: Policy;
  /** Absent in the scope of a policy. */
  readonly block: Block | undefined;
  readonly comparison: Comparison;
  /** Whether it stands below an odd number of `not`s. */
  readonly negated: boolean;
}

/** What was found in a tree: most lint rules ask for it. */
const placedIn = new WeakMap<PolicyTree, readonly PlacedComparison[]>();

/** Every comparison of the policies, in order. */
export function placedComparisons(tree: PolicyTree): readonly PlacedComparison[] {
  const known = placedIn.get(tree);
  if (known !== undefined) {
    return known;
  }
  const placed: PlacedComparison[] = [];
  for (const policy of tree.policies) {
    const scope = policy.scope.kind === "containers" ? policy.scope.condition : undefined;
    for (const { comparison, negated } of comparisonsOf(scope)) {
      placed.push({ policy, block: undefined, comparison, negated });
    }
    for (const block of policy.blocks) {
      for (const condition of [block.condition, ...rulesOf(block).map((rule) => rule.condition)]) {
        for (const { comparison, negated } of comparisonsOf(condition)) {
          placed.push({ policy, block, comparison, negated });
        }
      }
    }
  }
  placedIn.set(tree, placed);
  return placed;
}

/** The rules of a block with its posture. */
export function rulesOf(block: Block): readonly Rule[] {
  return block.otherwise === undefined ? block.rules : [...block.rules, block.otherwise];
}

interface FoundComparison {
  readonly comparison: Comparison;
  readonly negated: boolean;
}

/** The comparisons of a condition, in order. */
export function comparisonsOf(condition: Condition | undefined, negated = false): readonly FoundComparison[] {
  switch (condition?.kind) {
    case undefined:
      return [];
    case "comparison":
      return [{ comparison: condition, negated }];
    case "not":
      return comparisonsOf(condition.operand, !negated);
    case "and":
    case "or":
      return condition.operands.flatMap((operand) => comparisonsOf(operand, negated));
  }
}

/** A key that is the same for the same place. */
export function spanKey({ end, source, start }: Span): string {
  return `${source.name}:${start}:${end}`;
}
