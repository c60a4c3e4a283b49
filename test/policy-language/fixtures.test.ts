import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hasErrors } from "../../src/diagnostics/diagnostic.ts";
import { formatPolicy } from "../../src/format/format.ts";
import { parsePolicyLanguage } from "../../src/parser/policy/parse.ts";
import { printPolicyTree } from "../../src/parser/policy/print.ts";
import { type Source, createSource, spanText } from "../../src/source/source.ts";

const root = "test/fixtures/policy-language";

function parse(source: Source): ReturnType<typeof parsePolicyLanguage> {
  return parsePolicyLanguage(source, { parameters: { values: new Map(), used: new Set() } });
}

/** Compares with a file of the case; `UPDATE_FIXTURES=1` writes it instead. */
function expectFile(path: string, actual: string): void {
  if (process.env["UPDATE_FIXTURES"] === "1") {
    writeFileSync(path, actual);
  }
  expect(actual).toBe(readFileSync(path, "utf8"));
}

function eachCase(suite: string, check: (folder: string, source: Source) => void): void {
  describe(suite, () => {
    test.each(readdirSync(join(root, suite)).sort())("%s", (name) => {
      const folder = join(root, suite, name);
      check(folder, createSource("input.policy", readFileSync(join(folder, "input.policy"), "utf8")));
    });
  });
}

eachCase("reject", (folder, source) => {
  const { diagnostics } = parse(source);
  const lines = diagnostics.map(({ code, help, message, span }) => {
    const underlined = span === undefined ? "" : spanText(span);
    return `${code} | ${JSON.stringify(underlined)} | ${message} | ${help ?? ""}\n`;
  });
  expect(lines.length).toBeGreaterThan(0);
  expectFile(join(folder, "expected.txt"), lines.join(""));
});

eachCase("accept", (folder, source) => {
  const { diagnostics, value } = parse(source);
  expect(diagnostics).toEqual([]);
  expectFile(join(folder, "expected.policy"), value === undefined ? "" : printPolicyTree(value));
});

eachCase("format", (folder, source) => {
  const { diagnostics, value } = formatPolicy(source);
  expect(hasErrors(diagnostics)).toBe(false);
  const formatted = value ?? "";
  expectFile(join(folder, "expected.policy"), formatted);
  expect(formatPolicy(createSource("again.policy", formatted)).value).toBe(formatted);
});
