/** What is known of workloads, whoever told it. */

/**
 * What is known of the workload that a cgroup belongs to. A value that is undefined is not known; what is known
 * not to be there says so.
 */
export interface Workload {
  /** False: processes of the host, outside any container. */
  readonly inContainer: boolean;
  readonly container: ContainerFacts;
  /** `none`: the container is in no pod. */
  readonly pod: PodFacts | "none" | undefined;
}

export interface ContainerFacts {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  /** As the engine was asked for it: `registry.example/web:1.2`. */
  readonly image?: string | undefined;
  readonly privileged?: boolean | undefined;
}

export interface PodFacts {
  readonly uid?: string | undefined;
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

export const HOST: Workload = { inContainer: false, container: {}, pod: "none" };

/** A container of which nothing else is known. */
export const UNIDENTIFIED: Workload = { inContainer: true, container: {}, pod: undefined };

/** Something that a source says of a cgroup or a container. */
export interface Statement {
  readonly subject: Subject;
  readonly workload: Workload;
}

export type Subject =
  /** Path in the hierarchy, `/kubepods/pod1/web`. */
  | { readonly kind: "cgroup"; readonly path: string }
  | { readonly kind: "cgroup-id"; readonly id: bigint }
  /** A container by its id, where the name of its cgroup has it. */
  | { readonly kind: "container"; readonly id: string };

/** What both say together; where they differ `stronger` counts. */
export function merge(weaker: Workload, stronger: Workload): Workload {
  if (!stronger.inContainer || !weaker.inContainer) {
    return stronger;
  }
  return {
    inContainer: true,
    container: known(weaker.container, stronger.container),
    pod: mergePods(weaker.pod, stronger.pod),
  };
}

function mergePods(weaker: Workload["pod"], stronger: Workload["pod"]): Workload["pod"] {
  if (stronger === undefined || stronger === "none") {
    return stronger ?? weaker;
  }
  return weaker === undefined || weaker === "none" ? stronger : known(weaker, stronger);
}

/** The values of `stronger` that are known, and those of `weaker` for the rest. */
function known<T extends object>(weaker: T, stronger: T): T {
  const told = Object.entries(stronger).filter(([, value]) => value !== undefined);
  return { ...weaker, ...Object.fromEntries(told) };
}

/** Whether somebody has said which container it is. */
export function isIdentified({ container }: Workload): boolean {
  return container.name !== undefined || container.image !== undefined;
}

/** An image without tag and digest: `registry.example/web`. */
export function repositoryOf(image: string): string {
  const untagged = /^(.*?)(?::[^/:]*)?$/s.exec(image.split("@")[0] ?? "");
  return untagged?.[1] ?? image;
}
