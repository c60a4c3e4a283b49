import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readPrograms } from "../../src/bundle/object.ts";
import { compileObject } from "../../src/bundle/clang.ts";
import { PROGRAM_FILE, type Program, generate } from "../../src/codegen/generate.ts";
import { checkPolicies } from "../../src/compile.ts";
import { hasErrors } from "../../src/diagnostics/diagnostic.ts";
import { supportedTargets } from "../../src/kernel/target.ts";
import { parseSources } from "../../src/parser/parse.ts";
import { createSource } from "../../src/source/source.ts";
import { readElfSection } from "../../src/kernel/elf.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures/codegen");

async function programOf(name: string): Promise<Program> {
  const source = createSource("policy.yaml", readFileSync(join(FIXTURES, name, "policy.yaml"), "utf8"));
  const parsed = await parseSources([source], { parameters: new Map() });
  expect(hasErrors(parsed.diagnostics)).toBe(false);
  const checked = checkPolicies(parsed.value ?? { kind: "policy-tree", policies: [] }, supportedTargets);
  if (checked.value === undefined) {
    throw new Error(`${name}: ${checked.diagnostics.map(({ message }) => message).join("; ")}`);
  }
  return generate(checked.value);
}

/** What depends on the policies: from the first hook's tables to the programs that tell of processes. */
function policyPart(text: string): string {
  return text.slice(text.indexOf("/* ---- "), text.indexOf("/* ---- processes ---- */"));
}

/** Compares with a file of the case; `UPDATE_FIXTURES=1` writes it instead. */
function expectFile(name: string, file: string, actual: string): void {
  const path = join(FIXTURES, name, file);
  if (process.env["UPDATE_FIXTURES"] === "1") {
    writeFileSync(path, actual);
  }
  expect(existsSync(path), `${path} is missing: run with UPDATE_FIXTURES=1`).toBe(true);
  expect(actual).toBe(readFileSync(path, "utf8"));
}

describe.each(readdirSync(FIXTURES))("the program of %s", (name) => {
  test("is the text and the plan that are kept", async () => {
    const program = await programOf(name);
    expectFile(name, "expected.c", policyPart(program.text));
    expectFile(name, "expected.plan.json", `${JSON.stringify(program.plan, undefined, 1)}\n`);
  });

  test("compiles to programs that the kernel takes for GPL-compatible", async () => {
    const program = await programOf(name);
    const object = await compileObject(PROGRAM_FILE, program.text);
    expect(object.diagnostics).toEqual([]);
    const bytes = Buffer.from(object.value ?? []);
    expect(readElfSection(bytes, "license")?.toString("latin1")).toBe("Dual BSD/GPL\0");
    const built = readPrograms(bytes).map((one) => one.name);
    const planned = program.attachments.flatMap(({ alternatives }) => alternatives.map((one) => one.program));
    expect(built.toSorted()).toEqual([...new Set(planned)].toSorted());
  });
});
