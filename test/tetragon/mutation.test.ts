import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { renderText } from "../../src/diagnostics/render-text.ts";
import { lintText } from "./lint-text.ts";

const accepted = join(import.meta.dirname, "../fixtures/accept");
const policies = readdirSync(accepted).map((name) =>
  readFileSync(join(accepted, name, "input.yaml"), "utf8"),
);

const fragments = [
  "\t",
  "  ",
  "- ",
  ": ",
  "[",
  "]",
  "{",
  "}",
  '"',
  "'",
  "&a ",
  "*a",
  "!!x ",
  "\n",
  "\r",
  "#",
  "|\n",
  "~",
  "\u202e",
  "\0",
  "9e999",
  "${A}",
  "<<: ",
  "null",
  "-1",
  "key",
  "/",
];

/** One change of a text at a place: cut, put in, double or swap. */
const change = fc.record({
  kind: fc.constantFrom("cut", "insert", "double", "swap"),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 1, max: 24 }),
  fragment: fc.oneof(fc.constantFrom(...fragments), fc.string({ maxLength: 6 })),
});

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function mutate(text: string, { kind, at, length, fragment }: Change): string {
  const start = Math.floor(at * text.length);
  const [before, part, after] = [
    text.slice(0, start),
    text.slice(start, start + length),
    text.slice(start + length),
  ];
  switch (kind) {
    case "cut":
      return before + after;
    case "insert":
      return before + fragment + part + after;
    case "double":
      return before + part + part + after;
    case "swap":
      return before + Array.from(part).reverse().join("") + after;
  }
}

test("a policy changed at random gives findings or a policy, never an exception", async () => {
  let withFindings = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...policies),
      fc.array(change, { minLength: 1, maxLength: 6 }),
      async (policy, changes) => {
        const text = changes.reduce(mutate, policy);
        const { diagnostics } = await lintText(text);
        withFindings += diagnostics.length > 0 ? 1 : 0;
        renderText(diagnostics, { color: true });
        for (const { span } of diagnostics) {
          expect(span === undefined || (span.start <= span.end && span.end <= text.length)).toBe(true);
        }
      },
    ),
    { numRuns: 1500 },
  );
  expect(withFindings).toBeGreaterThan(500);
});
