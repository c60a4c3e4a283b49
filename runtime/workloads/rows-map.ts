/** The kernel's side of the scope stage: which cgroup has which row of bits. */
import { mapDelete, mapLookup, mapNextKey, mapUpdate } from "../libbpf.ts";
import { errnoName } from "../maps.ts";
import { MOST_SCOPE_ROWS, SCOPE_COUNTS, SCOPE_ROWS } from "../manifest.ts";

/** File descriptors of the maps. */
export interface ScopeMaps {
  readonly cgroups: number;
  readonly rows: number;
  readonly counts: number;
}

/** What every cgroup shall have, and the rows that are always there. */
export interface WantedRows {
  readonly unidentified: Buffer;
  readonly host: Buffer;
  readonly cgroups: ReadonlyMap<bigint, Buffer>;
}

/** Cgroups that could not get what they shall have. */
export interface RowFaults {
  /** There are more combinations of policies than rows. */
  readonly withoutRow: number;
  /** What the kernel said of those for which it had no room. */
  readonly refused: readonly string[];
}

/**
 * Brings the kernel's maps to what is wanted. `before` are the entries as they were before the cgroups were
 * listed: what came since has what the kernel gave it, and is not in `wanted`. A row that some cgroup has is never changed: the cgroup gets
 * another one, so that no process sees half of two rows.
 */
export function writeRows(maps: ScopeMaps, wanted: WantedRows, before: ScopeEntries): RowFaults {
  const rows = createRowTable(maps, wanted, before);
  const refused: string[] = [];
  let withoutRow = 0;
  for (const [id, row] of wanted.cgroups) {
    const number = rows(row);
    withoutRow += number === undefined ? 1 : 0;
    const chosen = number ?? SCOPE_ROWS.unidentified;
    if (before.get(id) !== chosen) {
      const error = mapUpdate(maps.cgroups, keyOf(id), wordOf(chosen), 0);
      if (error < 0) {
        refused.push(`cgroup ${id}: ${errnoName(error)}`);
      }
    }
  }
  for (const id of before.keys()) {
    if (!wanted.cgroups.has(id)) {
      mapDelete(maps.cgroups, keyOf(id));
    }
  }
  return { withoutRow, refused };
}

/** Gives the number of a row with some content, made where there is none; undefined when all are taken. */
function createRowTable(
  maps: ScopeMaps,
  wanted: WantedRows,
  entries: ScopeEntries,
): (row: Buffer) => number | undefined {
  const fixed = new Map<number, Buffer>([
    [SCOPE_ROWS.unidentified, wanted.unidentified],
    [SCOPE_ROWS.host, wanted.host],
  ]);
  const numbers = new Map<string, number>();
  for (const number of new Set(entries.values())) {
    const content = fixed.has(number) ? undefined : readRow(maps.rows, number, wanted.host.length);
    if (content !== undefined) {
      numbers.set(content.toString("hex"), number);
    }
  }
  const taken = new Set([...numbers.values(), ...fixed.keys()]);
  for (const [number, content] of fixed) {
    mapUpdate(maps.rows, wordOf(number), content, 0);
    numbers.set(content.toString("hex"), number);
  }
  let next = Math.max(...taken) + 1;
  return (row) => {
    const key = row.toString("hex");
    const known = numbers.get(key);
    if (known !== undefined) {
      return known;
    }
    for (let tries = 0; tries < MOST_SCOPE_ROWS; tries++, next++) {
      const number = next % MOST_SCOPE_ROWS;
      if (!taken.has(number) && mapUpdate(maps.rows, wordOf(number), row, 0) === 0) {
        taken.add(number);
        numbers.set(key, number);
        return number;
      }
    }
    return undefined;
  };
}

/** The number of the row of every cgroup that has one, by its id. */
export type ScopeEntries = ReadonlyMap<bigint, number>;

export function readEntries(fd: number): ScopeEntries {
  const entries = new Map<bigint, number>();
  const value = Buffer.alloc(4);
  let key: Buffer | null = null;
  let next = Buffer.alloc(8);
  while (mapNextKey(fd, key, next) === 0) {
    if (mapLookup(fd, next, value) === 0) {
      entries.set(next.readBigUInt64LE(0), value.readUInt32LE(0));
    }
    [key, next] = [next, Buffer.alloc(8)];
  }
  return entries;
}

/** The words of a row. */
function readRow(fd: number, number: number, bytes: number): Buffer | undefined {
  const content = Buffer.alloc(bytes);
  return mapLookup(fd, wordOf(number), content) === 0 ? content : undefined;
}

/** What the kernel counted. */
export function readScopeCount(fd: number, count: (typeof SCOPE_COUNTS)[number]): bigint {
  const value = Buffer.alloc(8);
  const error = mapLookup(fd, wordOf(SCOPE_COUNTS.indexOf(count)), value);
  return error < 0 ? 0n : value.readBigUInt64LE(0);
}

function keyOf(id: bigint): Buffer {
  const key = Buffer.alloc(8);
  key.writeBigUInt64LE(id);
  return key;
}

function wordOf(value: number): Buffer {
  const word = Buffer.alloc(4);
  word.writeUInt32LE(value);
  return word;
}
