import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Block, Comparison, Condition, FieldReference, Rule } from "../../parser/policy/tree.ts";
import { spellField } from "../../parser/policy/layout-condition.ts";
import { isResolvedPath } from "../fields.ts";
import type { LintRule } from "../lint-rule.ts";
import { comparisonsOf, rulesOf } from "../walk.ts";

/** A refusal for all that is not something: it also takes what has no such value at all. */
export const missingValue: LintRule = {
  code: "missing-value",
  optional: false,
  check: ({ tree }) =>
    tree.policies.flatMap(({ blocks }) =>
      blocks.flatMap((block) => rulesOf(block).flatMap((rule) => findings(block, rule))),
    ),
};

function findings(block: Block, rule: Rule): readonly Diagnostic[] {
  if (!rule.actions.some(({ kind }) => kind === "deny" || kind === "kill")) {
    return [];
  }
  const operands = [block.condition, rule.condition].flatMap(conjuncts);
  const present = new Set(
    operands.flatMap((operand) => (operand.kind === "comparison" ? [keyOf(operand.field)] : [])),
  );
  return operands
    .flatMap((operand) => comparisonsOf(operand))
    .filter(({ comparison, negated }) => {
      const { field, operator } = comparison;
      return negated && operator !== "exists" && !present.has(keyOf(field)) && mayBeMissing(field, block);
    })
    .map(({ comparison }) => finding(comparison));
}

function finding({ field, span }: Comparison): Diagnostic {
  const name = spellField(field).slice(0, 40);
  return diagnostic("missing-value", span, `this also refuses where there is no \`${name}\``, {
    help: `if only those with a value are meant, add \`and ${name} exists\``,
  });
}

/** What must all hold. */
function conjuncts(condition: Condition | undefined): readonly Condition[] {
  if (condition === undefined) {
    return [];
  }
  return condition.kind === "and" ? condition.operands.flatMap(conjuncts) : [condition];
}

/** Pipes and sockets have no path, and the first process has no parent. */
function mayBeMissing(field: FieldReference, block: Block): boolean {
  const [root = ""] = field.segments;
  if (isElement(field)) {
    return true;
  }
  // Whoever has no ancestor descends from nothing that is listed: that is what was asked.
  if (root === "process" || root === "any ancestor") {
    return false;
  }
  return root === "parent" || root === "ancestor" || isResolvedPath(field, block);
}

/** One argument, or one variable: there need be none. */
function isElement({ segments }: FieldReference): boolean {
  const list = segments.at(-2);
  return list === "env" || (list === "args" && segments.at(-1) !== "0");
}

/** `f` and `f.path` are one. */
function keyOf({ segments }: FieldReference): string {
  return (segments.at(-1) === "path" ? segments.slice(0, -1) : segments).join("\0");
}
