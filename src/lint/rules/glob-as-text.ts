import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Literal } from "../../parser/policy/tree.ts";
import type { LintRule } from "../lint-rule.ts";
import { placedComparisons } from "../walk.ts";

/** Operators that take every character as itself. */
const literalOperators: ReadonlySet<string> = new Set(["in", "starts-with", "ends-with", "under"]);

/** A wildcard in a path that is compared letter by letter. */
export const globAsText: LintRule = {
  code: "glob-as-text",
  optional: false,
  check: ({ tree }) =>
    placedComparisons(tree).flatMap(({ comparison }) =>
      literalOperators.has(comparison.operator)
        ? comparison.values.filter(looksLikeGlob).map((literal) =>
            diagnostic("glob-as-text", literal.span, "the wildcard is compared as a letter here", {
              help: "write `matches`, which knows `*`, `**`, `?`, `[a-z]` and `{a,b}`",
            }),
          )
        : [],
    ),
};

/** `[` names a file often enough (`/usr/bin/[`), and `?` stands in URLs; a star hardly ever is a letter. */
function looksLikeGlob(literal: Literal): boolean {
  return literal.kind === "string" && literal.value.includes("/") && literal.value.includes("*");
}
