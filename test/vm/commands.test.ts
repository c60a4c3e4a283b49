import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { StepResult } from "../../src/vm/guest-job.ts";
import { REPOSITORY, RUNTIME, runInGuest } from "./guest.ts";

const FOLDER = `${REPOSITORY}build/commands`;
const POLICY = `${FOLDER}/vault.yaml`;
const BUNDLE = `${FOLDER}/vault.policyc`;
const policy = `apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: vault
spec:
  kprobes:
  - call: security_file_permission
    syscall: false
    args:
    - {index: 0, type: file}
    - {index: 1, type: int}
    selectors:
    - matchArgs:
      - {index: 0, operator: Prefix, values: ["/etc/shadow"]}
      - {index: 1, operator: Equal, values: ["4"]}
      matchActions:
      - action: Sigkill
`;

function policyc(...args: readonly string[]): ReturnType<typeof spawnSync> & {
  readonly stdout: string;
  readonly stderr: string;
} {
  return spawnSync(process.execPath, [`${REPOSITORY}dist/policyc.js`, ...args], {
    encoding: "utf8",
    timeout: 280_000,
  });
}

beforeAll(() => {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(POLICY, policy);
  const compiled = policyc("compile", POLICY, "-o", BUNDLE);
  expect(compiled.stderr).toBe("");
});

describe("policyc try", () => {
  it("gives one JSON object with what the command printed, how it ended and what was seen", () => {
    const script = 'cat /etc/shadow; status=$?; echo "status $status"; echo told >&2; kill -9 $$';
    const tried = policyc("try", "--kernel", "6.1", "--json", POLICY, "--", "sh", "-c", script);
    expect(tried.status).toBe(137);
    const printed: unknown = JSON.parse(tried.stdout);
    expect(printed).toMatchObject({
      exit: 137,
      signal: "SIGKILL",
      stdout: "status 137\n",
      lost: 0,
    });
    expect(printed).toHaveProperty("kernel", expect.stringMatching(/^6\.1\./));
    expect(printed).toHaveProperty("stderr", expect.stringContaining("told\n"));
    expect(printed).toHaveProperty("events", expect.any(Array));
    for (const part of [
      '"process_exec"',
      '"function_name":"security_file_permission"',
      '"signal":"SIGKILL"',
    ]) {
      expect(tried.stdout).toContain(part);
    }
  }, 300_000);

  it("returns the status of a command that was let through, with compact events on standard error", () => {
    const tried = policyc("try", "--kernel", "6.1", BUNDLE, "--", "sh", "-c", "echo out; exit 7");
    expect([tried.status, tried.stdout]).toEqual([7, "out\n"]);
    expect(tried.stderr).toMatch(/🚀 process policyc \/\S*sh -c "echo out; exit 7"\n/u);
    expect(tried.stderr).toMatch(/kernel 6\.1\.\S+: exit 7, 0 events lost\n$/);
  }, 300_000);

  it("says in JSON too when the command never ran, and why on standard error", () => {
    writeFileSync(`${FOLDER}/broken.yaml`, policy.replace("call:", "cal:"));
    const tried = policyc("try", "--json", `${FOLDER}/broken.yaml`, "--", "true");
    expect(tried.status).toBe(1);
    expect(JSON.parse(tried.stdout)).toMatchObject({ exit: null, events: [], lost: 0 });
    expect(tried.stdout).toContain("the policies do not compile");
    expect(tried.stderr).toContain("unknown key `cal`");
    expect(policyc("try", POLICY).status).toBe(2);
    expect(policyc("try", "--kernel", "4.4", POLICY, "--", "true").stderr).toContain("unknown kernel `4.4`");
  });
});

describe("policyc-runtime in a guest", () => {
  const runtime = (...args: readonly string[]): readonly string[] => [...RUNTIME, ...args];
  const shell = (script: string): readonly string[] => ["sh", "-c", script];
  const command = runtime().join(" ");
  const until = (text: string, file: string): string => `until grep -q ${text} ${file}; do sleep 0.2; done`;
  const follow = [
    `${command} load ${BUNDLE} --follow -o json >/run/followed 2>/run/told &`,
    until("loaded", "/run/told"),
    "cat /etc/shadow",
    until("security_file_permission", "/run/followed"),
    "kill %1; wait %1",
  ].join("\n");
  // The command stops its parent, which is the runtime, while the ring buffer fills.
  const bytewise = "dd if=/etc/shadow of=/dev/null bs=1 2>/dev/null";
  const flood = shell(`kill -STOP $PPID; for i in $(seq 60); do ${bytewise}; done; kill -CONT $PPID`);
  let results: readonly StepResult[] = [];
  const step = (name: string): StepResult => {
    const found = results.find((result) => result.name === name);
    if (found === undefined) {
      throw new Error(`no step ${name}`);
    }
    return found;
  };

  beforeAll(async () => {
    results = await runInGuest("6.1", [
      { name: "nothing", argv: runtime("list") },
      { name: "load", argv: runtime("load", BUNDLE) },
      { name: "read", argv: ["cat", "/etc/shadow"] },
      { name: "again", argv: runtime("load", BUNDLE) },
      { name: "list", argv: runtime("list") },
      { name: "status", argv: runtime("status", "vault", "--color", "always") },
      { name: "monitor", argv: runtime("mode", "vault", "monitor") },
      { name: "read monitored", argv: ["cat", "/etc/shadow"] },
      { name: "status monitored", argv: runtime("status", "vault") },
      { name: "unload", argv: runtime("unload", "vault") },
      { name: "read unloaded", argv: ["cat", "/etc/shadow"] },
      { name: "follow", argv: shell(follow), timeoutSeconds: 60 },
      { name: "followed", argv: ["cat", "/run/followed"] },
      { name: "end", argv: runtime("unload", "vault") },
      {
        name: "flood",
        argv: runtime(
          "run",
          BUNDLE,
          "--monitor",
          "-o",
          "json",
          "--events-file",
          "/run/flood",
          "--",
          ...flood,
        ),
      },
      { name: "flooded", argv: ["grep", '^{"lost"', "/run/flood"] },
    ]);
  }, 300_000);

  it("loads, and enforces after it has ended", () => {
    expect(step("nothing").stdout).toBe("nothing is loaded\n");
    expect(step("load")).toMatchObject({ exit: 0 });
    expect(step("read")).toMatchObject({ exit: 137, stdout: "" });
    expect(step("again")).toMatchObject({ exit: 2 });
  });

  it("lists what is loaded, and counts", () => {
    expect(step("list").stdout).toBe("  bundle  policy  mode\n  vault   vault   enforce\n");
    expect(step("status").stdout).toContain("\u001b[32menforce\u001b[0m");
    // Hits, and of their alerts those delivered, suppressed and lost.
    const row = /vault\/security_file_permission#1 {2}kill \(signal 9\) +(\d+) +(\d+) +(\d+) +(\d+)\n/;
    expect(row.exec(step("status").stdout)?.slice(1)).toEqual(["1", "1", "0", "0"]);
    expect(step("status").stdout).toContain("0 events lost; 0 values not read whole");
  });

  it("lets be in monitor mode and counts all the same", () => {
    expect(step("monitor").exit).toBe(0);
    expect(step("read monitored").exit).toBe(0);
    expect(step("read monitored").stdout).toContain("root:");
    expect(step("status monitored").stdout).toMatch(/ {2}vault {3}monitor\n/);
    expect(step("status monitored").stdout).not.toContain("\u001b");
  });

  it("leaves nothing when unloaded", () => {
    expect(step("unload").exit).toBe(0);
    expect(step("read unloaded").exit).toBe(0);
  });

  it("counts and tells the events that found no room", () => {
    const counts = [...step("flooded").stdout.matchAll(/^\{"lost":(\d+)/gm)].map((match) => Number(match[1]));
    const [closing = 0, ...told] = counts.toReversed();
    expect(closing).toBeGreaterThan(0);
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(closing);
  });

  it("follows events until stopped, and enforces on", () => {
    expect(step("followed").stdout).toMatch(/"function_name":"security_file_permission".*"mode":"enforce"/);
    expect(step("follow").stdout).toBe("");
    expect(step("end").exit).toBe(0);
  });
});
