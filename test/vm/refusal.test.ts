import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { packBundle } from "../../src/bundle/bundle.ts";
import { compileObject } from "../../src/bundle/clang.ts";
import { originOfLine } from "../../src/bundle/line-origins.ts";
import type { LineOrigin } from "../../src/codegen/c-writer.ts";
import { PROGRAM_FILE, type Program, generate } from "../../src/codegen/generate.ts";
import { checkPolicies } from "../../src/compile.ts";
import type { Ir } from "../../src/ir/ir.ts";
import { supportedTargets } from "../../src/kernel/target.ts";
import { parseSources } from "../../src/parser/parse.ts";
import { createSource, formatSpan, positionAt } from "../../src/source/source.ts";
import type { KernelName } from "../../src/vm/kernel-catalog.ts";
import { REPOSITORY, RUNTIME, runInGuest } from "./guest.ts";

const POLICY = `${REPOSITORY}test/fixtures/enforcement/files/policy.yaml`;
const BUNDLE = "/run/policyc/refused.policyc";

describe("what is refused comes back as the policy's file and line", () => {
  let ir: Ir;
  let program: Program;
  let origin: LineOrigin;

  beforeAll(async () => {
    const source = createSource("policy.yaml", readFileSync(POLICY, "utf8"));
    const parsed = await parseSources([source], { parameters: new Map() });
    const checked = checkPolicies(parsed.value ?? { kind: "policy-tree", policies: [] }, supportedTargets);
    if (checked.value === undefined) {
      throw new Error(JSON.stringify(checked.diagnostics.map(({ message }) => message)));
    }
    ({ ir } = checked.value);
    program = generate(checked.value);
    const lines = program.text.split("\n");
    const isComparison = ({ line }: LineOrigin): boolean => /^\t+if \(/.test(lines[line - 1] ?? "");
    const blocks = new Set(ir.hooks.flatMap(({ blocks }) => blocks.map(({ span }) => span)));
    const found = program.origins.find((each) => !blocks.has(each.span) && isComparison(each));
    if (found === undefined) {
      throw new Error("no comparison has an origin");
    }
    origin = found;
  });

  /** The program with `statement` before the comparison. */
  const withFault = (statement: string): string =>
    program.text
      .split("\n")
      .map((text, index) => (index === origin.line - 1 ? `${statement} ${text}` : text))
      .join("\n");
  const compile = (text: string): ReturnType<typeof compileObject> =>
    compileObject(PROGRAM_FILE, text, undefined, (line) => originOfLine(program.origins, line));

  it("by clang", async () => {
    const { value, diagnostics } = await compile(withFault("undeclared = 1;"));
    expect(value).toBeUndefined();
    expect(diagnostics.map(({ code }) => code)).toEqual(["clang-failed"]);
    expect(diagnostics[0]?.span).toBe(origin.span);
    expect(diagnostics[0]?.message).toContain("use of undeclared identifier 'undeclared'");
  });

  // The first gives texts of lines only, the last their places as well.
  it.each<KernelName>(["5.10", "7.2"])(
    "by the verifier of kernel %s",
    async (kernel) => {
      const text = withFault("*(volatile u64 *)bpf_ktime_get_ns() = 1;");
      const { value: object, diagnostics } = await compile(text);
      if (object === undefined) {
        throw new Error(diagnostics.map(({ message }) => message).join("\n"));
      }
      const content = packBundle({ ir, program: { ...program, text }, object, diagnostics });
      const [loaded] = await runInGuest(
        kernel,
        [{ name: "load", argv: [...RUNTIME, "run", BUNDLE, "--", "true"], timeoutSeconds: 100 }],
        { files: [{ path: BUNDLE, mode: 0o600, content: Buffer.from(content) }] },
      );
      const { source, start } = origin.span;
      const written = source.text.split("\n")[positionAt(source, start).line - 1]?.trim();
      expect(loaded?.exit).toBe(3);
      expect(loaded?.stderr).toContain(`${formatSpan(origin.span)}: ${written ?? ""}\n`);
      expect(loaded?.stderr).toContain("invalid mem access");
    },
    120_000,
  );
});
