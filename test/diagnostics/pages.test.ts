import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readInputs } from "../../src/cli/inputs.ts";
import { type DiagnosticCode, catalog } from "../../src/diagnostics/catalog.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import type { Page } from "../../src/diagnostics/pages/page.ts";
import { pageText, pages, pagesMarkdown } from "../../src/diagnostics/pages/pages.ts";
import { readBtf } from "../../src/kernel/btf.ts";
import { supportedTargets } from "../../src/kernel/target.ts";
import { lintSources } from "../../src/lint/lint.ts";
import { createSource } from "../../src/source/source.ts";

function isCode(word: string): word is DiagnosticCode {
  return Object.hasOwn(catalog, word);
}

const codes = Object.keys(catalog).filter(isCode);

async function lint(name: string, text: string, parameters: ReadonlyMap<string, string> = new Map()) {
  const { diagnostics } = await lintSources([createSource(name, text)], {
    parameters,
    targets: supportedTargets,
    enabled: ["dialect-limit"],
  });
  return diagnostics;
}

function codesIn(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map(({ code }) => code);
}

test.each(codes)("%s has a page", (code) => {
  const page = pages[code];
  expect(page, `add an example to src/diagnostics/pages`).toBeDefined();
  expect(pageText(code)).toContain("wrong:");
  expect(catalog[code].why).toMatch(/[.]$/);
  expect(catalog[code].summary).not.toMatch(/[.]$/);
});

test("no page is left of a code that is gone", () => {
  expect(Object.keys(pages).filter((code) => !isCode(code))).toEqual([]);
});

const written = codes.flatMap((code): readonly (readonly [DiagnosticCode, Page])[] => {
  const page = pages[code];
  return page === undefined || page.language === "situation" ? [] : [[code, page]];
});

test.each(written)("the wrong example of %s gives the code, the right one does not", async (code, page) => {
  const name = page.language === "policy" ? "example.policy" : "example.yaml";
  const parameters = new Map(Object.entries(page.parameters ?? {}));
  expect(codesIn(await lint(name, page.wrong, parameters))).toContain(code);
  expect(codesIn(await lint(name, page.right, parameters))).not.toContain(code);
});

describe("situations", () => {
  const folder = mkdtempSync(join(tmpdir(), "policyc-pages-"));
  const fileOf = (content: Uint8Array | string): string => {
    const path = join(folder, "input.policy");
    writeFileSync(path, content);
    return path;
  };
  const slips = (count: number): string =>
    Array.from({ length: count }, (_, index) => `  slip${index}: 1\n`).join("");
  const flow = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

  /** How each finding comes about, and the same without it. */
  const situations: Readonly<
    Partial<
      Record<DiagnosticCode, (wrong: boolean) => Promise<readonly Diagnostic[]> | readonly Diagnostic[]>
    >
  > = {
    "input-not-readable": (wrong) => readInputs([wrong ? join(folder, "absent") : fileOf("")]).diagnostics,
    "not-utf8": (wrong) =>
      readInputs([fileOf(Buffer.from("# caf\u00e9\n", wrong ? "latin1" : "utf8"))]).diagnostics,
    "unused-parameter": (wrong) =>
      lint("a.policy", "param _A: int = 1\n", new Map([[wrong ? "_B" : "_A", "1"]])),
    "more-findings": (wrong) => lint("a.yaml", `kind: TracingPolicy\nspec:\n${slips(wrong ? 300 : 3)}`),
    "yaml-too-deep": (wrong) => lint("a.yaml", `kind: TracingPolicy\nspec: ${flow(wrong ? 1_000 : 3)}\n`),
    "yaml-too-large": (wrong) =>
      lint("a.yaml", `kind: TracingPolicy\n#${"x".repeat(wrong ? 40_000_000 : 10)}\n`),
    "invalid-btf": (wrong) => (wrong ? readBtf("a", Buffer.from("\u007fELF")).diagnostics : []),
  };

  test.each(codes.filter((code) => situations[code] !== undefined))("%s", async (code) => {
    expect(codesIn((await situations[code]?.(true)) ?? [])).toContain(code);
    expect(codesIn((await situations[code]?.(false)) ?? [])).not.toContain(code);
  });
});

test("docs/diagnostics.md holds every page", () => {
  const path = join(import.meta.dirname, "../../docs/diagnostics.md");
  if (process.env["UPDATE_FIXTURES"] === "1") {
    writeFileSync(path, pagesMarkdown());
  }
  expect(readFileSync(path, "utf8")).toBe(pagesMarkdown());
});
