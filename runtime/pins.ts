/**
 * What stays when the runtime ends: links and maps pinned in the kernel's BPF file system, and beside
 * them, in /run, the manifest, which that file system can't hold.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { checkManifest } from "./bundle/check.ts";
import { failed, ok, thrownMessage } from "./failure.ts";
import type { Result } from "./failure.ts";
import { linkFd, lastErrno, mapFd, mount, openPinned, pinObject } from "./libbpf.ts";
import type { Loaded } from "./load.ts";
import { LIMIT_MAPS, SCOPE_MAPS, WELL_KNOWN_MAPS } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import { errnoName } from "./maps.ts";
import type { Unidentified } from "./workloads/rows.ts";

const BPF_FS = "/sys/fs/bpf";
const PINS = `${BPF_FS}/policyc`;
const RECORDS = "/run/policyc";
/** The BPF file system takes no dots. */
const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** What /run remembers of a loaded bundle. */
export interface LoadRecord {
  readonly name: string;
  readonly manifest: Manifest;
  /** SHA-256 of the bundle file. */
  readonly digest: string;
  /** The programs at work, with the purpose of each. */
  readonly attached: readonly { readonly purpose: string; readonly program: string }[];
  /** When it was loaded, RFC 3339. */
  readonly loadedAt: string;
  /** Where workloads were said to be told, and what applies to those that are not: for later commands. */
  readonly workloads?: string;
  readonly unidentified?: Unidentified;
  /** The process that enforcement ends with, where this kernel can't pin every link. */
  readonly heldBy?: number;
}

/** The name of a bundle file as pins have it: `file-enforce` for `/a/file-enforce.policyc`. */
export function nameOfBundle(path: string): string {
  const bare = basename(path).replace(/\.(policyc|bundle|zip)$/, "");
  return bare.replace(/[^A-Za-z0-9_-]/g, "-").slice(0, 64) || "bundle";
}

export function isName(name: string): boolean {
  return NAME.test(name);
}

export function isLoaded(name: string): boolean {
  return existsSync(`${PINS}/${name}`) || existsSync(recordPath(name));
}

/** Names of all that is loaded. */
export function loadedNames(): readonly string[] {
  const pinned = existsSync(PINS) ? readdirSync(PINS) : [];
  const recorded = existsSync(RECORDS)
    ? readdirSync(RECORDS)
        .filter((file) => file.endsWith(".json"))
        .map((file) => file.slice(0, -5))
    : [];
  return [...new Set([...pinned, ...recorded])].filter(isName).sort();
}

/** Links that this kernel can't pin; the rest is pinned under a name that `publish` makes final. */
export interface Staged {
  readonly directory: string;
  readonly unpinnable: readonly string[];
}

/** Pins maps and links; on failure nothing of it stays. */
export function stage(loaded: Loaded, name: string): Result<Staged> {
  const mounted = mountBpfFs();
  if (mounted !== undefined) {
    return failed(3, `the BPF file system can't be mounted at ${BPF_FS}`, [mounted]);
  }
  const directory = `${PINS}/${name}-new-${process.pid}`;
  try {
    mkdirSync(`${directory}/links`, { recursive: true, mode: 0o700 });
    mkdirSync(`${directory}/maps`, { mode: 0o700 });
    pinMaps(loaded, directory);
    const unpinnable = pinLinks(loaded, directory);
    return ok({ directory, unpinnable });
  } catch (thrown) {
    removePins(directory);
    return failed(3, `can't pin \`${name}\``, [thrownMessage(thrown)]);
  }
}

function pinMaps(loaded: Loaded, directory: string): void {
  const limits = loaded.bundle.manifest.limits.length === 0 ? [] : [LIMIT_MAPS.limits, LIMIT_MAPS.states];
  const scope = loaded.bundle.manifest.scope === undefined ? [] : Object.values(SCOPE_MAPS);
  for (const map of [...Object.values(WELL_KNOWN_MAPS), ...limits, ...scope]) {
    const error = pinObject(mapFd(loaded.object, map), `${directory}/maps/${map}`);
    if (error < 0) {
      throw new Error(`map ${map}: ${errnoName(error)}`);
    }
  }
}

/** Before 5.15 the kernel can't pin kprobes and tracepoints: EINVAL. Then no link is pinned. */
function pinLinks(loaded: Loaded, directory: string): readonly string[] {
  const unpinnable: string[] = [];
  for (const { link, name, part, attachment } of loaded.links) {
    const error = pinObject(linkFd(link), `${directory}/links/${name}${part === 0 ? "" : `_${part}`}`);
    if (error < 0 && errnoName(error) !== "EINVAL") {
      throw new Error(`program ${name}: ${errnoName(error)}`);
    }
    if (error < 0) {
      unpinnable.push(attachment.purpose);
    }
  }
  if (unpinnable.length > 0) {
    rmSync(`${directory}/links`, { recursive: true, force: true });
  }
  return unpinnable;
}

/** Makes staged pins final, in place of what had the name: the new is at work before the old goes. */
export function publish(staged: Staged, record: LoadRecord): void {
  removePins(`${PINS}/${record.name}`);
  renameSync(staged.directory, `${PINS}/${record.name}`);
  mkdirSync(RECORDS, { recursive: true, mode: 0o700 });
  const temporary = `${recordPath(record.name)}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(record), { mode: 0o600 });
  renameSync(temporary, recordPath(record.name));
}

/** Takes staged pins back. */
export function removePins(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

/** Unpins a bundle: the kernel detaches what nobody else holds. */
export function unload(name: string): void {
  removePins(`${PINS}/${name}`);
  rmSync(recordPath(name), { force: true });
}

/** What was recorded when it was loaded. */
export function readRecord(name: string): Result<LoadRecord> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(recordPath(name), "utf8"));
    return ok(checkRecord(name, parsed));
  } catch (thrown) {
    return failed(3, `no readable record of \`${name}\``, [
      thrownMessage(thrown),
      `\`policyc-runtime unload ${name}\` removes what is left of it`,
    ]);
  }
}

/** Only root writes the records: what is not the manifest is taken as this runtime wrote it. */
function checkRecord(name: string, parsed: unknown): LoadRecord {
  const field = (key: string): unknown =>
    typeof parsed === "object" && parsed !== null ? Reflect.get(parsed, key) : undefined;
  const heldBy = field("heldBy");
  const attached = field("attached");
  const workloads = field("workloads");
  return {
    name,
    manifest: checkManifest(field("manifest")),
    digest: String(field("digest")),
    attached: Array.isArray(attached) ? attached.map((one: { purpose: string; program: string }) => one) : [],
    loadedAt: String(field("loadedAt")),
    ...(typeof workloads === "string" ? { workloads } : {}),
    unidentified: field("unidentified") === "guard" ? "guard" : "leave",
    ...(typeof heldBy === "number" ? { heldBy } : {}),
  };
}

/** The file descriptor of a pinned map. */
export function openMap(name: string, map: string): Result<number> {
  const fd = openPinned(`${PINS}/${name}/maps/${map}`);
  return fd < 0 ? failed(3, `map ${map} of \`${name}\` can't be opened: ${errnoName(fd)}`) : ok(fd);
}

/** The file descriptors of several pinned maps, by name. */
export function openMaps<K extends string>(
  name: string,
  maps: readonly K[],
): Result<Readonly<Record<K, number>>> {
  const opened: Partial<Record<K, number>> = {};
  for (const map of maps) {
    const fd = openMap(name, map);
    if (fd.kind === "failed") {
      return fd;
    }
    opened[map] = fd.value;
  }
  return ok(opened as Record<K, number>);
}

/** Where the pins of a bundle are. */
export function pinDirectory(name: string): string {
  return `${PINS}/${name}`;
}

function recordPath(name: string): string {
  return `${RECORDS}/${name}.json`;
}

/** The reason when it can't be mounted. */
function mountBpfFs(): string | undefined {
  const mounts = readFileSync("/proc/self/mounts", "utf8");
  if (mounts.split("\n").some((line) => line.split(" ")[1] === BPF_FS && line.split(" ")[2] === "bpf")) {
    return undefined;
  }
  return mount("bpf", BPF_FS, "bpf", 0, null) === 0 ? undefined : errnoName(-lastErrno());
}
