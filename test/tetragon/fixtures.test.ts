import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hasErrors } from "../../src/diagnostics/diagnostic.ts";
import { parseSources } from "../../src/parser/parse.ts";
import { printPolicyTree } from "../../src/parser/policy/print.ts";
import { createSource } from "../../src/source/source.ts";
import { describe as describeFinding, lintText } from "./lint-text.ts";

const root = join(import.meta.dirname, "../fixtures");
const update = process.env["UPDATE_FIXTURES"] === "1";

/** Compares with the expected file of a case, or writes it when told to. */
function expectFile(path: string, actual: string): void {
  if (update) {
    writeFileSync(path, actual);
  }
  expect(existsSync(path), `${path} is missing: run with UPDATE_FIXTURES=1`).toBe(true);
  expect(actual).toBe(readFileSync(path, "utf8"));
}

function casesOf(suite: string): readonly string[] {
  return readdirSync(join(root, suite)).sort();
}

for (const name of casesOf("reject")) {
  test(`reject/${name}`, async () => {
    const folder = join(root, "reject", name);
    const { diagnostics } = await lintText(readFileSync(join(folder, "input.yaml"), "utf8"));
    expect(hasErrors(diagnostics) || diagnostics.some(({ severity }) => severity === "warning")).toBe(true);
    for (const { message, help } of diagnostics) {
      expect(message.length, message).toBeLessThanOrEqual(100);
      expect(message, message).not.toMatch(/[.]$|^[A-Z][a-z]+ (?!rules)/);
      expect(help ?? "", message).not.toMatch(/[.]$/);
    }
    expectFile(join(folder, "expected.txt"), `${diagnostics.map(describeFinding).join("\n")}\n`);
    expect(readdirSync(folder).sort()).toEqual(["expected.txt", "input.yaml"]);
  });
}

for (const name of casesOf("accept")) {
  test(`accept/${name}`, async () => {
    const folder = join(root, "accept", name);
    const text = readFileSync(join(folder, "input.yaml"), "utf8");
    const parameters = { PODCIDR: "10.0.0.0/8", SERVICECIDR: "10.96.0.0/12" };
    const used = Object.fromEntries(
      Object.entries(parameters).filter(([key]) => text.includes(`\${${key}}`)),
    );
    const { diagnostics } = await lintText(text, used);
    expect(diagnostics.filter(({ severity }) => severity === "error").map(describeFinding)).toEqual([]);
    const parsed = await parseSources([createSource("input.yaml", text)], {
      parameters: new Map(Object.entries(used)),
    });
    const warnings = diagnostics.map((finding) => `# ${describeFinding(finding)}\n`).join("");
    expectFile(
      join(folder, "expected.policy"),
      warnings + printPolicyTree(parsed.value ?? { kind: "policy-tree", policies: [] }),
    );
  });
}
