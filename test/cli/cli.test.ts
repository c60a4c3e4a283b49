import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const program = join(import.meta.dirname, "../../dist/policyc.js");
const built = existsSync(program);
if (!built) {
  console.log("skipped: the command line tests need `npm run build`");
}

const policy = `apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: case
spec:
  kprobes:
  - call: tcp_connect
    syscall: false
    args:
    - {index: 0, type: sock}
    selectors:
    - matchArgs:
      - {index: 0, operator: NotDAddr, values: ["\${PODCIDR}"]}
`;
const plain = policy.replace("${PODCIDR}", "10.0.0.0/8");

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "policyc-cli-"));
  mkdirSync(join(folder, "policies/inner"), { recursive: true });
  writeFileSync(join(folder, "policy.yaml"), policy);
  writeFileSync(join(folder, "policies/b.yaml"), plain.replace("name: case", "name: b"));
  writeFileSync(join(folder, "policies/inner/a.yml"), plain.replace("name: case", "name: a"));
  writeFileSync(join(folder, "policies/notes.txt"), "no policy");
  writeFileSync(join(folder, "broken.yaml"), plain.replace("call:", "cal:"));
  writeFileSync(join(folder, "latin1.yaml"), Buffer.from("# caf\xe9\n", "latin1"));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], input = ""): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    input,
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

/** A JSON report: what findings it has and its summary. */
function report(text: string): {
  readonly codes: readonly unknown[];
  readonly files: readonly unknown[];
  readonly summary: unknown;
} {
  const value: unknown = JSON.parse(text);
  if (
    typeof value !== "object" ||
    value === null ||
    !("diagnostics" in value) ||
    !Array.isArray(value.diagnostics)
  ) {
    throw new Error(`no report: ${text}`);
  }
  const diagnostics: readonly unknown[] = value.diagnostics;
  const field = (name: string): readonly unknown[] =>
    diagnostics.map((finding) =>
      typeof finding === "object" && finding !== null
        ? new Map<string, unknown>(Object.entries(finding)).get(name)
        : undefined,
    );
  return {
    codes: field("code"),
    files: field("file"),
    summary: "summary" in value ? value.summary : undefined,
  };
}

test.runIf(built)("a policy without faults gives 0", () => {
  const { status, stdout } = run(["lint", "policy.yaml", "--set", "PODCIDR=10.0.0.0/8"]);
  expect(status).toBe(0);
  expect(stdout).toBe("no problems in 1 file, 1 policy, 1 rule\n");
});

test.runIf(built)("a fault of the policy gives 1, as text and as json", () => {
  const text = run(["lint", "broken.yaml"]);
  expect(text.status).toBe(1);
  expect(text.stdout).toContain("error[unknown-key]: unknown key `cal` in `kprobes`");
  const json = run(["lint", "broken.yaml", "--format", "json"]);
  expect(report(json.stdout).codes).toEqual(["unknown-key"]);
  expect(report(json.stdout).summary).toEqual({ files: 1, policies: 0, rules: 0, errors: 1, warnings: 0 });
});

test.runIf(built)("an unknown key gets the key that was meant, wherever it is", () => {
  const { stdout } = run(["lint", "broken.yaml"]);
  expect(stdout).toContain("help: did you mean `call`?");
  writeFileSync(join(folder, "deep.yaml"), plain.replace("operator:", "operater:"));
  expect(run(["lint", "deep.yaml"]).stdout).toContain("help: did you mean `operator`?");
});

test.runIf(built)("an open parameter is an error that says how to fill it", () => {
  const { status, stdout } = run(["lint", "policy.yaml"]);
  expect(status).toBe(1);
  expect(stdout).toContain("add `--set PODCIDR=…`");
});

test.runIf(built)("parameters come from files too, and unused ones are warned of", () => {
  writeFileSync(join(folder, "cidr"), "10.0.0.0/8\n");
  const { status, stdout } = run([
    "lint",
    "policy.yaml",
    "--set-file",
    "PODCIDR=cidr",
    "--set",
    "X=1",
    "--format",
    "json",
  ]);
  expect(status).toBe(0);
  expect(report(stdout).codes).toEqual(["unused-parameter"]);
});

test.runIf(built)("a directory stands for the policies below it, in order", () => {
  const { status, stdout } = run(["lint", "policies", "--format", "json"]);
  expect(status).toBe(0);
  expect(report(stdout).summary).toMatchObject({ files: 2, policies: 2, rules: 2 });
});

test.runIf(built)("standard input is a source", () => {
  const { status, stdout } = run(
    ["lint", "-", "--language", "tetragon", "--format", "json"],
    plain.replace("call:", "cal:"),
  );
  expect(status).toBe(1);
  expect(report(stdout).files).toEqual(["<stdin>"]);
});

test.runIf(built)("what cannot be read gives 3; a policy's fault beside it gives 1", () => {
  expect(run(["lint", "missing.yaml"]).status).toBe(3);
  expect(run(["lint", "missing.yaml", "broken.yaml"]).status).toBe(1);
});

test.runIf(built)("a text that is no UTF-8 is found", () => {
  const { status, stdout } = run(["lint", "latin1.yaml", "--format", "json"]);
  expect(status).toBe(1);
  expect(report(stdout).codes[0]).toBe("not-utf8");
});

test.runIf(built)("wrong usage gives 2 and says what is right", () => {
  expect(run(["lint"]).status).toBe(2);
  expect(run(["lnt", "a.yaml"]).stderr).toContain("Did you mean lint?");
  expect(run(["lnt", "a.yaml"]).status).toBe(2);
  expect(run(["lint", "policy.yaml", "--set", "PODCIDR"]).stderr).toContain("NAME=VALUE");
  expect(run(["lint", "policy.yaml", "--target", "4.19"]).stderr).toContain("`6.12`");
  expect(run(["lint", "policy.yaml", "--format", "xml"]).status).toBe(2);
  expect(run(["compile", "policy.yaml"]).status).toBe(2);
  expect(run(["explain", "unknwon-key"]).stderr).toContain("`unknown-key`");
});

test.runIf(built)("help, version, explain and schema give 0", () => {
  expect(run(["--help"]).stdout).toContain("lint");
  expect(run(["--version"]).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(run(["explain", "unknown-key"]).stdout).toContain("error[unknown-key]");
  const schema: unknown = JSON.parse(run(["schema", "tetragon"]).stdout);
  expect(schema).toMatchObject({ title: "TracingPolicy" });
});

test.runIf(built)("safe fixes are written, and only they", () => {
  const path = join(folder, "fix.yaml");
  writeFileSync(
    path,
    plain
      .replace("type: sock}", "type: int}")
      .replace('NotDAddr, values: ["10.0.0.0/8"]', "Equal, values: [4]")
      .replace("tcp_connect", "tcp_connect"),
  );
  const { stdout } = run(["lint", path, "--fix", "--format", "json"]);
  expect(readFileSync(path, "utf8")).toContain('values: ["4"]');
  expect(report(stdout).codes).not.toContain("wrong-type");
});

test.runIf(built)("stages of a compilation are printed", () => {
  const policyText = run(["compile", "policies", "--emit", "policy"]);
  expect(policyText.status).toBe(0);
  expect(policyText.stdout).toContain('policy "b"');
  expect(run(["compile", "policies", "--emit", "ir"]).stdout).toContain("tcp_connect");
  expect(run(["compile", "broken.yaml", "--emit", "c"]).status).toBe(1);
});
