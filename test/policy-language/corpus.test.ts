import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hasErrors } from "../../src/diagnostics/diagnostic.ts";
import { lowerPolicies } from "../../src/ir/lower/lower.ts";
import { parseSources } from "../../src/parser/parse.ts";
import { parsePolicyLanguage } from "../../src/parser/policy/parse.ts";
import { printPolicyTree } from "../../src/parser/policy/print.ts";
import { createSource } from "../../src/source/source.ts";
import { withoutSpans } from "./without-spans.ts";

const corpus = "../shared/corpus/tetragon";
const parameters = new Map([
  ["PODCIDR", "10.0.0.0/8"],
  ["SERVICECIDR", "10.96.0.0/12"],
]);

const quickstart = [
  "quickstart/file_monitoring.yaml",
  "quickstart/file_monitoring_enforce.yaml",
  "quickstart/network_egress_cluster.yaml",
  "quickstart/network_egress_cluster_enforce.yaml",
];

/** Whether a file lowers; then its printed form must read back to an equal tree. */
async function convertsWithoutLoss(name: string): Promise<boolean> {
  const source = createSource(name, readFileSync(join(corpus, name), "utf8"));
  const { diagnostics, value } = await parseSources([source], { parameters });
  if (value === undefined || value.policies.length === 0 || hasErrors(diagnostics)) {
    return false;
  }
  const read = parsePolicyLanguage(createSource("converted.policy", printPolicyTree(value)), {
    parameters: { values: new Map(), used: new Set() },
  });
  expect(read.diagnostics, name).toEqual([]);
  expect(withoutSpans(read.value), name).toEqual(withoutSpans(value));
  if (read.value !== undefined) {
    const lowered = lowerPolicies(value, { targets: [] }).value;
    expect(withoutSpans(lowerPolicies(read.value, { targets: [] }).value), name).toEqual(
      withoutSpans(lowered),
    );
    expect(lowered !== undefined || !quickstart.includes(name), name).toBe(true);
  }
  return true;
}

test("every policy of the corpus that lowers is converted without loss", async () => {
  if (!existsSync(corpus)) {
    console.log(`skipped: ${corpus} is not here`);
    return;
  }
  const names = readdirSync(corpus, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".yaml"),
  );
  const converted: string[] = [];
  for (const name of names.sort()) {
    if (await convertsWithoutLoss(name)) {
      converted.push(name);
    }
  }
  console.log(`${converted.length} of ${names.length} files of the corpus lower and were converted`);
  expect(converted).toEqual(expect.arrayContaining(quickstart));
});
