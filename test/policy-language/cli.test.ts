import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { registerConvert } from "../../src/cli/convert.ts";
import { registerFmt } from "../../src/cli/fmt.ts";

const untidy = 'policy "x" { on a.b { deny } } # kept\n';
const tidy = 'policy "x" {\n  on a.b {\n    deny\n  }\n} # kept\n';
let printed = "";
let reported = "";

beforeEach(() => {
  printed = "";
  reported = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    reported += String(text);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

async function run(...words: string[]): Promise<unknown> {
  const program = new Command();
  registerFmt(program);
  registerConvert(program);
  await program.parseAsync(words, { from: "user" });
  return process.exitCode;
}

function fileWith(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "policyc-")), "input.policy");
  writeFileSync(path, text);
  return path;
}

test("fmt --check names files that are not canonical, and leaves them", async () => {
  const path = fileWith(untidy);
  expect(await run("fmt", "--check", path)).toBe(1);
  expect(reported).toBe(`${path}\n`);
  expect(readFileSync(path, "utf8")).toBe(untidy);
});

test("fmt writes the canonical text, and then has nothing to do", async () => {
  const path = fileWith(untidy);
  expect(await run("fmt", path)).toBe(0);
  expect(readFileSync(path, "utf8")).toBe(tidy);
  expect(await run("fmt", "--check", path)).toBe(0);
});

test("fmt leaves a malformed file as it is", async () => {
  const path = fileWith('policy "x" {');
  expect(await run("fmt", path)).toBe(1);
  expect(reported).toContain("is missing after this");
  expect(readFileSync(path, "utf8")).toBe('policy "x" {');
});

test("fmt says when a file is not there", async () => {
  expect(await run("fmt", "no-such.policy")).toBe(3);
  expect(reported).toContain("does not exist");
});

test("convert prints the policies of its inputs, and nothing where there is an error", async () => {
  expect(await run("convert", "--to", "policy", fileWith(untidy))).toBe(0);
  expect(printed).toBe(tidy.replace("{\n", "{\n  applies to everything\n\n").replace(" # kept", ""));
  printed = "";
  expect(await run("convert", "--to", "policy", fileWith('policy "x" { on a.b { dny } }'))).toBe(1);
  expect(printed).toBe("");
  expect(reported).toContain("did you mean `deny`?");
});
