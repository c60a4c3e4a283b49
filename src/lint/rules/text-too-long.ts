import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { FieldReference } from "../../parser/policy/tree.ts";
import type { LintRule } from "../lint-rule.ts";
import { placedComparisons } from "../walk.ts";

/** Bytes that a field can hold, by its last part: the kernel's TASK_COMM_LEN and HOST_NAME_MAX. */
const longest: ReadonlyMap<string, number> = new Map([
  ["comm", 15],
  ["hostname", 64],
  ["nodename", 64],
]);

const textOperators: ReadonlySet<string> = new Set(["in", "starts-with", "ends-with", "contains"]);

/** A text that is compared with a field that can't hold it. */
export const textTooLong: LintRule = {
  code: "text-too-long",
  optional: false,
  check: ({ tree }) =>
    placedComparisons(tree).flatMap(({ comparison }) => {
      const limit = limitOf(comparison.field);
      return limit === undefined || !textOperators.has(comparison.operator)
        ? []
        : comparison.values.flatMap((literal) => {
            const bytes = literal.kind === "string" ? Buffer.byteLength(literal.value) : 0;
            return bytes <= limit
              ? []
              : [
                  diagnostic(
                    "text-too-long",
                    literal.span,
                    `the text has ${bytes} bytes, the field holds ${limit}`,
                    {
                      help: `the kernel cuts it: write the first ${limit} bytes, or compare the path of the executable`,
                    },
                  ),
                ];
          });
    }),
};

function limitOf({ segments }: FieldReference): number | undefined {
  const isName = segments.at(-2) === "env" || segments.at(-2) === "labels";
  return segments.length < 2 || isName ? undefined : longest.get(segments.at(-1) ?? "");
}
