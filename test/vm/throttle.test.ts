/**
 * Alert throttling of KubeArmor policies at work: two containers, two processors, rates below, at and far above what is
 * allowed, and a configuration that changes. What was printed is held against what the kernel has counted.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { shellQuote } from "../../src/vm/shell-quote.ts";
import type { StepResult } from "../../src/vm/guest-job.ts";
import {
  type Container,
  containerFiles,
  execInContainer,
  prepareContainers,
  shell,
  startContainer,
} from "./container.ts";
import { REPOSITORY, RUNTIME, compileForGuest, runInGuest, testKernels } from "./guest.ts";

const kernels = testKernels("alert throttling", ["6.1"]);

/** What rules of KubeArmor policies become; on one event, as each further hook takes seconds to load in a guest. */
const POLICY = `policy "noise" namespace "shop" {
  applies to containers where pod.namespace == "shop" and pod.labels["app"] == "noise"

  on file.open {
    alert, limit default when file.path == "/data/noisy"
    deny EACCES, alert, limit default when file.path == "/data/closed"
  }
}
`;

/** As users of KubeArmor have it in their cluster. */
const CONFIGURATION = `apiVersion: v1
kind: ConfigMap
metadata:
  name: kubearmor-config
data:
  alertThrottling: "true"
  maxAlertPerSec: "10"
  throttleSec: "6"
  visibility: none
`;

const files = { "/data/noisy": "noisy\n", "/data/closed": "closed\n" };
const one: Container = { id: "one", cgroup: "/kubepods/pod1/one", files };
const two: Container = { id: "two", cgroup: "/kubepods/pod1/two", files };
const FEED = JSON.stringify([
  { cgroup: "/kubepods/pod1", pod: { name: "noise-1", namespace: "shop", labels: { app: "noise" } } },
]);

/** Opens a file so many times in a container, without another process: faster than any limit. */
function opens(container: Container, times: number, path = "/data/noisy"): string {
  const script = `i=0; while [ $i -lt ${times} ]; do true <${path}; i=$((i+1)); done 2>/dev/null`;
  return execInContainer(container, ["/bin/sh", "-c", script]).map(shellQuote).join(" ");
}

const runtime = (...words: readonly string[]): string => [...RUNTIME, ...words].map(shellQuote).join(" ");
/** Longer than a second: what comes next begins another window. */
const NEXT_WINDOW = "sleep 1.5";

/** What is tried, in this order, and what has to be seen of it. */
const TRIALS = {
  below: opens(one, 5),
  at: `${NEXT_WINDOW}; ${opens(one, 10)}`,
  // On both processors at once, and in another container meanwhile.
  above: `${NEXT_WINDOW}; ${opens(one, 100)} & ${opens(one, 100)} & ${opens(two, 3)}; wait`,
  // The noise of one rule hides nothing of another; what is refused stays refused when nobody is told any more.
  other: opens(one, 31, "/data/closed"),
  // The silence is over: the next alert is posted, and says how many were not.
  after: `sleep 7; ${opens(one, 1)}`,
  changed: `${runtime("throttle", "--maxAlertPerSec", "2", "--throttleSec", "1")}; ${NEXT_WINDOW}; ${opens(one, 5)}`,
  off: `${runtime("throttle", "--alertThrottling", "false")}; ${opens(one, 40)}`,
  zero: runtime("throttle", "--maxAlertPerSec", "0"),
  negative: runtime("throttle", "--throttleSec", "-1"),
} as const;

function compile(): string {
  const directory = `${REPOSITORY}build/enforcement`;
  mkdirSync(directory, { recursive: true });
  writeFileSync(`${directory}/noise.policy`, POLICY);
  return compileForGuest("enforcement/noise", [`${directory}/noise.policy`]);
}

interface Account {
  readonly decided: number;
  readonly delivered: number;
  readonly suppressed: number;
  readonly lost: number;
}

describe.each(kernels)("alert throttling on kernel %s", (kernel) => {
  let results: readonly StepResult[] = [];
  let alerts: readonly Readonly<Record<string, unknown>>[] = [];
  const step = (name: string): StepResult | undefined => results.find((result) => result.name === name);
  const of = (resource: string, container?: Container): number =>
    alerts.filter(
      (alert) =>
        alert["Resource"] === resource && (container === undefined || alert["ContainerID"] === container.id),
    ).length;
  const accounts = (name: string): Readonly<Record<string, Account>> => {
    const status = JSON.parse(step(name)?.stdout ?? "{}") as {
      readonly loaded?: readonly {
        readonly rules: readonly { readonly id: string; readonly alerts?: Account }[];
      }[];
    };
    const rules = status.loaded?.flatMap((loaded) => loaded.rules) ?? [];
    return Object.fromEntries(rules.flatMap(({ id, alerts: account }) => (account ? [[id, account]] : [])));
  };

  beforeAll(async () => {
    const bundle = compile();
    const text = (path: string, content: string): { path: string; mode: number; content: Buffer } => ({
      path,
      mode: 0o644,
      content: Buffer.from(content),
    });
    const load = ["load", bundle, "--workloads", "/run/feed.json", "--config", "/run/config.yaml"];
    results = await runInGuest(
      kernel,
      [
        { name: "prepare", argv: shell(prepareContainers([one, two])) },
        { name: "start one", argv: startContainer(one) },
        { name: "start two", argv: startContainer(two) },
        { name: "load", argv: shell(runtime(...load)), timeoutSeconds: 120 },
        {
          name: "follow",
          argv: shell(
            `${runtime("events", "-o", "kubearmor")} </dev/null >/run/alerts 2>/run/alerts.err & echo $! >/run/follower`,
          ),
        },
        ...Object.entries(TRIALS).map(([name, script]) => ({
          name,
          argv: shell(script),
          timeoutSeconds: 60,
        })),
        {
          name: "printed",
          argv: shell(
            'last=; while [ "$last" != "$(wc -c </run/alerts)" ]; do last=$(wc -c </run/alerts); sleep 3; done; cat /run/alerts',
          ),
          timeoutSeconds: 120,
        },
        { name: "status", argv: shell(runtime("status", "--json")) },
        { name: "stop", argv: shell("kill $(cat /run/follower); sleep 1; cat /run/alerts.err") },
        { name: "unload", argv: shell(runtime("unload", "noise")) },
        { name: "left", argv: shell("find /sys/fs/bpf -mindepth 1 -name '*limit*'") },
        { name: "again", argv: shell(runtime(...load)), timeoutSeconds: 120 },
        { name: "fresh", argv: shell(`${opens(one, 10)}; ${runtime("status", "--json")}`) },
      ],
      {
        files: [
          ...containerFiles([one, two]),
          text("/run/feed.json", FEED),
          text("/run/config.yaml", CONFIGURATION),
        ],
        shape: { cpus: 2 },
        timeoutSeconds: 400,
      },
    );
    alerts = (step("printed")?.stdout ?? "")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  }, 500_000);

  it("loads with the ConfigMap's settings, and does what is tried", () => {
    const quiet = ["prepare", "load", "below", "at", "above", "after", "changed", "off", "unload", "again"];
    const failures = quiet.flatMap((name) =>
      step(name)?.exit === 0 ? [] : [`${name}: ${step(name)?.exit ?? ""} ${step(name)?.stderr ?? ""}`],
    );
    expect(failures).toEqual([]);
  });

  it("posts what stays within the limit, and of too many as many as it allows", () => {
    // 5, 10, 10 of 200, 1 after the silence, 2 of 5, and all 40 when it is off.
    expect(of("/data/noisy", one)).toBe(5 + 10 + 10 + 1 + 2 + 40);
  });

  it("counts for each container alone", () => {
    expect(of("/data/noisy", two)).toBe(3);
  });

  it("hides nothing of another rule, and refuses what it is silent about", () => {
    expect(of("/data/closed", one)).toBe(10);
    expect(accounts("status")["noise/file.open#2"]?.decided).toBe(31);
  });

  it("says when it begins, and when it has ended how many it left out", () => {
    const notices = alerts.filter((alert) => alert["Operation"] === "AlertThreshold");
    const identity = { Type: "SystemEvent", PodName: "noise-1", ContainerID: "one", NamespaceName: "shop" };
    expect(notices).toContainEqual(
      expect.objectContaining({ ...identity, MaxAlertsPerSec: 10, DroppingAlertsInterval: 6 }),
    );
    const told = notices.flatMap(({ Data }) => /suppressed=(\d+)/.exec(String(Data))?.[1] ?? []).map(Number);
    expect(told.sort((a, b) => a - b)).toEqual([3, 21, 190]);
    expect(notices).toHaveLength(6);
  });

  it("accounts for every alert: what was decided is delivered, left out or lost", () => {
    const all = accounts("status");
    expect(all["noise/file.open#1"]).toEqual({ decided: 264, delivered: 71, suppressed: 193, lost: 0 });
    expect(all["noise/file.open#2"]).toEqual({ decided: 31, delivered: 10, suppressed: 21, lost: 0 });
    for (const { decided, delivered, suppressed, lost } of Object.values(all)) {
      expect(delivered + suppressed + lost).toBe(decided);
    }
    expect(of("/data/noisy") + of("/data/closed")).toBe(81);
  });

  it("refuses zero and negative numbers, and leaves in force what was", () => {
    expect(step("zero")).toMatchObject({ exit: 2 });
    expect(step("zero")?.stderr).toContain("maxAlertPerSec is `0`");
    expect(step("negative")).toMatchObject({ exit: 2 });
    expect(step("status")?.stdout).toContain('"alertThrottling":false');
  });

  it("forgets everything when the bundle goes", () => {
    expect(step("unload")?.stderr).toContain("295 alerts: 81 delivered, 214 suppressed, 0 lost");
    expect(step("left")?.stdout).toBe("");
    expect(accounts("fresh")["noise/file.open#1"]).toEqual({
      decided: 10,
      delivered: 10,
      suppressed: 0,
      lost: 0,
    });
  });
});
