/** Reading and writing the maps of a loaded object. */
import { mapLookup, mapUpdate, mapUpdateBatch, possibleCpus } from "./libbpf.ts";
import { COUNTERS } from "./manifest.ts";
import type { PlannedEntry } from "./manifest.ts";
import { getSystemErrorName } from "node:util";

/** Fewer entries than this are quicker one by one. */
const BATCH_FROM = 8;
/** `BPF_NOEXIST` */
const ONLY_NEW = 1;
const MOST_IN_BATCH = 65_536;

/** Puts entries into a map; the reason when the kernel refuses one. */
export function fillMap(fd: number, entries: readonly PlannedEntry[]): string | undefined {
  for (let start = 0; start < entries.length; start += MOST_IN_BATCH) {
    const chunk = entries.slice(start, start + MOST_IN_BATCH);
    const refused = (chunk.length >= BATCH_FROM && fillBatch(fd, chunk)) || fillSingly(fd, chunk);
    if (typeof refused === "string") {
      return refused;
    }
  }
  return undefined;
}

/** Whether the kernel took the batch: not all kernels and map types do. */
function fillBatch(fd: number, entries: readonly PlannedEntry[]): boolean {
  const keys = Buffer.from(entries.map(({ key }) => key).join(""), "hex");
  const values = Buffer.from(entries.map(({ value }) => value).join(""), "hex");
  const count = new Uint32Array([entries.length]);
  return mapUpdateBatch(fd, keys, values, count, null) === 0 && count[0] === entries.length;
}

function fillSingly(fd: number, entries: readonly PlannedEntry[]): string | undefined {
  for (const { key, value } of entries) {
    const error = mapUpdate(fd, Buffer.from(key, "hex"), Buffer.from(value, "hex"), 0);
    if (error < 0) {
      return `entry ${key}: ${errnoName(error)}`;
    }
  }
  return undefined;
}

/** The sum over all CPUs of element `index` of a per-CPU array of u64. */
export function readPerCpu(fd: number, index: number): bigint {
  const values = new BigUint64Array(possibleCpus());
  const key = new Uint32Array([index]);
  const error = mapLookup(fd, new Uint8Array(key.buffer), new Uint8Array(values.buffer));
  return error < 0 ? 0n : values.reduce((sum, value) => sum + value, 0n);
}

export type Counts = Readonly<Record<(typeof COUNTERS)[number], number>>;

/** What the kernel side counted so far. */
export function readCounters(fd: number): Counts {
  const count = (name: (typeof COUNTERS)[number]): number => Number(readPerCpu(fd, COUNTERS.indexOf(name)));
  return {
    lost: count("lost"),
    unresolved: count("unresolved"),
    scratch_busy: count("scratch_busy"),
    unlimited: count("unlimited"),
  };
}

/** Sets element `index` of an array of u32. */
export function writeWord(fd: number, index: number, value: number): boolean {
  const [key, content] = [new Uint32Array([index]), new Uint32Array([value])];
  return mapUpdate(fd, new Uint8Array(key.buffer), new Uint8Array(content.buffer), 0) === 0;
}

/** Sets an element of an array. */
export function writeElement(fd: number, index: number, value: Uint8Array): boolean {
  return fd >= 0 && mapUpdate(fd, new Uint8Array(new Uint32Array([index]).buffer), value, 0) === 0;
}

/** Enters a value under a u32, unless there is one already or no room. */
export function insertEntry(fd: number, key: number, value: Uint8Array): void {
  mapUpdate(fd, new Uint8Array(new Uint32Array([key]).buffer), value, ONLY_NEW);
}

/** Element `index` of an array of u32. */
export function readWord(fd: number, index: number): number | undefined {
  const [key, content] = [new Uint32Array([index]), new Uint32Array(1)];
  const error = mapLookup(fd, new Uint8Array(key.buffer), new Uint8Array(content.buffer));
  return error < 0 ? undefined : content[0];
}

/** The name of a negative errno: `EPERM`. */
export function errnoName(error: number): string {
  return error < 0 ? getSystemErrorName(error) : String(error);
}
