/** The kinds of Linux namespaces, and what conditions can ask of a process about them. */

/** In the order of the kernel side's arrays: `enum namespace_kind` of bpf/templates/task.h. */
export const namespaceKinds = [
  "uts",
  "ipc",
  "mnt",
  "pid",
  "pid_for_children",
  "net",
  "time",
  "time_for_children",
  "cgroup",
  "user",
] as const;

export type NamespaceKind = (typeof namespaceKinds)[number];

export const capabilitySets = ["effective", "permitted", "inheritable"] as const;

export type CapabilitySet = (typeof capabilitySets)[number];

/**
 * What can be asked of the credentials and namespaces of a process. `ns.pid` is a number of an inode; `ns.pid.host`
 * is 1 where it is that of the host, and conditions spell it `ns.pid == host`. What has changed is a set of
 * bits, compared with what held when the process executed its program.
 */
export type CredentialPart =
  | `caps.${CapabilitySet}`
  | `caps.${CapabilitySet}_changed`
  | `ns.${NamespaceKind}`
  | `ns.${NamespaceKind}.host`
  | "ns.changed";

/** Whether reading a part needs what was kept when the process executed its program. */
export function needsSnapshot(part: string): boolean {
  return part.startsWith("caps.") ? part.endsWith("_changed") : part === "ns.changed";
}

/** Whether reading a part needs to know the namespaces of the host. */
export function needsHostNamespaces(part: string): boolean {
  return part.startsWith("ns.") && part.endsWith(".host");
}
