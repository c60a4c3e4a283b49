import { mkdirSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { GuestFile, StepResult } from "../../src/vm/guest-job.ts";
import {
  containerFiles,
  execInContainer,
  prepareContainers,
  removeContainer,
  runContainer,
  shell,
  startContainer,
  type Container,
} from "./container.ts";
import { buildEffects, parseEffects } from "./effects.ts";
import { REPOSITORY, RUNTIME, compileForGuest, runInGuest, testKernels } from "./guest.ts";

/** Each policy refuses one file, so that the files that can't be opened tell which policies apply. */
const SCOPES = {
  container: "containers",
  host: "host",
  shop: 'containers where pod.namespace == "shop"',
  web: 'containers where pod.labels["app"] in ["web", "api"] and pod.labels["tier"] exists',
  image: 'containers where container.image matches "registry.example/*:1"',
  name: 'containers where container.name == "database"',
  elsewhere: 'host and containers where not pod.namespace == "shop"',
  privileged: "containers where container.privileged == true",
} as const;
type PolicyName = keyof typeof SCOPES;
const NAMES = Object.keys(SCOPES) as PolicyName[];

const POLICY = Object.entries(SCOPES)
  .map(
    ([name, scope]) =>
      `policy "${name}" {\n  applies to ${scope}\n\n  on lsm file_open(file: file) when file.path == "/data/${name}" {\n    deny, alert\n  }\n}\n`,
  )
  .join("\n");

const files = Object.fromEntries(NAMES.map((name) => [`/data/${name}`, "data\n"]));
const READS = NAMES.map((name) => `read:/data/${name}`);
const EFFECTS = ["/bin/effects", ...READS];
const POD = "/kubepods/pod1";
const ENGINE_ID = "0123456789abcdef".repeat(4);

const known: Container = { id: "known", cgroup: `${POD}/known`, files };
const hostPid: Container = {
  id: "host-pid",
  cgroup: `${POD}/host-pid`,
  files,
  shares: ["pid", "ipc", "uts"],
};
/** Identified by what its engine left on disk, in a cgroup whose name says nothing. */
const annotated: Container = {
  id: "annotated",
  cgroup: "/machine/annotated",
  files,
  privileged: true,
  annotations: {
    "io.kubernetes.cri.container-name": "database",
    "io.kubernetes.cri.image-name": "registry.example/db:1",
    "io.kubernetes.cri.sandbox-name": "db-0",
    "io.kubernetes.cri.sandbox-namespace": "back",
  },
};
const inPod: Container = { id: "in-pod", cgroup: `${POD}/in-pod`, files, args: EFFECTS };
const stranger: Container = {
  id: "stranger",
  cgroup: `/system.slice/docker-${ENGINE_ID}.scope`,
  files,
  args: EFFECTS,
};
/** Starts while the runtime follows, which then identifies it. */
const followed: Container = { ...annotated, id: "followed", cgroup: "/machine/followed", privileged: false };
const containers = [known, hostPid, annotated, inPod, stranger, followed];

const FEED = [
  {
    cgroup: POD,
    pod: { name: "web-1", namespace: "shop", labels: { app: "web", tier: "front" } },
  },
  {
    cgroup: `${POD}/known`,
    container: { id: "feed-id", name: "web", image: "registry.example/web:1", privileged: false },
  },
];

/** Which policies apply to whom. */
const EXPECTED: Readonly<Record<string, readonly PolicyName[]>> = {
  host: ["host", "elsewhere"],
  known: ["container", "shop", "web", "image"],
  "host-pid": ["container", "shop", "web"],
  annotated: ["container", "image", "name", "elsewhere", "privileged"],
  // Its pod is known, so everything that is for the pod holds from its first instruction.
  "in-pod": ["container", "shop", "web"],
  // Nobody has said which container it is: what is for all containers holds, what is for some does not.
  stranger: ["container"],
  "sub-cgroup": ["container", "shop", "web", "image"],
  // A cgroup of the host that comes later.
  service: ["host", "elsewhere"],
  // The same name as before, after the container is gone: its pod is still known.
  again: ["container", "shop", "web"],
  followed: ["container", "image", "name", "elsewhere"],
};

const kernels = testKernels("scopes", ["6.1"]);

function compile(): string {
  const directory = `${REPOSITORY}build/enforcement`;
  mkdirSync(directory, { recursive: true });
  writeFileSync(`${directory}/scope.policy`, POLICY);
  return compileForGuest("enforcement/scope", [`${directory}/scope.policy`]);
}

const FEED_FILE = "/run/feed.json";

function guestFiles(): readonly GuestFile[] {
  const text = (path: string, content: string): GuestFile => ({
    path,
    mode: 0o644,
    content: Buffer.from(content),
  });
  return [
    ...containerFiles(containers),
    ...Object.entries(files).map(([path, content]) => text(path, content)),
    text(FEED_FILE, JSON.stringify(FEED)),
  ];
}

/** Runs the reads in a cgroup that is made for it. */
function inCgroup(path: string, effects: string): readonly string[] {
  const directory = `/sys/fs/cgroup${path}`;
  return shell(
    `mkdir -p ${directory} && echo $$ >${directory}/cgroup.procs && exec ${[effects, ...READS].join(" ")}`,
  );
}

describe.each(kernels)("workloads on kernel %s", (kernel) => {
  let results: readonly StepResult[] = [];
  const step = (name: string): StepResult => {
    const found = results.find((result) => result.name === name);
    if (found === undefined) {
      throw new Error(`no step ${name}`);
    }
    return found;
  };

  beforeAll(async () => {
    const bundle = compile();
    const effects = buildEffects();
    const runtime = (...args: readonly string[]): readonly string[] => [...RUNTIME, ...args];
    const follow = [
      `${runtime("events", "-o", "json").join(" ")} >/run/events 2>/run/events.err & runtime=$!`,
      "sleep 2",
      startContainer(followed).at(-1),
      `for try in $(seq 15); do ${execInContainer(followed, ["/bin/sh", "-c", "! cat /data/name"])
        .map((word) => `'${word}'`)
        .join(" ")} >/dev/null 2>&1 && break; sleep 0.2; done`,
      execInContainer(followed, EFFECTS).join(" "),
      "sleep 1; kill $runtime; wait $runtime 2>/dev/null",
    ].join("\n");
    results = await runInGuest(
      kernel,
      [
        { name: "prepare", argv: shell(prepareContainers(containers, [effects])) },
        ...[known, hostPid, annotated].map((one) => ({ name: `start ${one.id}`, argv: startContainer(one) })),
        { name: "load", argv: runtime("load", bundle, "--workloads", FEED_FILE), timeoutSeconds: 250 },
        { name: "host", argv: [effects, ...READS] },
        ...[known, hostPid, annotated].map((one) => ({ name: one.id, argv: execInContainer(one, EFFECTS) })),
        { name: "in-pod", argv: runContainer(inPod), timeoutSeconds: 60 },
        { name: "stranger", argv: runContainer(stranger), timeoutSeconds: 60 },
        { name: "sub-cgroup", argv: inCgroup(`${known.cgroup}/a/b/c`, effects) },
        { name: "service", argv: inCgroup("/system.slice/late.service", effects) },
        { name: "status", argv: runtime("status", "scope") },
        {
          name: "leave",
          argv: shell(
            `rmdir /sys/fs/cgroup${known.cgroup}/a/b/c /sys/fs/cgroup${known.cgroup}/a/b /sys/fs/cgroup${known.cgroup}/a`,
          ),
        },
        { name: "remove", argv: removeContainer(known) },
        { name: "removed", argv: runtime("status", "scope") },
        { name: "again", argv: inCgroup(known.cgroup, effects) },
        { name: "followed", argv: shell(follow), timeoutSeconds: 120 },
        { name: "events", argv: ["cat", "/run/events", "/run/events.err"] },
      ],
      { files: guestFiles(), timeoutSeconds: 560 },
    );
  }, 580_000);

  it("are there before the policies", () => {
    for (const name of ["prepare", "start known", "start host-pid", "start annotated", "load"]) {
      expect(step(name)).toMatchObject({ exit: 0 });
    }
  });

  it.each(Object.keys(EXPECTED))("%s has the policies that are for it, and no other", (name) => {
    const { exit, stdout, stderr } = step(name);
    const effects = parseEffects(stdout);
    expect(effects.length, `exit ${exit}: ${stderr}`).toBe(NAMES.length);
    const refused = effects
      .filter(({ error }) => error !== 0)
      .map(({ target = "" }) => target.slice("/data/".length));
    expect(refused.sort()).toEqual([...(EXPECTED[name] ?? [])].sort());
    expect(effects.filter(({ error }) => error === 0).every(({ bytes }) => bytes > 0)).toBe(true);
  });
});
