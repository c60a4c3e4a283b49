import { execFileSync, spawnSync } from "node:child_process";
import type { SpawnSyncReturns } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileProgram, EXEC_ATTACHMENT, packBundle, TEST_PLAN, testManifest } from "./test-bundle.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const canLoad = process.getuid?.() === 0 && existsSync("/sys/kernel/btf/vmlinux") && bpfAllowed();
if (!canLoad) {
  console.warn("skipped: loading programs needs root and a kernel with BTF that allows it");
}

/** Whether this process has CAP_SYS_ADMIN, which covers all that loading needs. */
function bpfAllowed(): boolean {
  const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return ((BigInt(`0x${capabilities ?? "0"}`) >> 21n) & 1n) === 1n;
}

describe.runIf(canLoad)("policyc-runtime", () => {
  let directory = "";
  let runtime = "";
  const name = `test-${process.pid}`;
  const runRuntime = (...args: readonly string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [runtime, ...args], { encoding: "utf8" });

  beforeAll(() => {
    // Inside the project, so that koffi is found.
    directory = mkdtempSync(join(root, "node_modules", ".policyc-runtime-"));
    runtime = join(directory, "main.mjs");
    buildSync({
      entryPoints: [join(root, "runtime/main.ts")],
      bundle: true,
      platform: "node",
      format: "esm",
      outfile: runtime,
      external: ["koffi"],
      logLevel: "error",
      banner: {
        js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
      },
    });
    writeFileSync(
      join(directory, "ok.policyc"),
      packBundle(testManifest([EXEC_ATTACHMENT]), TEST_PLAN, compileProgram("observe")),
    );
    const refused = {
      purpose: "the end",
      need: "required",
      alternatives: [{ program: "refused", requires: [] }],
    } as const;
    writeFileSync(
      join(directory, "refused.policyc"),
      packBundle(testManifest([EXEC_ATTACHMENT, refused]), TEST_PLAN, compileProgram("observe", ["REFUSED"])),
    );
  });

  afterAll(() => {
    runRuntime("unload", name);
    rmSync(directory, { recursive: true, force: true });
  });

  test("runs a command, reports its events and passes its status on", () => {
    const events = join(directory, "events");
    const ran = runRuntime(
      "run",
      join(directory, "ok.policyc"),
      "-o",
      "json",
      "--events-file",
      events,
      "--",
      "sh",
      "-c",
      "exit 7",
    );
    expect([ran.status, ran.stderr]).toEqual([7, ""]);
    const lines = readFileSync(events, "utf8").trim().split("\n");
    // The plan put 42 under the key that the program reads.
    expect(lines[0]).toContain('"args":[{"int_arg":42}]');
    expect(lines[0]).toContain('"mode":"enforce"');
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ lost: 0, exit: 7 });
  });

  test("tells death by a signal", () => {
    expect(runRuntime("run", join(directory, "ok.policyc"), "--", "sh", "-c", "kill -9 $$").status).toBe(137);
  });

  test("says which line of the policy the kernel refused, and leaves nothing attached", () => {
    const ran = runRuntime("load", "--name", name, join(directory, "refused.policyc"));
    expect(ran.status).toBe(3);
    expect(ran.stderr).toContain("the kernel refused the program of `the end`: EACCES");
    expect(ran.stderr).toMatch(/walls\.policy:1\d:/);
    expect(ran.stderr).toContain("R0 invalid mem access");
    expect(runRuntime("list").stdout).not.toContain(name);
  });

  test("keeps a bundle at work after it ended, until unloaded", () => {
    const bundle = join(directory, "ok.policyc");
    expect(runRuntime("load", "--name", name, bundle).status).toBe(0);
    expect(runRuntime("load", "--name", name, bundle).status).toBe(2);
    expect(runRuntime("load", "--name", name, "--replace", bundle).status).toBe(0);
    expect(runRuntime("mode", name, "monitor").status).toBe(0);
    execFileSync("true");
    const status = runRuntime("status", name, "--json").stdout;
    expect(JSON.parse(status)).toMatchObject({
      loaded: [{ name, policies: [{ name: "walls", mode: "monitor" }], counters: { lost: 0 } }],
    });
    expect(/"hits":(\d+)/.exec(status)?.[1]).not.toBe("0");
    expect(runRuntime("unload", name).status).toBe(0);
    expect(runRuntime("unload", name).status).toBe(2);
  });

  test("refuses a bundle that this kernel can't serve, with the reasons", () => {
    const impossible = {
      purpose: "nothing",
      need: "required",
      alternatives: [
        { program: "on_exec", requires: [{ kind: "kernel-function", name: "no_such_function" }] },
      ],
    } as const;
    const path = join(directory, "impossible.policyc");
    writeFileSync(path, packBundle(testManifest([impossible]), TEST_PLAN, compileProgram("observe")));
    const ran = runRuntime("run", path, "--", "true");
    expect(ran.status).toBe(3);
    expect(ran.stderr).toContain("on_exec: the kernel has no function no_such_function");
  });
});
