/** What an OCI bundle's `config.json` tells of its container: annotations, cgroup, and whether it is privileged. */
import { listOf, memberOf, parseJson, textOf, textsOf } from "./parsed.ts";
import type { ContainerFacts, PodFacts, Statement, Subject, Workload } from "./workload.ts";

/** Names of one fact under which engines annotate containers. */
const ANNOTATIONS = {
  name: ["io.kubernetes.cri.container-name", "io.kubernetes.container.name"],
  image: [
    "io.kubernetes.cri.image-name",
    "io.kubernetes.cri-o.ImageName",
    "io.kubernetes.cri-o.Image",
    "org.opencontainers.image.ref.name",
  ],
  podName: ["io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"],
  podNamespace: ["io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace"],
  podUid: ["io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid"],
} as const;

/** `sandbox` for the container that only holds a pod's namespaces. */
const KINDS = ["io.kubernetes.cri.container-type", "io.kubernetes.cri-o.ContainerType"] as const;

/** Statements of a bundle: of its cgroup, and of its id, wherever its cgroup is. */
export function readBundleConfig(id: string, config: unknown): readonly Statement[] {
  const workload = workloadOf(id, config);
  const path = cgroupPathOf(textOf(memberOf(config, "linux", "cgroupsPath")));
  const subjects: readonly Subject[] = [
    { kind: "container", id },
    ...(path === undefined ? [] : [{ kind: "cgroup", path } as const]),
  ];
  return subjects.map((subject) => ({ subject, workload }));
}

/** What a container's configuration and its annotations tell. */
export function workloadOf(id: string, config: unknown): Workload {
  const annotations = textsOf(memberOf(config, "annotations")) ?? {};
  const found = (names: readonly string[]): string | undefined =>
    names.map((name) => annotations[name]).find((text) => text !== undefined && text !== "");
  const isSandbox = found(KINDS) === "sandbox";
  const container: ContainerFacts = {
    id,
    name: isSandbox ? undefined : found(ANNOTATIONS.name),
    image: isSandbox ? undefined : found(ANNOTATIONS.image),
    privileged: isPrivileged(config),
  };
  return { inContainer: true, container, pod: podOf(found, annotations, isSandbox) };
}

function podOf(
  found: (names: readonly string[]) => string | undefined,
  annotations: Readonly<Record<string, string>>,
  isSandbox: boolean,
): PodFacts | undefined {
  const [name, namespace] = [found(ANNOTATIONS.podName), found(ANNOTATIONS.podNamespace)];
  if (name === undefined && namespace === undefined) {
    return undefined;
  }
  // CRI-O writes the labels of a pod to its sandbox.
  const labels = isSandbox ? textsOf(parseJson(annotations["io.kubernetes.cri-o.Labels"] ?? "")) : undefined;
  return { uid: found(ANNOTATIONS.podUid), name, namespace, labels };
}

/**
 * No field says that a container is privileged: it is when it may do what only the host should, and nothing of
 * /proc is hidden from it. Undefined where there is no process to ask.
 */
function isPrivileged(config: unknown): boolean | undefined {
  const capabilities = memberOf(config, "process", "capabilities", "bounding");
  if (capabilities === undefined) {
    return undefined;
  }
  const owned = listOf(capabilities);
  const all = ["CAP_SYS_ADMIN", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_PTRACE"];
  const hidden = listOf(memberOf(config, "linux", "maskedPaths"));
  return hidden.length === 0 && all.every((name) => owned.includes(name));
}

/** `/a/b`, or systemd's form `slice:prefix:name`, as a path of the hierarchy. */
export function cgroupPathOf(written: string | undefined): string | undefined {
  if (written === undefined) {
    return undefined;
  }
  const [slice, prefix, name] = written.split(":");
  if (slice === undefined || prefix === undefined || name === undefined) {
    return written.startsWith("/") ? written.replace(/\/+$/, "") : undefined;
  }
  const unit = name.endsWith(".slice") ? name : `${prefix === "" ? "" : `${prefix}-`}${name}.scope`;
  return `${sliceDirectory(slice)}/${unit}`;
}

/** `/a.slice/a-b.slice` for `a-b.slice`: systemd nests slices by their names. */
function sliceDirectory(slice: string): string {
  const parts = (slice === "" ? "system" : slice.replace(/\.slice$/, "")).split("-");
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join("-")}.slice`).join("");
}
