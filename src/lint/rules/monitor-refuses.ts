import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Action, Policy } from "../../parser/policy/tree.ts";
import type { LintRule } from "../lint-rule.ts";
import { rulesOf } from "../walk.ts";

/** A policy in monitor mode that says `deny` or `kill`: said once a policy. */
export const monitorRefuses: LintRule = {
  code: "monitor-refuses",
  optional: false,
  check: ({ tree }) =>
    tree.policies.flatMap((policy) => {
      const action = policy.mode === "monitor" ? firstRefusal(policy) : undefined;
      return action === undefined
        ? []
        : [
            diagnostic(
              "monitor-refuses",
              action.span,
              `\`${action.kind}\` only reports: the policy is in monitor mode`,
              {
                help: "set the mode to enforce when the reports show nothing that must go on",
                related: [{ message: "the policy", span: policy.name.span }],
              },
            ),
          ];
    }),
};

function firstRefusal(policy: Policy): Action | undefined {
  return policy.blocks
    .flatMap(rulesOf)
    .flatMap(({ actions }) => actions)
    .find(({ kind }) => kind === "deny" || kind === "kill");
}
