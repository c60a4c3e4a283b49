/** The closed lists of words that KubeArmor policies use. */

export const actionNames = ["Allow", "Audit", "Block"] as const;

export type ActionName = (typeof actionNames)[number];

/** Protocols by their IP number; the socket types that they are used with, most usual first. */
export const protocols: ReadonlyMap<string, bigint> = new Map([
  ["icmp", 1n],
  ["tcp", 6n],
  ["udp", 17n],
  ["icmpv6", 58n],
  ["sctp", 132n],
]);

/** Socket types by the kernel's number. */
export const socketTypes: ReadonlyMap<string, bigint> = new Map([
  ["stream", 1n],
  ["dgram", 2n],
  ["raw", 3n],
  ["rdm", 4n],
  ["seqpacket", 5n],
  ["dccp", 6n],
  ["packet", 10n],
]);

/** What `protocol` can be. */
export const protocolNames: readonly string[] = [...protocols.keys(), ...socketTypes.keys(), "all"];

/** What `capability` can be: the kernel's names without `CAP_`. */
export const capabilityNames = [
  "chown",
  "dac_override",
  "dac_read_search",
  "fowner",
  "fsetid",
  "kill",
  "setgid",
  "setuid",
  "setpcap",
  "linux_immutable",
  "net_bind_service",
  "net_broadcast",
  "net_admin",
  "net_raw",
  "ipc_lock",
  "ipc_owner",
  "sys_module",
  "sys_rawio",
  "sys_chroot",
  "sys_ptrace",
  "sys_pacct",
  "sys_admin",
  "sys_boot",
  "sys_nice",
  "sys_resource",
  "sys_time",
  "sys_tty_config",
  "mknod",
  "lease",
  "audit_write",
  "audit_control",
  "setfcap",
  "mac_override",
  "mac_admin",
  "syslog",
  "wake_alarm",
  "block_suspend",
  "audit_read",
  "perfmon",
  "bpf",
  "checkpoint_restore",
] as const;

export const presetNames = ["filelessExec", "anonymousMapExec", "protectEnv", "protectProc", "exec"] as const;

export const policyKinds = ["KubeArmorPolicy", "KubeArmorHostPolicy", "KubeArmorClusterPolicy"] as const;

/** Annotations that set a posture, by the section they are for. */
export const postureAnnotations = {
  file: "kubearmor-file-posture",
  network: "kubearmor-network-posture",
  capabilities: "kubearmor-capabilities-posture",
} as const;
