/** What must hold whatever text is given to the parser of the policy language. */
import fc from "fast-check";
import { expect } from "vitest";
import { formatPolicy } from "../../src/format/format.ts";
import { parsePolicyLanguage } from "../../src/parser/policy/parse.ts";
import { printPolicyTree } from "../../src/parser/policy/print.ts";
import { createSource } from "../../src/source/source.ts";
import { largePolicy } from "./large-policy.ts";
import { policyTree } from "./random-tree.ts";

export function parse(text: string): ReturnType<typeof parsePolicyLanguage> {
  return parsePolicyLanguage(createSource("fuzz.policy", text), {
    parameters: { values: new Map(), used: new Set() },
  });
}

/** Throws where a text is not treated as every text must be; `text` is in the message, so that it can be tried again. */
export function expectSound(text: string): void {
  const { diagnostics, value } = parse(text);
  expect(value, text).toBeDefined();
  for (const { help, message, span } of diagnostics) {
    expect(span, text).toBeDefined();
    expect(help, `${message}\n${text}`).toBeDefined();
    expect(message.length, message).toBeLessThanOrEqual(100);
    expect(span?.end, text).toBeLessThanOrEqual(text.length);
  }
  const formatted = formatPolicy(createSource("fuzz.policy", text)).value;
  if (formatted !== undefined) {
    expect(formatPolicy(createSource("fuzz.policy", formatted)).value, text).toBe(formatted);
  }
}

/** Texts that parse: random ones, and a long one. */
export function soundPolicies(seed: number): readonly string[] {
  return [...fc.sample(policyTree, { numRuns: 150, seed }).map(printPolicyTree), largePolicy(60)].filter(
    (text) => text !== "",
  );
}
