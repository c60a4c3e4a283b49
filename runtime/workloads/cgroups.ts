/** The hierarchy of cgroups, version 2. */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { failed, ok, thrownMessage } from "../failure.ts";
import type { Result } from "../failure.ts";

export interface Cgroup {
  /** From the root of the hierarchy, `/` itself. */
  readonly path: string;
  /** As the kernel gives it to programs. */
  readonly id: bigint;
}

/** The root of a hierarchy has this id, wherever it is mounted. */
const ROOT_ID = 1n;
const CONTROLLERS = ["cpu", "cpuacct", "memory", "pids", "devices", "freezer", "blkio", "cpuset"] as const;

/**
 * Where the hierarchy is mounted. Fails where containers may be in hierarchies of version 1: what a cgroup of
 * version 2 says of a process is worth nothing then.
 */
export function findHierarchy(mounts: string = readFileSync("/proc/self/mountinfo", "utf8")): Result<string> {
  const rows = mounts.split("\n").flatMap(readMount);
  const old = rows.find(
    ({ type, options }) =>
      type === "cgroup" && options.some((option) => CONTROLLERS.some((one) => one === option)),
  );
  const unified = rows.find(({ type }) => type === "cgroup2");
  if (old !== undefined) {
    return failed(3, "this host has cgroups of version 1: which container a process is in can't be told", [
      `${old.options.join(",")} is at ${old.place}`,
      "boot with `systemd.unified_cgroup_hierarchy=1`, or load policies that apply to everything",
    ]);
  }
  return unified === undefined
    ? failed(3, "no hierarchy of cgroups version 2 is mounted: containers can't be told from the host", [
        "mount it: `mount -t cgroup2 cgroup2 /sys/fs/cgroup`",
      ])
    : ok(unified.place);
}

interface Mount {
  readonly place: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** A line of /proc/self/mountinfo. */
function readMount(line: string): readonly Mount[] {
  const [before = "", after = ""] = line.split(" - ");
  const place = before.split(" ")[4];
  const [type, , options = ""] = after.split(" ");
  return place === undefined || type === undefined
    ? []
    : [{ place: unescaped(place), type, options: options.split(",") }];
}

function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** Every cgroup, each after its parent. */
export function listCgroups(mountPoint: string): Result<readonly Cgroup[]> {
  try {
    const root = { path: "/", id: idOf(mountPoint) };
    if (root.id !== ROOT_ID) {
      return failed(3, `${mountPoint} is not the root of the hierarchy of cgroups`, [
        "run this in the host's cgroup namespace",
      ]);
    }
    const found: Cgroup[] = [root];
    // The list grows while it is gone through.
    for (const { path } of found) {
      found.push(...childrenOf(mountPoint, path));
    }
    return ok(found);
  } catch (thrown) {
    return failed(3, "the hierarchy of cgroups can't be read", [thrownMessage(thrown)]);
  }
}

/** Cgroups come and go while they are listed. */
function childrenOf(mountPoint: string, path: string): readonly Cgroup[] {
  const base = path === "/" ? "" : path;
  try {
    return readdirSync(`${mountPoint}${base}`, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => cgroupAt(mountPoint, `${base}/${name}`));
  } catch {
    return [];
  }
}

function cgroupAt(mountPoint: string, path: string): readonly Cgroup[] {
  try {
    return [{ path, id: idOf(`${mountPoint}${path}`) }];
  } catch {
    return [];
  }
}

function idOf(directory: string): bigint {
  return statSync(directory, { bigint: true }).ino;
}
