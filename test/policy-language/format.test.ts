import fc from "fast-check";
import { expect, test } from "vitest";
import { formatPolicy } from "../../src/format/format.ts";
import { parsePolicyLanguage } from "../../src/parser/policy/parse.ts";
import { printPolicyTree } from "../../src/parser/policy/print.ts";
import { tokenize } from "../../src/parser/policy/tokens.ts";
import { createSource } from "../../src/source/source.ts";
import { policyTree } from "./random-tree.ts";
import { withoutSpans } from "./without-spans.ts";

function format(text: string): string {
  const { diagnostics, value } = formatPolicy(createSource("test.policy", text));
  expect(
    diagnostics.map(({ message }) => message),
    text,
  ).toEqual([]);
  return value ?? "";
}

function meaning(text: string): unknown {
  const parameters = { values: new Map<string, string>(), used: new Set<string>() };
  return withoutSpans(parsePolicyLanguage(createSource("test.policy", text), { parameters }).value);
}

/** Other spaces and line breaks between the tokens, and comments, where the numbers say so. */
function disturb(text: string, choices: readonly number[]): string {
  const { tokens } = tokenize(text);
  const gaps = [
    " ",
    "\n",
    "\n\n\n",
    "\t ",
    " # a comment\n",
    "\n# above\n",
    "\n\n  # one\n\n# two\n",
    "\r\n",
  ];
  return tokens
    .map((token, index) => {
      const choice = choices[index % choices.length] ?? 0;
      return token.image + (gaps[choice] ?? " ");
    })
    .join("");
}

const gapChoices = fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 40 });

test("printed policies are in the canonical format", () => {
  fc.assert(
    fc.property(policyTree, (tree) => {
      const text = printPolicyTree(tree);
      expect(format(text)).toBe(text);
    }),
    { numRuns: 300 },
  );
});

test("formatting keeps meaning and comments, and formatting again changes nothing", () => {
  fc.assert(
    fc.property(policyTree, gapChoices, (tree, choices) => {
      const written = disturb(printPolicyTree(tree), choices);
      const formatted = format(written);
      expect(meaning(formatted), formatted).toEqual(meaning(written));
      expect(commentsOf(formatted), formatted).toEqual(commentsOf(written));
      expect(format(formatted), formatted).toBe(formatted);
    }),
    { numRuns: 500 },
  );
});

/** In any order: a comment inside a comparison moves above it. */
function commentsOf(text: string): readonly string[] {
  return tokenize(text)
    .comments.map(({ image }) => image.trimEnd())
    .sort();
}

test("numbers that no place takes are written as they were", () => {
  const text = `policy "p" {
  severity 123456789012345678901234567890

  on kprobe f(a: int at 2400413149246953783621) {
    deny
  }
}
`;
  expect(format(text)).toBe(text);
});
