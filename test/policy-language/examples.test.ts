import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatPolicy } from "../../src/format/format.ts";
import { lowerPolicies } from "../../src/ir/lower/lower.ts";
import { supportedTargets } from "../../src/kernel/target.ts";
import { lintSources } from "../../src/lint/lint.ts";
import { parseSources } from "../../src/parser/parse.ts";
import type { PolicyTree } from "../../src/parser/policy/tree.ts";
import { printPolicyTree } from "../../src/parser/policy/print.ts";
import { createSource } from "../../src/source/source.ts";
import { withoutSpans } from "./without-spans.ts";

const root = join(import.meta.dirname, "../../examples");
const names = readdirSync(root)
  .sort()
  .filter((name) => existsSync(join(root, name, `${name}.policy`)));

async function parse(text: string): Promise<PolicyTree> {
  const { diagnostics, value } = await parseSources([createSource("example.policy", text)], {
    parameters: new Map(),
  });
  expect(diagnostics).toEqual([]);
  return value ?? { kind: "policy-tree", policies: [] };
}

function meaning(tree: PolicyTree): unknown {
  const lowered = lowerPolicies(tree, { targets: supportedTargets }).value;
  expect(lowered).toBeDefined();
  return withoutSpans(lowered);
}

test("there are examples", () => {
  expect(names.length).toBeGreaterThan(4);
});

describe.each(names)("%s", (name) => {
  const text = readFileSync(join(root, name, `${name}.policy`), "utf8");

  test("has a description, and cases of both kinds", () => {
    expect(readFileSync(join(root, name, "README.md"), "utf8")).toMatch(/^# .+\n\n[^]{200,}/);
    const cases: unknown = JSON.parse(readFileSync(join(root, name, "cases.json"), "utf8"));
    expect(cases).toHaveProperty("refused");
    expect(cases).toHaveProperty("allowed");
  });

  test("has nothing to find fault with, and is in the canonical format", async () => {
    const source = createSource(`${name}.policy`, text);
    const { diagnostics } = await lintSources([source], {
      parameters: new Map(),
      targets: supportedTargets,
      enabled: [],
    });
    expect(diagnostics.map(({ message }) => message)).toEqual([]);
    expect(formatPolicy(source).value).toBe(text);
  });

  test("means the same when it is printed from its tree", async () => {
    const tree = await parse(text);
    expect(meaning(await parse(printPolicyTree(tree)))).toEqual(meaning(tree));
  });
});
