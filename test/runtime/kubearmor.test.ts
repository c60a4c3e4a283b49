/** Alerts in KubeArmor's names: the policy is that of the rule that the kernel names. */
import { expect, test } from "vitest";
import type { Json } from "../../runtime/events/json.ts";
import { kubearmorAlert } from "../../runtime/events/kubearmor.ts";
import { EVENT_FLAGS } from "../../runtime/event-layout.ts";
import { decodeRecord } from "../../runtime/events/decode.ts";
import { type Observed, observe } from "../../runtime/events/observed.ts";
import { createProcessTable, type ProcessTable } from "../../runtime/events/processes.ts";
import type { Manifest, ManifestRule } from "../../runtime/manifest.ts";
import type { Workload } from "../../runtime/workloads/workload.ts";
import { hookRecord, integerCapture, pathCapture, sockCapture } from "./records.ts";

const RULE: ManifestRule = {
  id: "web/file.open#1",
  policy: 0,
  hook: 0,
  tags: [],
  verdict: { kind: "deny", errno: 13 },
  post: true,
  posture: false,
  file: "web.yaml",
  line: 3,
  column: 1,
};

const integer = (argument: number): Manifest["hooks"][number]["captures"][number] => ({
  argument,
  type: { kind: "integer", bits: 32, signed: true },
});

const MANIFEST: Manifest = {
  format: 1,
  compiler: "policyc",
  policies: [
    {
      name: "web",
      namespace: "shop",
      mode: "enforce",
      tags: ["p"],
      message: "of all",
      file: "web.yaml",
      line: 1,
    },
    { name: "node", mode: "enforce", tags: [], file: "node.yaml", line: 1 },
  ],
  rules: [
    { ...RULE, severity: 7, tags: ["a", "b"], message: "hands off" },
    { ...RULE, verdict: { kind: "allow" }, posture: true },
    { ...RULE, id: "web/file.create#1", hook: 1 },
    { ...RULE, id: "node/net.create#1", policy: 1, hook: 2 },
    { ...RULE, id: "node/capability.use#1", policy: 1, hook: 3, label: "PRESET-x" },
    { ...RULE, id: "web/net.connect#1", hook: 4 },
    { ...RULE, id: "web/process.exec#1", hook: 5 },
  ],
  hooks: [
    {
      name: "security_file_open",
      section: "kprobe",
      captures: [{ argument: 0, type: { kind: "file" } }],
      result: false,
    },
    {
      name: "security_path_rename",
      section: "kprobe",
      captures: [5, 6].map((argument) => ({ argument, type: { kind: "path" as const } })),
      result: false,
    },
    { name: "security_socket_create", section: "kprobe", captures: [0, 1, 2].map(integer), result: false },
    { name: "security_capable", section: "kprobe", captures: [integer(2)], result: false },
    {
      name: "security_socket_connect",
      section: "kprobe",
      captures: [{ argument: 3, type: { kind: "sock" } }],
      result: false,
    },
    {
      name: "security_bprm_check",
      section: "kprobe",
      captures: [{ argument: 1, type: { kind: "file" } }],
      result: false,
    },
  ],
  limits: [],
  attachments: [],
  programs: [],
  maps: [],
  notes: [],
  digests: {},
};

const NODE = { name: "n1", clock: (time: bigint) => 1_700_000_000_000_000_000n + time };
/** The operation was refused. */
const DENIED = EVENT_FLAGS.denied;

function alertOf(
  hook: number,
  rule: number,
  flags: number,
  enforced: boolean,
  ...captures: Buffer[]
): Json | undefined {
  const head = { hook, flags, tgid: 7, tid: 7, uid: 33, time: 5_000_000n };
  const event = observedIn(
    hookRecord(head, [[rule, enforced]], ...captures),
    createProcessTable(() => undefined),
  );
  return event === undefined ? undefined : kubearmorAlert(event, NODE);
}

function observedIn(bytes: Buffer, table: ProcessTable): Observed | undefined {
  const record = decodeRecord(bytes, MANIFEST);
  if (record.kind === "malformed") {
    throw new Error(record.reason);
  }
  return observe(record, table)[0];
}

/** The alert of a process whose cgroup belongs to a workload. */
function alertFrom(workload: Workload): Json | undefined {
  const cgroup = 42n;
  const head = { hook: 0, flags: DENIED, tgid: 7, tid: 7, time: 5_000_000n };
  const event = observedIn(
    hookRecord(head, [[0, true]], pathCapture("/etc/shadow", 0)),
    createProcessTable(() => undefined),
  );
  if (event === undefined) {
    throw new Error("nothing was observed");
  }
  const node = { ...NODE, workloadOf: (id: bigint) => (id === cgroup ? workload : undefined) };
  return kubearmorAlert({ ...event, process: { ...event.process, cgroup } }, node);
}

test("a rule's alert has its own severity, tags and message, and the policy's name", () => {
  expect(alertOf(0, 0, DENIED, true, pathCapture("/etc/shadow", 0))).toMatchObject({
    Timestamp: 1_700_000_000,
    UpdatedTime: "2023-11-14T22:13:20.005Z",
    HostName: "n1",
    NamespaceName: "shop",
    HostPID: 7,
    UID: 33,
    PolicyName: "web",
    Severity: "7",
    Tags: "a,b",
    ATags: ["a", "b"],
    Message: "hands off",
    Type: "MatchedPolicy",
    Operation: "File",
    Resource: "/etc/shadow",
    Data: "lsm=FILE_OPEN",
    Action: "Block",
    Result: "Permission denied",
    Enforcer: "BPFLSM",
  });
});

test("a posture's alert names no policy", () => {
  const alert = alertOf(0, 1, 0, true, pathCapture("/tmp/a", 0));
  expect(alert).toMatchObject({ PolicyName: "DefaultPosture", Action: "Audit", Result: "Passed" });
  expect(alert).not.toMatchObject({ Severity: expect.anything() as unknown });
});

test("a monitoring policy's refusal is an audit, and a rule on a new name tells the new name", () => {
  expect(alertOf(1, 2, 0, false, pathCapture("/old", 0), pathCapture("/new", 0))).toMatchObject({
    Action: "Audit (Block)",
    Resource: "/new",
    Severity: "1",
    Message: "of all",
  });
});

test("sockets go by their protocol, capabilities by their names, presets by theirs", () => {
  expect(
    alertOf(2, 3, DENIED, true, integerCapture(2n), integerCapture(1n), integerCapture(0n)),
  ).toMatchObject({
    Type: "MatchedHostPolicy",
    Operation: "Network",
    Resource: "TCP",
  });
  expect(alertOf(3, 4, DENIED, true, integerCapture(13n))).toMatchObject({
    Operation: "Capabilities",
    Resource: "CAP_NET_RAW",
    Enforcer: "PRESET-x",
  });
  expect(alertOf(4, 5, DENIED, true, sockCapture({ family: 2, type: 2, protocol: 17 }))).toMatchObject({
    Resource: "UDP",
    Data: "lsm=SOCKET_CONNECT domain=AF_INET",
  });
  expect(alertOf(5, 6, DENIED, true, pathCapture("/usr/bin/nc", 0))).toMatchObject({
    Operation: "Process",
    Resource: "/usr/bin/nc",
  });
});

test("an alert from a container names its pod, whose namespace counts", () => {
  const alert = alertFrom({
    inContainer: true,
    container: { id: "c1", name: "nginx", image: "registry.example/nginx:1" },
    pod: { name: "web-1", namespace: "front", labels: { tier: "front", app: "web" } },
  });
  expect(alert).toMatchObject({
    NamespaceName: "front",
    PodName: "web-1",
    Labels: "app=web,tier=front",
    ContainerID: "c1",
    ContainerName: "nginx",
    ContainerImage: "registry.example/nginx:1",
  });
});

test("an alert from a container in no known pod has its policy's namespace and no pod", () => {
  const alert = alertFrom({ inContainer: true, container: { id: "c1" }, pod: "none" });
  expect(alert).toMatchObject({ NamespaceName: "shop", ContainerID: "c1" });
  expect(alert).not.toMatchObject({ PodName: expect.anything() as unknown });
  expect(alert).not.toMatchObject({ Labels: expect.anything() as unknown });
});

test("an alert from the host has no container, whatever is known of it", () => {
  const alert = alertFrom({ inContainer: false, container: { id: "c1" }, pod: "none" });
  expect(alert).not.toMatchObject({ ContainerID: expect.anything() as unknown });
});
