import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Comparison, Literal } from "../../parser/policy/tree.ts";
import { isResolvedPath } from "../fields.ts";
import type { LintRule } from "../lint-rule.ts";
import { placedComparisons } from "../walk.ts";

/** A glob, a start or a network that takes in every value. */
export const matchesEverything: LintRule = {
  code: "matches-everything",
  optional: false,
  check: ({ tree }) =>
    placedComparisons(tree).flatMap(({ block, comparison }) => {
      const isPath = isResolvedPath(comparison.field, block);
      return comparison.values
        .filter((literal) => takesAll(comparison, literal, isPath))
        .map((literal) =>
          diagnostic("matches-everything", literal.span, `\`${textOf(literal)}\` takes in every value`, {
            help: "narrow it, or leave the comparison out; to ask for any value at all write `exists`",
          }),
        );
    }),
};

function textOf(literal: Literal): string {
  return literal.kind === "string" || literal.kind === "cidr" ? literal.value : "";
}

function takesAll({ operator }: Comparison, literal: Literal, isPath: boolean): boolean {
  const text = textOf(literal);
  switch (operator) {
    case "matches":
      return (
        text === "**" ||
        text === "**/*" ||
        text === "**/**" ||
        (isPath && /^\/\*\*(?:\/\*{1,2})?$/.test(text))
      );
    case "starts-with":
      return literal.kind === "string" && (text === "" || (isPath && text === "/"));
    case "under":
      return isPath && /^\/+$/.test(text);
    case "ends-with":
    case "contains":
      return (
        literal.kind === "string" && (text === "" || (isPath && operator === "contains" && text === "/"))
      );
    case "in":
      return literal.kind === "cidr" && text === "::/0";
    case "less":
    case "less-or-equal":
    case "greater":
    case "greater-or-equal":
    case "has-any":
    case "has-all":
    case "exists":
      return false;
  }
}
