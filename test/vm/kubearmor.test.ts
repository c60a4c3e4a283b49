/** KubeArmor policies in real containers: what comes of operations, and the alerts in KubeArmor's own form. */
import { beforeAll, describe, expect, it } from "vitest";
import type { StepResult } from "../../src/vm/guest-job.ts";
import { shellQuote } from "../../src/vm/shell-quote.ts";
import { containerFiles, execOnTerminal, prepareContainers, shell, startContainer } from "./container.ts";
import { RUNTIME, compileForGuest, runInGuest, testKernels } from "./guest.ts";
import {
  containerOf,
  feedOf,
  onTerminal,
  readKubearmorGroups,
  type KubearmorCase,
} from "./kubearmor-case.ts";

const kernels = testKernels("KubeArmor policies", ["6.1"]);

const groups = readKubearmorGroups();
const containers = groups.map(containerOf);
const FEED = "/run/feed.json";
const rootOf = (id: string): string => `/run/containers/${id}/rootfs`;

function compile(): string {
  return compileForGuest(
    "enforcement/kubearmor",
    groups.flatMap((group) => group.policies),
  );
}

/** Copies of busybox where the groups want them. */
function copyPrograms(): string {
  return groups
    .flatMap(({ name, programs }) =>
      programs.map((path) => {
        const target = `${rootOf(name)}${path}`;
        return `mkdir -p $(dirname ${target}) && cp /run/policyc/busybox ${target}`;
      }),
    )
    .join("\n");
}

const waitFor = (file: string): string =>
  groups
    .map(
      ({ name }) => `for try in $(seq 200); do [ -e ${rootOf(name)}/out/${file} ] && break; sleep 0.3; done`,
    )
    .join("\n");

function operate(): string {
  return [
    `${[...RUNTIME, "events", "-o", "kubearmor"].join(" ")} >/run/alerts 2>/run/alerts.err & follower=$!`,
    ...groups.map(({ name }) => `touch ${rootOf(name)}/go`),
    waitFor("done"),
    ...groups.flatMap((group) => {
      const script = onTerminal(group);
      const argv = execOnTerminal(containerOf(group), ["/bin/sh", "-c", script ?? ""]);
      return script === undefined ? [] : [argv.map(shellQuote).join(" ")];
    }),
    // The follower may only start now: what it missed is in the ring. It is through when its output grows no more.
    "for try in $(seq 240); do [ -s /run/alerts ] && break; sleep 0.5; done",
    'last=; while [ "$last" != "$(wc -c </run/alerts)" ]; do last=$(wc -c </run/alerts); sleep 4; done',
    "kill $follower; wait $follower 2>/dev/null; true",
  ].join("\n");
}

/** Everything in `/out`, as `FILE:LINE`: one process for all files, as each takes long in an emulator. */
const COLLECT = "cd /run/containers && /run/policyc/busybox grep -H '' */rootfs/out/*";

/** What the files of `/out` held, by `GROUP FILE`; empty ones are left out. */
function collected(printed: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const line of printed.split("\n")) {
    const [, group, file, text] = /^([^/]+)\/rootfs\/out\/([^:]+):(.*)$/.exec(line) ?? [];
    if (group !== undefined && file !== undefined && text !== undefined) {
      const key = `${group} ${file}`;
      texts.set(key, `${texts.get(key) ?? ""}${text}\n`);
    }
  }
  return texts;
}

let bundle = "";
beforeAll(() => {
  bundle = compile();
}, 300_000);

describe.each(kernels)("KubeArmor policies in containers on kernel %s", (kernel) => {
  let results: readonly StepResult[] = [];
  let outputs: ReadonlyMap<string, string> = new Map();
  let alerts: readonly Readonly<Record<string, unknown>>[] = [];
  const step = (name: string): StepResult | undefined => results.find((result) => result.name === name);

  beforeAll(async () => {
    results = await runInGuest(
      kernel,
      [
        { name: "prepare", argv: shell(`${prepareContainers(containers)}\n${copyPrograms()}`) },
        ...containers.map((one) => ({ name: `start ${one.id}`, argv: startContainer(one) })),
        { name: "ready", argv: shell(waitFor("ready")), timeoutSeconds: 120 },
        {
          name: "load",
          argv: [...RUNTIME, "load", bundle, "--workloads", FEED, "--alertThrottling=false"],
          timeoutSeconds: 400,
        },
        { name: "operate", argv: shell(operate()), timeoutSeconds: 300 },
        { name: "collect", argv: shell(COLLECT), timeoutSeconds: 60 },
        { name: "alerts", argv: ["cat", "/run/alerts"] },
        { name: "complaints", argv: ["cat", "/run/alerts.err"] },
      ],
      {
        files: [
          ...containerFiles(containers),
          { path: FEED, mode: 0o644, content: Buffer.from(feedOf(groups)) },
        ],
        timeoutSeconds: 560,
      },
    );
    outputs = collected(step("collect")?.stdout ?? "");
    alerts = (step("alerts")?.stdout ?? "")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  }, 600_000);

  it("loads", () => {
    expect(step("prepare")).toMatchObject({ exit: 0 });
    expect(step("load")).toMatchObject({ exit: 0 });
    expect(step("complaints")?.stdout).toBe("");
  });

  describe.each(groups.map((group) => [group.name, group] as const))("%s", (name, group) => {
    const own = (): readonly Readonly<Record<string, unknown>>[] =>
      alerts.filter((alert) => alert["PodName"] === name);

    it.each(group.cases.map((each, index) => [each.does, each, index] as const))("%s", (_, each, index) => {
      expectResult(each, (file) => outputs.get(`${name} ${index}${file}`));
      for (const part of each.alerts ?? []) {
        expect(own()).toContainEqual(expect.objectContaining(part));
      }
      for (const part of each.absent ?? []) {
        expect(own()).not.toContainEqual(expect.objectContaining(part));
      }
    });
  });
});

function expectResult(
  { passes, output, error }: KubearmorCase,
  read: (file: string) => string | undefined,
): void {
  const status = read(".rc")?.trim();
  expect(status, "the command was not tried").toBeDefined();
  const complaint = read(".err") ?? "";
  if (passes !== undefined) {
    expect(status === "0", `status ${status ?? ""}: ${complaint}`).toBe(passes);
  }
  if (passes === false && error === undefined) {
    // Not a byte of what it was to read, and the kernel's own words for why.
    expect(complaint).toMatch(/permission denied|operation not permitted/i);
  }
  if (output !== undefined) {
    expect(read("") ?? "").toBe(output);
  }
  if (error !== undefined) {
    expect(complaint).toContain(error);
  }
}
