import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Block, Comparison, Condition, PolicyTree } from "../../parser/policy/tree.ts";

/** Selectors of one hook that Tetragon takes. */
const maximumRules = 5;
/** Values of one integer comparison that Tetragon takes. */
const maximumValues = 4;

/** Warns of what Tetragon's own engine would refuse: for policies that must run on both. */
export function checkDialectLimits(tree: PolicyTree): readonly Diagnostic[] {
  return tree.policies.flatMap((policy) => policy.blocks.flatMap(checkBlock));
}

function checkBlock(block: Block): readonly Diagnostic[] {
  const findings: Diagnostic[] = [];
  const extra = block.rules[maximumRules];
  if (extra !== undefined) {
    findings.push(
      diagnostic(
        "dialect-limit",
        extra.span,
        `${block.rules.length} selectors: Tetragon takes ${maximumRules} a hook`,
      ),
    );
  }
  for (const rule of block.rules) {
    for (const comparison of comparisonsOf(rule.condition)) {
      const value = comparison.values[maximumValues];
      if (value?.kind === "integer") {
        findings.push(
          diagnostic(
            "dialect-limit",
            value.span,
            `${comparison.values.length} values: Tetragon takes ${maximumValues} numbers`,
          ),
        );
      }
    }
  }
  return findings;
}

function comparisonsOf(condition: Condition | undefined): readonly Comparison[] {
  switch (condition?.kind) {
    case undefined:
      return [];
    case "comparison":
      return [condition];
    case "not":
      return comparisonsOf(condition.operand);
    case "and":
    case "or":
      return condition.operands.flatMap(comparisonsOf);
  }
}
