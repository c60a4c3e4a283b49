/** Conditions as alternatives of comparisons: what selectors can say. */
import type { Comparison, Condition } from "../../parser/policy/tree.ts";

/** A comparison, or its opposite. */
export interface SignedComparison {
  readonly comparison: Comparison;
  readonly negated: boolean;
}

/** Comparisons that all hold. */
export type Branch = readonly SignedComparison[];

/** Alternatives that one condition may become: more would be no policy that anybody reads. */
const mostBranches = 128;

/** The alternatives of a condition: any of them holds. Undefined: there are too many. */
export function branchesOf(condition: Condition | undefined, negated = false): readonly Branch[] | undefined {
  switch (condition?.kind) {
    case undefined:
      return [[]];
    case "comparison":
      return [[{ comparison: condition, negated }]];
    case "not":
      return branchesOf(condition.operand, !negated);
    case "and":
    case "or":
      return (condition.kind === "or") === negated
        ? product(condition.operands, negated)
        : union(condition.operands, negated);
  }
}

function union(operands: readonly Condition[], negated: boolean): readonly Branch[] | undefined {
  const all: Branch[] = [];
  for (const operand of operands) {
    const branches = branchesOf(operand, negated);
    if (branches === undefined || all.length + branches.length > mostBranches) {
      return undefined;
    }
    all.push(...branches);
  }
  return all;
}

function product(operands: readonly Condition[], negated: boolean): readonly Branch[] | undefined {
  let all: readonly Branch[] = [[]];
  for (const operand of operands) {
    const branches = branchesOf(operand, negated);
    if (branches === undefined || all.length * branches.length > mostBranches) {
      return undefined;
    }
    all = all.flatMap((before) => branches.map((branch) => [...before, ...branch]));
  }
  return all;
}
