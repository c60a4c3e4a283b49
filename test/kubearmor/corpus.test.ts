import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { catalog, type DiagnosticCode } from "../../src/diagnostics/catalog.ts";
import { hasErrors, type Outcome } from "../../src/diagnostics/diagnostic.ts";
import { lowerPolicies } from "../../src/ir/lower/lower.ts";
import { supportedTargets } from "../../src/kernel/target.ts";
import { parseSources } from "../../src/parser/parse.ts";
import { printPolicyTree } from "../../src/parser/policy/print.ts";
import type { PolicyTree } from "../../src/parser/policy/tree.ts";
import { createSource, spanText } from "../../src/source/source.ts";
import { withoutSpans } from "../policy-language/without-spans.ts";
import { type CorpusFile, hasCorpus, readCorpus } from "./corpus.ts";

const page = join(import.meta.dirname, "../../docs/kubearmor.md");
const marks = ["<!-- counted: begin -->", "<!-- counted: end -->"] as const;

/** Kinds of fault by what a finding underlines and says. */
function kindOf(code: DiagnosticCode, underlined: string): string {
  const byText: Readonly<Record<string, string>> = {
    app: "labels beside `matchLabels`",
    path: "`path` in `matchPatterns`",
    KubeArmorHostPolicy: "host policy without `nodeSelector`",
  };
  const byCode: Partial<Record<DiagnosticCode, string>> = {
    "unknown-key": byText[underlined] ?? "unknown or misplaced key",
    "missing-key": byText[underlined] ?? "missing key",
    "unknown-value": "`action` in small letters",
    "wrong-type": "`severity` without a value",
  };
  return byCode[code] ?? catalog[code].summary;
}

function tableOf(files: readonly CorpusFile[]): string {
  const counts = new Map<string, { readonly files: Set<string>; count: number }>();
  for (const { path, diagnostics } of files) {
    for (const { code, severity, span } of diagnostics) {
      const key = `${severity} | \`${code}\` | ${kindOf(code, span === undefined ? "" : spanText(span))}`;
      const found = counts.get(key) ?? { files: new Set<string>(), count: 0 };
      found.files.add(path);
      found.count += 1;
      counts.set(key, found);
    }
  }
  const rows = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, found]) => {
      return `| ${key} | ${found.count} | ${found.files.size} |`;
    });
  const compiled = files.filter(
    ({ diagnostics, tree }) => tree.policies.length === 1 && !hasErrors(diagnostics),
  );
  return [
    `${files.length} files, of which ${compiled.length} are read without an error.`,
    "",
    "| severity | code | fault | findings | files |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

/** Without the blank that tables are aligned with. */
function plain(text: string): string {
  return text
    .replaceAll(/ *\| */g, "|")
    .replaceAll(/-{3,}/g, "---")
    .trim();
}

test.skipIf(!hasCorpus)("every file is read, and the page counts what is wrong with them", async () => {
  const files = await readCorpus();
  expect(files).toHaveLength(306);
  for (const { path, tree, diagnostics } of files) {
    expect(tree.policies.length === 1 || hasErrors(diagnostics), path).toBe(true);
  }
  const table = tableOf(files);
  const text = readFileSync(page, "utf8");
  const [before = "", rest = ""] = text.split(marks[0]);
  const [written = "", after = ""] = rest.split(marks[1]);
  if (process.env["UPDATE_FIXTURES"] === "1") {
    writeFileSync(page, `${before}${marks[0]}\n\n${table}\n\n${marks[1]}${after}`);
    return;
  }
  expect(plain(written)).toBe(plain(table));
});

test.skipIf(!hasCorpus)("what is printed in the policy language reads back as the same policy", async () => {
  for (const { path, tree } of await readCorpus()) {
    const again = await readBack(tree);
    expect(again.diagnostics.map(({ message }) => `${path}: ${message}`)).toEqual([]);
    expect(withoutSpans(again.value), path).toEqual(withoutSpans(tree));
  }
});

test.skipIf(!hasCorpus)(
  "what is converted to the policy language has an equal IR",
  async () => {
    const compiling = (await readCorpus()).filter(
      ({ diagnostics, tree }) => tree.policies.length === 1 && !hasErrors(diagnostics),
    );
    for (const { path, tree } of compiling) {
      const before = meaning(tree);
      expect(before, path).toBeDefined();
      expect(meaning((await readBack(tree)).value), path).toEqual(before);
    }
    expect(compiling).toHaveLength(270);
  },
  60_000,
);

function readBack(tree: PolicyTree): Promise<Outcome<PolicyTree>> {
  const printed = createSource("again.policy", printPolicyTree(tree));
  return parseSources([printed], { parameters: new Map() });
}

function meaning(tree: PolicyTree | undefined): unknown {
  return tree && withoutSpans(lowerPolicies(tree, { targets: supportedTargets }).value);
}

test.runIf(!hasCorpus)("the collection is not here: its policies are skipped", () => {
  console.log("skipped: the collection of KubeArmor policies is absent");
  expect(hasCorpus).toBe(false);
});
