import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePolicyLanguage } from "../../src/parser/policy/parse.ts";
import { printPolicyTree } from "../../src/parser/policy/print.ts";
import { createSource } from "../../src/source/source.ts";
import { policyTree } from "./random-tree.ts";
import { withoutSpans } from "./without-spans.ts";

test("parsing what was printed gives an equal tree", () => {
  fc.assert(
    fc.property(policyTree, (tree) => {
      const text = printPolicyTree(tree);
      const { diagnostics, value } = parsePolicyLanguage(createSource("printed.policy", text), {
        parameters: { values: new Map(), used: new Set() },
      });
      expect(
        diagnostics.map(({ message }) => message),
        text,
      ).toEqual([]);
      expect(withoutSpans(value), text).toEqual(withoutSpans(tree));
    }),
    { numRuns: 500 },
  );
});
