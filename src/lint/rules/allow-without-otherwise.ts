import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Block, Rule } from "../../parser/policy/tree.ts";
import { createSpan } from "../../source/source.ts";
import type { LintRule } from "../lint-rule.ts";

/** A block with `allow` in which nothing is refused: the list looks like an allow list and is none. */
export const allowWithoutOtherwise: LintRule = {
  code: "allow-without-otherwise",
  optional: false,
  check: ({ tree }) =>
    tree.policies.flatMap(({ blocks }) =>
      blocks.flatMap((block) => {
        const rule = uselessAllow(block);
        return rule === undefined ? [] : [finding(block, rule)];
      }),
    ),
};

/** The first `allow`, when neither a later rule nor the posture refuses or reports. */
function uselessAllow(block: Block): Rule | undefined {
  // The posture of a group can stand in another block.
  if (block.group !== undefined || block.otherwise !== undefined) {
    return undefined;
  }
  const index = block.rules.findIndex(({ actions }) => actions.some(({ kind }) => kind === "allow"));
  const does = block.rules
    .slice(index + 1)
    .some(
      ({ actions }) =>
        actions.length === 0 || actions.some(({ kind }) => kind !== "allow" && kind !== "silent"),
    );
  return does ? undefined : block.rules[index];
}

function finding(block: Block, rule: Rule): ReturnType<typeof diagnostic> {
  const { source } = block.span;
  const end = block.span.end - 1;
  const isBraced = source.text[end] === "}" && source.name.endsWith(".policy");
  const place = createSpan(source, end, end);
  return diagnostic(
    "allow-without-otherwise",
    rule.span,
    "`allow` changes nothing: nothing else is refused",
    {
      help: "end the block with `otherwise deny, alert`",
      fixes: isBraced
        ? [
            {
              title: "end the block with `otherwise deny, alert`",
              safety: "unsafe",
              edits: [{ span: place, text: "otherwise deny, alert\n" }],
            },
          ]
        : [],
    },
  );
}
