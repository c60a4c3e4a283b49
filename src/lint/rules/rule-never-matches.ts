import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { isImpossible } from "../implication.ts";
import type { LintRule } from "../lint-rule.ts";
import { rulesBySpan } from "../placed-rules.ts";

/** A rule whose condition contradicts itself, or the condition of its block, at every hook. */
export const ruleNeverMatches: LintRule = {
  code: "rule-never-matches",
  optional: false,
  check: ({ found, ir }) =>
    ir === undefined
      ? []
      : [...rulesBySpan(ir).values()].flatMap((places) => {
          const [first] = places;
          const span = first?.rule.span;
          const isReported = found.some(
            (finding) =>
              finding.code === "condition-never-true" &&
              finding.span?.source === span?.source &&
              (finding.span?.start ?? -1) >= (span?.start ?? 0) &&
              (finding.span?.end ?? 0) <= (span?.end ?? 0),
          );
          return span === undefined ||
            isReported ||
            !places.every(({ fields, rule }) => isImpossible(rule.condition, fields))
            ? []
            : [
                diagnostic(
                  "rule-never-matches",
                  span,
                  "no event can fulfil the whole condition of this rule",
                  {
                    help: "two parts of it, or it and the block's condition, exclude each other: use `or`, or remove one",
                  },
                ),
              ];
        }),
};
