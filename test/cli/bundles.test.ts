import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";

const program = join(import.meta.dirname, "../../dist/policyc.js");
const built = existsSync(program);
if (!built) {
  console.log("skipped: the tests of bundles need `npm run build`");
}

/** A name that would leave a C string, a shell word, a line of a table and a workflow command. */
const HOSTILE = 'a "b"\n::error::$(id) *\\ \u001b[31m\u202e.yaml';

function policy(name: string): string {
  return `apiVersion: cilium.io/v1alpha1
kind: TracingPolicyNamespaced
metadata:
  name: ${name}
spec:
  kprobes:
  - call: security_file_permission
    syscall: false
    args:
    - {index: 0, type: file}
    selectors:
    - matchArgs:
      - {index: 0, operator: Prefix, values: ["/srv/vault", "relative", "other"]}
      matchActions:
      - action: Sigkill
`;
}

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "policyc-bundles-"));
  for (const place of ["here", "there/deeper"]) {
    mkdirSync(join(folder, place, "policies/inner"), { recursive: true });
    writeFileSync(join(folder, place, "policies", HOSTILE), policy("one"));
    writeFileSync(join(folder, place, "policies/inner/two.yaml"), policy("two"));
  }
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(
  cwd: string,
  args: readonly string[],
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(process.execPath, [program, ...args], {
    cwd: join(folder, cwd),
    encoding: "utf8",
    timeout: 60_000,
  });
}

function bundleOf(cwd: string, ...inputs: readonly string[]): Uint8Array {
  const output = join(folder, "out.policyc");
  rmSync(output, { force: true });
  const { status, stderr } = run(cwd, ["compile", ...inputs, "-o", output]);
  expect(stderr).not.toContain("error[");
  expect(status).toBe(0);
  return readFileSync(output);
}

test.runIf(built)("one input gives the same bytes wherever it is and however its path is written", () => {
  const first = bundleOf("here", "policies");
  expect(bundleOf("there/deeper/policies", ".")).toEqual(first);
  expect(bundleOf(".", join(folder, "there/deeper/policies"))).toEqual(first);
  expect(bundleOf("here/policies", HOSTILE, "../policies/inner/two.yaml", "inner/./two.yaml")).toEqual(first);
  expect(Buffer.from(first).includes(folder)).toBe(false);
  const files = unzipSync(first);
  for (const content of Object.values(files)) {
    expect(Buffer.from(content).includes(folder)).toBe(false);
  }
});

test.runIf(built)("a hostile file name stays text in every output", () => {
  const output = join(folder, "hostile.policyc");
  const compiled = run("here/policies", ["compile", HOSTILE, "-o", output]);
  expect(compiled.status).toBe(0);
  const inspected = run(".", ["inspect", output]);
  const linted = run("here/policies", ["lint", HOSTILE]);
  const control = /[\u0000-\u0009\u000b-\u001f\u202e]/;
  for (const text of [compiled.stderr, inspected.stdout, linted.stdout]) {
    expect(text).toContain('a "b"<U+000A>::error::$(id) *\\ <U+001B>[31m<U+202E>.yaml:');
    expect(text).not.toMatch(control);
  }
  const commands = run("here/policies", ["lint", HOSTILE, "--format", "github"]).stdout.trim().split("\n");
  expect(commands.every((line) => line.startsWith("::warning file="))).toBe(true);
  const missing = run(".", ["lint", "no\n\u001b[2Jsuch.yaml"]);
  expect(missing.status).toBe(3);
  expect(missing.stdout).not.toMatch(control);
  const json = run(".", ["inspect", output, "--json"]).stdout;
  expect(JSON.parse(json)).toMatchObject({ policies: [{ name: "one", file: HOSTILE }], signatures: [] });
});

test.runIf(built)("warnings of one kind are told once when compiling, and all of them when linting", () => {
  const compiled = run("here/policies", ["compile", "inner/two.yaml", "-o", join(folder, "two.policyc")]);
  expect(compiled.stderr.match(/warning\[path-not-absolute\]/g)).toHaveLength(1);
  expect(compiled.stderr).toContain("1 more like it in this file: `policyc lint` shows them");
  const linted = run("here/policies", ["lint", "inner/two.yaml"]);
  expect(linted.stdout.match(/warning\[path-not-absolute\]/g)).toHaveLength(2);
  const page = run(".", ["inspect", join(folder, "two.policyc")]).stdout;
  expect(page).toContain("two.yaml:2:7: no namespace: without Kubernetes this applies to the whole host");
  expect(page).toMatch(/two\.yaml:13:\d+: `relative` can't begin a path.* \(and 1 more like it\)/);
});

test.runIf(built)("what is no bundle is said so", () => {
  writeFileSync(join(folder, "text.policyc"), "no zip");
  const { status, stderr } = run(".", ["inspect", "text.policyc"]);
  expect(status).toBe(1);
  expect(stderr).toContain("is no bundle");
  expect(run(".", ["inspect", "absent.policyc"]).status).toBe(3);
});
