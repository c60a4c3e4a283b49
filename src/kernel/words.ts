/** The kernel's own names for values, as its headers spell them (uapi, x86-64 and arm64 alike). */
import {
  BPF_COMMANDS,
  BPF_MAP_TYPES,
  BPF_PROGRAM_TYPES,
  CAPABILITIES,
  PERF_TYPES,
} from "../../runtime/kernel-names.ts";
import { namespaceKinds } from "./namespaces.ts";
import { systemCall } from "./system-calls.ts";

/** `MAY_*` of linux/fs.h: what an access check asks for. */
const accessMask = {
  MAY_EXEC: 0x1,
  MAY_WRITE: 0x2,
  MAY_READ: 0x4,
  MAY_APPEND: 0x8,
  MAY_ACCESS: 0x10,
  MAY_OPEN: 0x20,
  MAY_CHDIR: 0x40,
  MAY_NOT_BLOCK: 0x80,
} as const;

/** `PROT_*` of asm-generic/mman-common.h. */
const memoryProtection = { PROT_NONE: 0, PROT_READ: 1, PROT_WRITE: 2, PROT_EXEC: 4, PROT_SEM: 8 } as const;

/** `MAP_*` of asm-generic/mman.h and linux/mman.h. */
const mapFlags = {
  MAP_SHARED: 0x1,
  MAP_PRIVATE: 0x2,
  MAP_SHARED_VALIDATE: 0x3,
  MAP_FIXED: 0x10,
  MAP_ANONYMOUS: 0x20,
  MAP_GROWSDOWN: 0x100,
  MAP_DENYWRITE: 0x800,
  MAP_EXECUTABLE: 0x1000,
  MAP_LOCKED: 0x2000,
  MAP_NORESERVE: 0x4000,
  MAP_POPULATE: 0x8000,
  MAP_NONBLOCK: 0x10000,
  MAP_STACK: 0x20000,
  MAP_HUGETLB: 0x40000,
  MAP_SYNC: 0x80000,
  MAP_FIXED_NOREPLACE: 0x100000,
} as const;

/** `AF_*` of linux/socket.h. */
const addressFamily = {
  AF_UNSPEC: 0,
  AF_UNIX: 1,
  AF_LOCAL: 1,
  AF_INET: 2,
  AF_AX25: 3,
  AF_IPX: 4,
  AF_APPLETALK: 5,
  AF_NETROM: 6,
  AF_BRIDGE: 7,
  AF_ATMPVC: 8,
  AF_X25: 9,
  AF_INET6: 10,
  AF_ROSE: 11,
  AF_NETBEUI: 13,
  AF_SECURITY: 14,
  AF_KEY: 15,
  AF_NETLINK: 16,
  AF_ROUTE: 16,
  AF_PACKET: 17,
  AF_RDS: 21,
  AF_PPPOX: 24,
  AF_LLC: 26,
  AF_IB: 27,
  AF_MPLS: 28,
  AF_CAN: 29,
  AF_TIPC: 30,
  AF_BLUETOOTH: 31,
  AF_RXRPC: 33,
  AF_PHONET: 35,
  AF_IEEE802154: 36,
  AF_ALG: 38,
  AF_NFC: 39,
  AF_VSOCK: 40,
  AF_KCM: 41,
  AF_QIPCRTR: 42,
  AF_SMC: 43,
  AF_XDP: 44,
  AF_MCTP: 45,
} as const;

/** `IPPROTO_*` of linux/in.h. */
const ipProtocol = {
  IPPROTO_IP: 0,
  IPPROTO_ICMP: 1,
  IPPROTO_IGMP: 2,
  IPPROTO_IPIP: 4,
  IPPROTO_TCP: 6,
  IPPROTO_EGP: 8,
  IPPROTO_PUP: 12,
  IPPROTO_UDP: 17,
  IPPROTO_IDP: 22,
  IPPROTO_TP: 29,
  IPPROTO_DCCP: 33,
  IPPROTO_IPV6: 41,
  IPPROTO_RSVP: 46,
  IPPROTO_GRE: 47,
  IPPROTO_ESP: 50,
  IPPROTO_AH: 51,
  IPPROTO_ICMPV6: 58,
  IPPROTO_MTP: 92,
  IPPROTO_BEETPH: 94,
  IPPROTO_ENCAP: 98,
  IPPROTO_PIM: 103,
  IPPROTO_COMP: 108,
  IPPROTO_L2TP: 115,
  IPPROTO_SCTP: 132,
  IPPROTO_UDPLITE: 136,
  IPPROTO_MPLS: 137,
  IPPROTO_ETHERNET: 143,
  IPPROTO_RAW: 255,
  IPPROTO_MPTCP: 262,
} as const;

/** `TCP_*` states of net/tcp_states.h. */
const tcpState = {
  TCP_ESTABLISHED: 1,
  TCP_SYN_SENT: 2,
  TCP_SYN_RECV: 3,
  TCP_FIN_WAIT1: 4,
  TCP_FIN_WAIT2: 5,
  TCP_TIME_WAIT: 6,
  TCP_CLOSE: 7,
  TCP_CLOSE_WAIT: 8,
  TCP_LAST_ACK: 9,
  TCP_LISTEN: 10,
  TCP_CLOSING: 11,
  TCP_NEW_SYN_RECV: 12,
} as const;

/** `SOCK_*` of linux/net.h. */
const socketType = {
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOCK_RAW: 3,
  SOCK_RDM: 4,
  SOCK_SEQPACKET: 5,
  SOCK_DCCP: 6,
  SOCK_PACKET: 10,
} as const;

/** `O_*` of asm-generic/fcntl.h, as `f_flags` holds them. */
const openFlags = {
  O_RDONLY: 0,
  O_WRONLY: 0x1,
  O_RDWR: 0x2,
  O_CREAT: 0x40,
  O_EXCL: 0x80,
  O_NOCTTY: 0x100,
  O_TRUNC: 0x200,
  O_APPEND: 0x400,
  O_NONBLOCK: 0x800,
  O_DSYNC: 0x1000,
  O_DIRECT: 0x4000,
  O_LARGEFILE: 0x8000,
  O_DIRECTORY: 0x10000,
  O_NOFOLLOW: 0x20000,
  O_NOATIME: 0x40000,
  O_CLOEXEC: 0x80000,
  O_SYNC: 0x101000,
  O_PATH: 0x200000,
  O_TMPFILE: 0x410000,
} as const;

/** `S_*` of linux/stat.h: permissions; types of files are single bits or sums of them. */
const fileMode = {
  S_IXOTH: 0o1,
  S_IWOTH: 0o2,
  S_IROTH: 0o4,
  S_IXGRP: 0o10,
  S_IWGRP: 0o20,
  S_IRGRP: 0o40,
  S_IXUSR: 0o100,
  S_IWUSR: 0o200,
  S_IRUSR: 0o400,
  S_ISVTX: 0o1000,
  S_ISGID: 0o2000,
  S_ISUID: 0o4000,
  S_IFIFO: 0o10000,
  S_IFCHR: 0o20000,
  S_IFDIR: 0o40000,
  S_IFBLK: 0o60000,
  S_IFREG: 0o100000,
  S_IFLNK: 0o120000,
  S_IFSOCK: 0o140000,
} as const;

/** Names by their place in a list. */
function numbered(names: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(names.map((name, index) => [name, index]));
}

/** `CAP_*` as bits of a set of capabilities. */
const capabilityMask = Object.fromEntries(CAPABILITIES.map((name, bit) => [name, 2 ** bit]));

/** `S_IF*` of linux/stat.h: what a file is. */
const fileType = {
  S_IFIFO: 0o10000,
  S_IFCHR: 0o20000,
  S_IFDIR: 0o40000,
  S_IFBLK: 0o60000,
  S_IFREG: 0o100000,
  S_IFLNK: 0o120000,
  S_IFSOCK: 0o140000,
} as const;

/** `MS_*` of linux/mount.h. */
const mountFlags = {
  MS_RDONLY: 0x1,
  MS_NOSUID: 0x2,
  MS_NODEV: 0x4,
  MS_NOEXEC: 0x8,
  MS_SYNCHRONOUS: 0x10,
  MS_REMOUNT: 0x20,
  MS_MANDLOCK: 0x40,
  MS_DIRSYNC: 0x80,
  MS_NOSYMFOLLOW: 0x100,
  MS_NOATIME: 0x400,
  MS_NODIRATIME: 0x800,
  MS_BIND: 0x1000,
  MS_MOVE: 0x2000,
  MS_REC: 0x4000,
  MS_SILENT: 0x8000,
  MS_UNBINDABLE: 0x20000,
  MS_PRIVATE: 0x40000,
  MS_SLAVE: 0x80000,
  MS_SHARED: 0x100000,
  MS_RELATIME: 0x200000,
  MS_STRICTATIME: 0x1000000,
  MS_LAZYTIME: 0x2000000,
} as const;

/** `CLONE_NEW*` of linux/sched.h. */
const namespaceFlags = {
  CLONE_NEWTIME: 0x80,
  CLONE_NEWNS: 0x20000,
  CLONE_NEWCGROUP: 0x2000000,
  CLONE_NEWUTS: 0x4000000,
  CLONE_NEWIPC: 0x8000000,
  CLONE_NEWUSER: 0x10000000,
  CLONE_NEWPID: 0x20000000,
  CLONE_NEWNET: 0x40000000,
} as const;

/** Kinds of namespaces, as bits. */
const namespaceKind = Object.fromEntries(namespaceKinds.map((kind, index) => [kind, 2 ** index]));

/** For what is or is not. */
const truth = { false: 0, true: 1 } as const;

const sets = {
  accessMask,
  memoryProtection,
  mapFlags,
  addressFamily,
  ipProtocol,
  tcpState,
  socketType,
  openFlags,
  fileMode,
  fileType,
  capability: numbered(CAPABILITIES),
  capabilityMask,
  bpfMapType: numbered(BPF_MAP_TYPES),
  bpfProgramType: numbered(BPF_PROGRAM_TYPES),
  bpfCommand: numbered(BPF_COMMANDS),
  perfType: numbered(PERF_TYPES),
  namespaceKind,
  mountFlags,
  namespaceFlags,
  systemCall,
  truth,
} as const;

/** A family of names that share a meaning. */
export type WordSetName = keyof typeof sets;

/** The value of a name, or undefined when the set has no such name. */
export function wordValue(set: WordSetName, word: string): bigint | undefined {
  const found = Object.entries<number>(sets[set]).find(([name]) => name === word);
  return found === undefined ? undefined : BigInt(found[1]);
}

/** Every name of a set, in the order of its values. */
export function wordsOf(set: WordSetName): readonly string[] {
  return Object.keys(sets[set]);
}
