import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { FieldReference } from "../../parser/policy/tree.ts";
import type { LintRule } from "../lint-rule.ts";
import { placedComparisons } from "../walk.ts";

/** What a process was started with, asked where it is about to be another program. */
export const argsAtExec: LintRule = {
  code: "args-at-exec",
  optional: false,
  check: ({ tree }) =>
    placedComparisons(tree)
      .filter(
        ({ block, comparison }) =>
          isOfProgram(comparison.field) &&
          block?.hooks.some((hook) => hook.kind === "event" && hook.name.text === "process.exec") === true,
      )
      .map(({ comparison: { field } }) => {
        const what = field.segments[1] === "env" ? "environment" : "arguments";
        return diagnostic(
          "args-at-exec",
          field.span,
          `the ${what} of the program before, not of the new one`,
          {
            help: "look at the new ones with `on tracepoint sched/sched_process_exec`: a kill there is before the first instruction",
          },
        );
      }),
};

function isOfProgram({ segments: [root, part] }: FieldReference): boolean {
  return root === "process" && (part === "args" || part === "env");
}
