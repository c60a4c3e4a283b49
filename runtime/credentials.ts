/** Capabilities and namespaces of processes that run already, as /proc has them. */
import { readFileSync, readdirSync, statSync } from "node:fs";

/** In the order of `enum namespace_kind` of bpf/templates/credentials.h. */
const LINKS = [
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

/** In the order of `struct exec_snapshot`. */
const SETS = ["CapEff", "CapPrm", "CapInh"] as const;

/** What a process has, in the layout of `struct exec_snapshot`. */
export interface Snapshot {
  readonly tgid: number;
  readonly content: Uint8Array;
}

/** The inodes of a process's namespaces, by kind; 0 for a kind that the kernel does not have. */
export function readNamespaces(process: string): readonly number[] | undefined {
  try {
    statSync(`${process}/ns/mnt`);
  } catch {
    return undefined;
  }
  return LINKS.map((link) => {
    try {
      return statSync(`${process}/ns/${link}`).ino;
    } catch {
      return 0;
    }
  });
}

/** All processes. Those that end meanwhile are left out. */
export function readSnapshots(): readonly Snapshot[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readSnapshot(Number(name)) ?? []);
}

function readSnapshot(tgid: number): Snapshot | undefined {
  const namespaces = readNamespaces(`/proc/${tgid}`);
  const status = readStatus(tgid);
  if (namespaces === undefined || status === undefined) {
    return undefined;
  }
  const content = Buffer.alloc(SETS.length * 8 + LINKS.length * 4);
  SETS.forEach((set, index) => {
    const bits = new RegExp(`^${set}:\\s*([0-9a-f]{1,16})$`, "m").exec(status)?.[1] ?? "0";
    content.writeBigUInt64LE(BigInt(`0x${bits}`), index * 8);
  });
  namespaces.forEach((inode, kind) => {
    content.writeUInt32LE(inode, SETS.length * 8 + kind * 4);
  });
  return { tgid, content };
}

function readStatus(tgid: number): string | undefined {
  try {
    return readFileSync(`/proc/${tgid}/status`, "utf8");
  } catch {
    return undefined;
  }
}
