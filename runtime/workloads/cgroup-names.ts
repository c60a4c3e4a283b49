/** What the path of a cgroup tells: container engines and the kubelet name cgroups after what they run. */
import { HOST, UNIDENTIFIED, type Workload } from "./workload.ts";

/** What a path tells of the cgroup. */
export interface NamedCgroup {
  readonly workload: Workload;
  /** Path of the container that it belongs to; undefined where no single container is named. */
  readonly owner: string | undefined;
}

/** A container's id at the end of a name, with or without an engine's prefix and systemd's suffix. */
const CONTAINER = /(?:^|[-:])([0-9a-f]{64})(?:\.scope)?$/;
/** Processes of the engine itself, one for each container. */
const MONITOR = /^(?:crio|libpod)-conmon-/;
/** Everything below is in containers. `bpf/templates/scope.h` knows the same. */
const ROOT = /^(?:kubepods|kubepods\.slice|docker|libpod_parent|lxc\.payload\..*)$/;
const POD = /(?:^|-)pod([0-9a-f]{8}[-_0-9a-f]{24,28}|[0-9a-f]{32})(?:\.slice)?$/;

/** Reads a path of the hierarchy; `/` is its root. */
export function readCgroupPath(path: string): NamedCgroup {
  const components = path.split("/").filter((part) => part !== "");
  let below: "host" | "containers" = "host";
  let podUid: string | undefined;
  for (const [index, name] of components.entries()) {
    const id = CONTAINER.exec(name)?.[1];
    if (MONITOR.test(name)) {
      return { workload: HOST, owner: undefined };
    }
    if (id !== undefined) {
      const owner = `/${components.slice(0, index + 1).join("/")}`;
      return { workload: { inContainer: true, container: { id }, pod: podOf(components, podUid) }, owner };
    }
    below = ROOT.test(name) ? "containers" : below;
    podUid ??= below === "containers" ? POD.exec(name)?.[1]?.replaceAll("_", "-") : undefined;
  }
  return below === "host"
    ? { workload: HOST, owner: undefined }
    : { workload: { ...UNIDENTIFIED, pod: podOf(components, podUid) }, owner: undefined };
}

/** Only the kubelet makes pods; where the pod's uid is no uid, it may still be one. */
function podOf(components: readonly string[], uid: string | undefined): Workload["pod"] {
  const inKubernetes = components.some((name) => /^kubepods(?:\.slice)?$/.test(name));
  return inKubernetes ? (uid === undefined ? undefined : { uid }) : "none";
}
