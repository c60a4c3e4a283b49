/** The container and pod of a process, as events tell them. */
import type { ContainerFacts, Workload } from "../workloads/workload.ts";
import type { Json } from "./json.ts";
import type { KnownProcess } from "./processes.ts";

/** The workload of a cgroup, by its id; undefined where none is known. */
export type WorkloadOf = (cgroup: bigint) => Workload | undefined;

/** Characters of a container's id that `docker` has. */
const SHORT_ID = 31;

/** The workload that a process belongs to; undefined for the host. */
export function workloadOf({ cgroup }: KnownProcess, find?: WorkloadOf): Workload | undefined {
  const workload = cgroup === undefined ? undefined : find?.(cgroup);
  return workload?.inContainer === true ? workload : undefined;
}

/** Fields of a process: `pod` and `docker` as Tetragon has them, `container` where there is no pod. */
export function workloadJson(workload: Workload | undefined): Readonly<Record<string, Json | undefined>> {
  if (workload === undefined) {
    return {};
  }
  const { container, pod } = workload;
  const docker = container.id?.slice(0, SHORT_ID);
  if (pod === undefined || pod === "none" || (pod.name === undefined && pod.namespace === undefined)) {
    return { docker, container: containerJson(container) };
  }
  return {
    docker,
    pod: {
      namespace: pod.namespace,
      name: pod.name,
      container: containerJson(container),
      pod_labels: pod.labels,
    },
  };
}

function containerJson({ id, name, image, privileged }: ContainerFacts): Json {
  return {
    id,
    name,
    image: image === undefined ? undefined : { name: image },
    security_context: privileged === undefined ? undefined : { privileged },
  };
}

/** Fields of an alert in KubeArmor's names; the namespace too, which else is the policy's. */
export function workloadAlert(workload: Workload | undefined): Readonly<Record<string, Json | undefined>> {
  if (workload === undefined) {
    return {};
  }
  const { container } = workload;
  const pod = workload.pod === "none" ? undefined : workload.pod;
  return {
    ...(pod?.namespace === undefined ? {} : { NamespaceName: pod.namespace }),
    PodName: pod?.name,
    Labels: labelsText(pod?.labels),
    ContainerID: container.id,
    ContainerName: container.name,
    ContainerImage: container.image,
  };
}

/** `app=web,tier=front`, in the order of their keys. */
function labelsText(labels: Readonly<Record<string, string>> = {}): string | undefined {
  const all = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
  return all.length === 0 ? undefined : all.map(([key, value]) => `${key}=${value}`).join(",");
}

/** What a line for people calls a workload. */
export function workloadName({ container, pod }: Workload): string {
  if (pod !== undefined && pod !== "none" && (pod.name !== undefined || pod.namespace !== undefined)) {
    return [pod.namespace, pod.name].filter((part) => part !== undefined).join("/");
  }
  return container.name ?? container.id?.slice(0, 12) ?? "<container>";
}
