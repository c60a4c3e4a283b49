/** Names that the kernel's numbers go by in events. */
import { constants } from "node:os";

/** `SIGKILL` for 9; `SIG34` for a signal without a name. */
export function signalName(signal: number): string {
  const found = Object.entries(constants.signals).find(([, number]) => number === signal);
  return found?.[0] ?? `SIG${signal}`;
}

const FAMILIES: Readonly<Record<number, string>> = {
  0: "AF_UNSPEC",
  1: "AF_UNIX",
  2: "AF_INET",
  10: "AF_INET6",
  16: "AF_NETLINK",
  17: "AF_PACKET",
  40: "AF_VSOCK",
};

const SOCKET_TYPES: Readonly<Record<number, string>> = {
  1: "SOCK_STREAM",
  2: "SOCK_DGRAM",
  3: "SOCK_RAW",
  4: "SOCK_RDM",
  5: "SOCK_SEQPACKET",
  6: "SOCK_DCCP",
  10: "SOCK_PACKET",
};

const PROTOCOLS: Readonly<Record<number, string>> = {
  0: "IPPROTO_IP",
  1: "IPPROTO_ICMP",
  2: "IPPROTO_IGMP",
  6: "IPPROTO_TCP",
  17: "IPPROTO_UDP",
  33: "IPPROTO_DCCP",
  47: "IPPROTO_GRE",
  50: "IPPROTO_ESP",
  58: "IPPROTO_ICMPV6",
  132: "IPPROTO_SCTP",
  136: "IPPROTO_UDPLITE",
  255: "IPPROTO_RAW",
  262: "IPPROTO_MPTCP",
};

const TCP_STATES: readonly string[] = [
  "",
  "TCP_ESTABLISHED",
  "TCP_SYN_SENT",
  "TCP_SYN_RECV",
  "TCP_FIN_WAIT1",
  "TCP_FIN_WAIT2",
  "TCP_TIME_WAIT",
  "TCP_CLOSE",
  "TCP_CLOSE_WAIT",
  "TCP_LAST_ACK",
  "TCP_LISTEN",
  "TCP_CLOSING",
  "TCP_NEW_SYN_RECV",
];

export const AF_INET = 2;
export const AF_INET6 = 10;

export function familyName(family: number): string {
  return FAMILIES[family] ?? String(family);
}

export function socketTypeName(type: number): string {
  return SOCKET_TYPES[type] ?? String(type);
}

export function protocolName(protocol: number): string {
  return PROTOCOLS[protocol] ?? String(protocol);
}

/** Empty for 0, which no socket is in. */
export function tcpStateName(state: number): string {
  return TCP_STATES[state] ?? String(state);
}

const FILE_TYPES: Readonly<Record<number, string>> = {
  0o14: "s",
  0o12: "l",
  0o10: "-",
  0o06: "b",
  0o04: "d",
  0o02: "c",
  0o01: "p",
};

/** `-rw-r--r--` for a file's mode. */
export function permissionText(mode: number): string {
  const letters = ["r", "w", "x", "r", "w", "x", "r", "w", "x"].map((letter, index) =>
    mode & (0o400 >> index) ? letter : "-",
  );
  const special = (bit: number, at: number, set: string): void => {
    if (mode & bit) {
      letters[at] = letters[at] === "x" ? set : set.toUpperCase();
    }
  };
  special(0o4000, 2, "s");
  special(0o2000, 5, "s");
  special(0o1000, 8, "t");
  return `${FILE_TYPES[(mode >> 12) & 0o17] ?? "?"}${letters.join("")}`;
}

/** By number. */
const CAPABILITIES: readonly string[] = [
  ...["CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP"],
  ...["LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK"],
  ...["IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN"],
  ...["SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE"],
  ...["AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM"],
  ...["BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE"],
];

/** `CAP_NET_RAW` for 13; the number of one without a name. */
export function capabilityName(capability: number): string {
  const name = CAPABILITIES[capability];
  return name === undefined ? String(capability) : `CAP_${name}`;
}
