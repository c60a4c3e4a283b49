import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Block } from "../../parser/policy/tree.ts";
import type { LintRule } from "../lint-rule.ts";
import { comparisonsOf } from "../walk.ts";

/** Selectors of one hook that Tetragon takes. */
const maximumRules = 5;
/** Values of one integer comparison that Tetragon takes. */
const maximumValues = 4;

/** What Tetragon's own engine would refuse: for policies that must run on both. */
export const dialectLimit: LintRule = {
  code: "dialect-limit",
  optional: true,
  check: ({ tree }) => tree.policies.flatMap((policy) => policy.blocks.flatMap(checkBlock)),
};

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
    for (const { comparison } of comparisonsOf(rule.condition)) {
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
