/** Which workload a cgroup belongs to: what its name, the engines' files and a feed tell, and what policies make of it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ScopeField, ScopeTest } from "../../runtime/manifest.ts";
import { readCgroupPath } from "../../runtime/workloads/cgroup-names.ts";
import { holds, type Truth } from "../../runtime/workloads/condition.ts";
import { createEngineReader } from "../../runtime/workloads/engines.ts";
import { openFeed, readEntry } from "../../runtime/workloads/feed.ts";
import { globMatches } from "../../runtime/workloads/glob.ts";
import { cgroupPathOf, readBundleConfig } from "../../runtime/workloads/oci.ts";
import { placeWorkloads } from "../../runtime/workloads/registry.ts";
import {
  HOST,
  type Statement,
  UNIDENTIFIED,
  type Workload,
  repositoryOf,
} from "../../runtime/workloads/workload.ts";

const ID = "0123456789abcdef".repeat(4);
const OTHER = "fedcba9876543210".repeat(4);
const UID = "12345678-1234-1234-1234-123456789abc";

describe("the name of a cgroup", () => {
  test.each([
    ["/", HOST],
    ["/system.slice/ssh.service", HOST],
    [`/system.slice/docker-${ID}.scope`, { inContainer: true, container: { id: ID }, pod: "none" }],
    [`/docker/${ID}`, { inContainer: true, container: { id: ID }, pod: "none" }],
    [`/kubepods/burstable/pod${UID}/${ID}`, { inContainer: true, container: { id: ID }, pod: { uid: UID } }],
    [
      `/kubepods.slice/kubepods-pod${UID.replaceAll("-", "_")}.slice/cri-containerd-${ID}.scope`,
      { inContainer: true, container: { id: ID }, pod: { uid: UID } },
    ],
    [`/kubepods/pod${UID}`, { ...UNIDENTIFIED, pod: { uid: UID } }],
    [`/kubepods.slice/crio-conmon-${ID}.scope`, HOST],
    // Not as long as an id: a service of the host may be called so.
    [`/system.slice/docker-${ID.slice(1)}.scope`, HOST],
  ] satisfies readonly (readonly [string, Workload])[])("%s", (path, workload) => {
    expect(readCgroupPath(path).workload).toEqual(workload);
  });

  test("tells where the container begins, also from inside", () => {
    expect(readCgroupPath(`/docker/${ID}/init/${OTHER}`).owner).toBe(`/docker/${ID}`);
  });
});

describe("a bundle's configuration", () => {
  const config = {
    annotations: {
      "io.kubernetes.cri.container-name": "web",
      "io.kubernetes.cri.image-name": "registry.example/web:1",
      "io.kubernetes.cri.sandbox-name": "web-1",
      "io.kubernetes.cri.sandbox-namespace": "shop",
      "io.kubernetes.cri.sandbox-uid": UID,
    },
    linux: { cgroupsPath: "kubepods-pod1.slice:cri-containerd:abc", maskedPaths: ["/proc/kcore"] },
    process: { capabilities: { bounding: ["CAP_CHOWN"] } },
  };

  test("names container, image and pod, and where the cgroup is", () => {
    const workload = {
      inContainer: true,
      container: { id: "abc", name: "web", image: "registry.example/web:1", privileged: false },
      pod: { uid: UID, name: "web-1", namespace: "shop", labels: undefined },
    };
    expect(readBundleConfig("abc", config)).toEqual([
      { subject: { kind: "container", id: "abc" }, workload },
      {
        subject: { kind: "cgroup", path: "/kubepods.slice/kubepods-pod1.slice/cri-containerd-abc.scope" },
        workload,
      },
    ]);
  });

  test.each([
    ["/a/b/", "/a/b"],
    ["a/b", undefined],
    [":docker:abc", "/system.slice/docker-abc.scope"],
    ["a-b.slice::abc", "/a.slice/a-b.slice/abc.scope"],
  ])("cgroup %s", (written, path) => {
    expect(cgroupPathOf(written)).toBe(path);
  });

  test("anything else tells nothing and breaks nothing", () => {
    for (const content of [
      undefined,
      null,
      7,
      "text",
      [],
      { annotations: ["a"], linux: { cgroupsPath: 7 } },
    ]) {
      expect(readBundleConfig("abc", content)).toEqual([
        {
          subject: { kind: "container", id: "abc" },
          workload: { inContainer: true, container: { id: "abc" }, pod: undefined },
        },
      ]);
    }
  });
});

describe("files", () => {
  let root = "";
  const write = (path: string, content: unknown): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === "string" ? content : JSON.stringify(content));
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "policyc-workloads-"));
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  test("of the engines are read again when they change, and forgotten when they go", () => {
    const path = `/var/lib/docker/containers/${ID}/config.v2.json`;
    write(path, { Name: "/web", Config: { Image: "web:1" } });
    const read = createEngineReader(root);
    const images = (): readonly unknown[] => read().map(({ workload }) => workload.container.image);
    expect(read()[0]?.workload.container).toEqual({ id: ID, name: "web", image: "web:1" });
    write(path, { Name: "/web", Config: { Image: "web:22" } });
    expect(images()).toEqual(["web:22"]);
    write(path, "{");
    expect(images()).toEqual([undefined]);
    rmSync(join(root, path));
    expect(images()).toEqual([]);
  });

  test("of a feed are a list or lines; what can't be used is told, and the rest counts", () => {
    const complaints: string[] = [];
    const path = join(root, "feed");
    const source = openFeed(path, (message) => complaints.push(message));
    expect(source.read()).toEqual([]);
    write("/feed", '{"cgroup":"/a/","container":{"name":"a"}}\nnonsense\n{"cgroupId":7,"host":true}\n');
    expect(source.read().map(({ subject }) => subject)).toEqual([
      { kind: "cgroup", path: "/a" },
      { kind: "cgroup-id", id: 7n },
    ]);
    expect(complaints.join("\n")).toContain("entry 2: it has no `cgroup`, `cgroupId` or `container.id`");
    write("/feed", [{ container: { id: "x" } }, { container: { id: "x" }, removed: true }]);
    expect(source.read()).toEqual([]);
  });
});

test("an entry of a feed has a subject, and none is made up", () => {
  for (const entry of [undefined, 7, [], {}, { cgroup: "relative" }, { cgroupId: -1 }, { cgroupId: 1.5 }]) {
    expect(readEntry(entry)).toBeTypeOf("string");
  }
});

describe("the workloads of cgroups", () => {
  const cgroup = (path: string, id: bigint): { readonly path: string; readonly id: bigint } => ({ path, id });
  const tree = [
    cgroup("/", 1n),
    cgroup("/kubepods", 2n),
    cgroup("/kubepods/pod1", 3n),
    cgroup("/kubepods/pod1/web", 4n),
    cgroup("/kubepods/pod1/web/child", 5n),
    cgroup("/service", 6n),
  ];
  const pod: Statement = {
    subject: { kind: "cgroup", path: "/kubepods/pod1" },
    workload: { ...UNIDENTIFIED, pod: { name: "web-1", namespace: "shop" } },
  };
  const web: Statement = {
    subject: { kind: "cgroup", path: "/kubepods/pod1/web" },
    workload: { inContainer: true, container: { name: "web" }, pod: undefined },
  };
  const placed = (statements: readonly Statement[]): ReadonlyMap<string, Workload> =>
    new Map(placeWorkloads(tree, statements).map((each) => [each.cgroup.path, each.workload]));

  test("what is below a pod is in it, and what is below a container is that container", () => {
    const workloads = placed([pod, web]);
    expect(workloads.get("/kubepods/pod1/web")).toMatchObject({
      container: { name: "web" },
      pod: { name: "web-1", namespace: "shop" },
    });
    expect(workloads.get("/kubepods/pod1/web/child")).toEqual(workloads.get("/kubepods/pod1/web"));
    expect(workloads.get("/service")).toEqual(HOST);
    expect(workloads.get("/kubepods")?.inContainer).toBe(true);
  });

  test("a later statement counts where both say something, and not where it is silent", () => {
    const renamed: Statement = {
      subject: web.subject,
      workload: { inContainer: true, container: { image: "web:1" }, pod: undefined },
    };
    expect(placed([web, renamed]).get("/kubepods/pod1/web")?.container).toMatchObject({
      name: "web",
      image: "web:1",
    });
  });
});

describe("a condition on workloads", () => {
  const text = (field: ScopeField["field"], value: string, key?: string): ScopeTest => ({
    kind: "texts",
    field,
    ...(key === undefined ? {} : { key }),
    match: "exact",
    values: [value],
  });
  const shop: Workload = {
    inContainer: true,
    container: { id: "a", name: "web", image: "registry.example:5000/web:1@sha256:0", privileged: false },
    pod: { namespace: "shop", labels: { app: "web" } },
  };
  test.each([
    ["of the pod", text("pod.namespace", "shop"), shop, "true"],
    ["another label", text("pod.labels", "x", "tier"), shop, "false"],
    ["labels of which nobody has told", text("pod.labels", "web", "app"), { ...shop, pod: {} }, "unknown"],
    ["a container without pod", text("pod.namespace", "shop"), { ...shop, pod: "none" }, "false"],
    ["the host", text("container.name", "web"), HOST, "false"],
    ["nobody knows which container", text("container.name", "web"), UNIDENTIFIED, "unknown"],
    ["the repository", text("container.repo", "registry.example:5000/web"), shop, "true"],
  ] satisfies readonly (readonly [string, ScopeTest, Workload, Truth])[])(
    "%s",
    (_, asked, workload, truth) => {
      expect(holds(asked, workload)).toBe(truth);
      const negation = { true: "false", false: "true", unknown: "unknown" } as const;
      expect(holds({ kind: "not", operand: asked }, workload)).toBe(negation[truth]);
    },
  );

  test("what can't matter is not waited for", () => {
    const unknown = text("container.name", "web");
    const never = text("pod.namespace", "shop");
    const workload: Workload = { ...UNIDENTIFIED, pod: "none" };
    expect(holds({ kind: "and", operands: [unknown, never] }, workload)).toBe("false");
    expect(holds({ kind: "or", operands: [unknown, { kind: "not", operand: never }] }, workload)).toBe(
      "true",
    );
  });
});

test.each([
  ["registry.example:5000/a/web:1.2", "registry.example:5000/a/web"],
  ["web@sha256:0", "web"],
  ["web", "web"],
])("the repository of %s", (image, repository) => {
  expect(repositoryOf(image)).toBe(repository);
});

test("globs on names: components, classes, letters of either case", () => {
  const web = [
    { kind: "text", text: "registry/" },
    { kind: "characters", slash: false },
    { kind: "class", negated: true, ranges: [{ low: 0x30, high: 0x39 }] },
  ] as const;
  expect(globMatches(web, false, "registry/web")).toBe(true);
  expect(globMatches(web, false, "registry/web1")).toBe(false);
  expect(globMatches(web, false, "registry/a/web")).toBe(false);
  expect(globMatches(web, false, "REGISTRY/web")).toBe(false);
  expect(globMatches(web, true, "REGISTRY/web")).toBe(true);
});
