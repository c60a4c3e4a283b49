import { describe, expect, it } from "vitest";
import { generate } from "../../src/codegen/generate.ts";
import { checkPolicies } from "../../src/compile.ts";
import { supportedTargets } from "../../src/kernel/target.ts";
import { parseSources } from "../../src/parser/parse.ts";
import { createSource } from "../../src/source/source.ts";

interface Checked {
  readonly codes: readonly string[];
  /** Undefined where there are errors. */
  readonly code: string | undefined;
}

async function check(blocks: string, kernel: string): Promise<Checked> {
  const text = `policy "p" {\n  applies to everything\n\n  ${blocks}\n}\n`;
  const parsed = await parseSources([createSource("p.policy", text)], { parameters: new Map() });
  const targets = supportedTargets.filter(({ name }) => name === kernel);
  if (parsed.value === undefined) {
    throw new Error(parsed.diagnostics.map(({ message }) => message).join("\n"));
  }
  const { value, diagnostics } = checkPolicies(parsed.value, targets);
  return {
    codes: [...parsed.diagnostics, ...diagnostics].map(({ code }) => code),
    code: value && generate(value).text,
  };
}

describe("a system call that no security hook stands for", () => {
  it("is killed where it can't be refused, with a warning", async () => {
    const { codes, code } = await check("on kprobe syscall sys_personality(_) { kill }", "6.1");
    expect(codes).toEqual(["kill-after-effect"]);
    expect(code).toContain("__x64_sys_personality");
  });

  it("can't be denied on a kernel that changes no results", async () => {
    const { codes } = await check("on kprobe syscall sys_personality(_) { deny EPERM }", "6.1");
    expect(codes).toEqual(["not-attachable"]);
  });
});

describe("a system call that a security hook stands for", () => {
  it("is refused by a text among its arguments", async () => {
    const { codes, code } = await check(
      'on kprobe syscall sys_linkat(_, old: string) { deny EPROTO when old starts with "/tmp/" }',
      "6.1",
    );
    expect(codes).toEqual([]);
    expect(code).toContain("path_link");
  });
});

describe("a system call without arguments", () => {
  it("is hooked at the function that has types", async () => {
    const { codes, code } = await check("on kprobe syscall sys_setsid() { alert }", "6.1");
    expect(codes).toEqual([]);
    expect(code).toContain("__do_sys_setsid");
  });
});
