import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Span } from "../../source/source.ts";
import { implies, isImpossible } from "../implication.ts";
import type { LintRule } from "../lint-rule.ts";
import { type PlacedRule, commonSpan, rulesBySpan } from "../placed-rules.ts";

/** Earlier rules that a rule is compared with: a block with thousands of rules must not take minutes. */
const mostEarlier = 200;

/** A rule whose every event an earlier rule of its block decides, at every hook. */
export const ruleShadowed: LintRule = {
  code: "rule-shadowed",
  optional: false,
  check: ({ ir }) =>
    ir === undefined
      ? []
      : [...rulesBySpan(ir).values()].flatMap((places) => {
          const earlier = commonSpan(places.map(shadowing));
          const span = places[0]?.rule.span;
          return earlier === undefined || span === undefined
            ? []
            : [
                diagnostic("rule-shadowed", span, "an earlier rule decides all that this rule could", {
                  help: "the first rule that holds decides: put this rule before it, or remove it",
                  related: [{ message: "this rule comes first", span: earlier }],
                }),
              ];
        }),
};

function shadowing({ block, fields, index, rule }: PlacedRule): Span | undefined {
  // What never matches at all has a finding of its own.
  if (isImpossible(rule.condition, fields)) {
    return undefined;
  }
  return block.rules
    .slice(Math.max(0, index - mostEarlier), index)
    .find((earlier) => implies(rule.condition, earlier.condition, fields))?.span;
}
