/** TracingPolicies that are changed at random places. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect } from "vitest";
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

/** A policy with one to six changes. */
export const changedPolicy: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...policies), fc.array(change, { minLength: 1, maxLength: 6 }))
  .map(([policy, changes]) => changes.reduce(mutate, policy));

/** Throws where a text gives anything but findings that can be shown, or a policy. Returns the number of findings. */
export async function expectFindings(text: string): Promise<number> {
  const { diagnostics } = await lintText(text);
  renderText(diagnostics, { color: true });
  for (const { span } of diagnostics) {
    expect(span === undefined || (span.start <= span.end && span.end <= text.length), text).toBe(true);
  }
  return diagnostics.length;
}
