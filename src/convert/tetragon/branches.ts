/** Conditions as alternatives of comparisons: what selectors can say. */
import type { Comparison, Condition } from "../../parser/policy/tree.ts";

/** A comparison, or its opposite. */
export interface SignedComparison {
  readonly comparison: Comparison;
  readonly negated: boolean;
  /** What the process descends from is compared as well. */
  readonly follows?: boolean;
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
    case "or": {
      const followed = condition.kind === "or" ? followedComparison(condition.operands) : undefined;
      if (followed !== undefined) {
        return [[{ comparison: followed, negated, follows: true }]];
      }
      return (condition.kind === "or") === negated
        ? product(condition.operands, negated)
        : union(condition.operands, negated);
    }
  }
}

/** A process and all that it descends from, compared with the same: one filter that follows. */
function followedComparison([own, above, ...more]: readonly Condition[]): Comparison | undefined {
  if (own?.kind !== "comparison" || above?.kind !== "comparison" || more.length > 0) {
    return undefined;
  }
  const [root, part] = own.field.segments;
  const isSame =
    root === "process" &&
    (part === "exe" || part === "pid") &&
    above.field.segments.join(".") === `any ancestor.${part}` &&
    own.operator === "in" &&
    above.operator === "in" &&
    !own.ignoreCase &&
    !above.ignoreCase &&
    spelled(own) === spelled(above);
  return isSame ? own : undefined;
}

function spelled({ values }: Comparison): string {
  return values
    .map((value) => (value.kind === "integer" || value.kind === "string" ? String(value.value) : ""))
    .join("\0");
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
