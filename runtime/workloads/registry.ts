/** Which workload every cgroup belongs to, from all that is told. */
import type { Cgroup } from "./cgroups.ts";
import { readCgroupPath } from "./cgroup-names.ts";
import { type PodFacts, type Statement, type Workload, merge } from "./workload.ts";

/** A cgroup with the workload that its processes belong to. */
export interface PlacedWorkload {
  readonly cgroup: Cgroup;
  readonly workload: Workload;
  /** Path of the cgroup that the container, pod or host begins with. */
  readonly owner: string;
  /** Whether whatever is below belongs to it too. */
  readonly isWhole: boolean;
}

/**
 * The workloads of all cgroups. `cgroups` has parents before their children; later statements count where they
 * differ from earlier ones. What is in a container belongs to it, whatever its cgroups are called inside.
 */
export function placeWorkloads(
  cgroups: readonly Cgroup[],
  statements: readonly Statement[],
): readonly PlacedWorkload[] {
  const told = indexStatements(statements);
  const pods = podsByUid(statements);
  const placed = new Map<string, PlacedWorkload>();
  for (const cgroup of cgroups) {
    const parent = placed.get(parentPath(cgroup.path));
    placed.set(cgroup.path, placeCgroup(cgroup, parent, told, pods));
  }
  return [...placed.values()];
}

interface ToldWorkloads {
  readonly byPath: ReadonlyMap<string, Workload>;
  readonly byCgroup: ReadonlyMap<bigint, Workload>;
  readonly byContainer: ReadonlyMap<string, Workload>;
}

function indexStatements(statements: readonly Statement[]): ToldWorkloads {
  const byPath = new Map<string, Workload>();
  const byCgroup = new Map<bigint, Workload>();
  const byContainer = new Map<string, Workload>();
  const put = <K>(map: Map<K, Workload>, key: K, workload: Workload): void => {
    const before = map.get(key);
    map.set(key, before === undefined ? workload : merge(before, workload));
  };
  for (const { subject, workload } of statements) {
    switch (subject.kind) {
      case "cgroup":
        put(byPath, subject.path, workload);
        break;
      case "cgroup-id":
        put(byCgroup, subject.id, workload);
        break;
      case "container":
        put(byContainer, subject.id, workload);
    }
  }
  return { byPath, byCgroup, byContainer };
}

/** What any container of a pod tells of it counts for all. */
function podsByUid(statements: readonly Statement[]): ReadonlyMap<string, PodFacts> {
  const pods = new Map<string, PodFacts>();
  for (const { workload } of statements) {
    const { pod } = workload;
    if (pod !== undefined && pod !== "none" && pod.uid !== undefined) {
      const told = Object.entries(pod).filter(([, value]) => value !== undefined);
      pods.set(pod.uid, { ...pods.get(pod.uid), ...Object.fromEntries(told) });
    }
  }
  return pods;
}

function placeCgroup(
  cgroup: Cgroup,
  parent: PlacedWorkload | undefined,
  told: ToldWorkloads,
  pods: ReadonlyMap<string, PodFacts>,
): PlacedWorkload {
  const { path } = cgroup;
  const direct = mergeAll([told.byPath.get(path), told.byCgroup.get(cgroup.id)]);
  const isTold = direct !== undefined;
  if (parent?.isWhole === true && !isTold) {
    return { ...parent, cgroup };
  }
  const isInside = parent?.isWhole === true && parent.workload.inContainer;
  const named = readCgroupPath(path);
  const fromName = isInside ? undefined : named.workload;
  const id = direct?.container.id ?? fromName?.container.id;
  const known = mergeAll([
    isInside ? undefined : inherited(parent?.workload),
    fromName?.inContainer === true || parent?.workload.inContainer !== true ? fromName : undefined,
    id === undefined ? undefined : told.byContainer.get(id),
    direct,
  ]);
  const workload = withPod(known ?? named.workload, pods);
  const isNew = parent === undefined || isTold || (named.owner ?? parent.owner) !== parent.owner;
  const isWhole = workload.inContainer ? isOneContainer(workload) : isTold;
  return { cgroup, workload, owner: isNew ? path : parent.owner, isWhole };
}

/** A single container, and not a pod or a place for containers. */
function isOneContainer({ container }: Workload): boolean {
  return (container.id ?? container.name ?? container.image) !== undefined;
}

/** What a cgroup has of its parent: a pod's containers are in the pod. */
function inherited(parent: Workload | undefined): Workload | undefined {
  return parent?.inContainer === true ? { ...parent, container: {} } : undefined;
}

function withPod(workload: Workload, pods: ReadonlyMap<string, PodFacts>): Workload {
  const { pod } = workload;
  const facts = pod === undefined || pod === "none" || pod.uid === undefined ? undefined : pods.get(pod.uid);
  return facts === undefined ? workload : merge({ ...workload, pod: facts }, workload);
}

function mergeAll(parts: readonly (Workload | undefined)[]): Workload | undefined {
  return parts.reduce((all, part) =>
    all === undefined || part === undefined ? (all ?? part) : merge(all, part),
  );
}

function parentPath(path: string): string {
  return path === "/" ? "" : path.slice(0, path.lastIndexOf("/")) || "/";
}
