/**
 * Who did it: the processes that event records name, remembered from their exec records, so that later
 * records need carry no more than an id. Bounded: what has exited goes first.
 */
import type { CloneRecord, ExecRecord, RecordHead } from "./decode.ts";

export interface KnownProcess {
  readonly pid: number;
  readonly uid: number;
  /** 4294967295 when no login set it. */
  readonly auid: number | undefined;
  readonly cwd: string | undefined;
  readonly binary: string | undefined;
  readonly arguments: readonly string[];
  /** Where the facts come from and what is missing: `execve`, `procFS`, `unknown`, `truncArgs`, … */
  readonly flags: readonly string[];
  /** Of the exec; of the process itself where no exec was seen. Nanoseconds since boot. */
  readonly startTime: bigint;
  readonly parent: ProcessKey | undefined;
  /** Id of the cgroup that it was in when it was first seen, or executed its program. */
  readonly cgroup?: bigint | undefined;
  /** `startTime` of the parent's image when this one was first seen; undefined until the table knows. */
  readonly parentImageTime: bigint | undefined;
}

/** Process id and start time: unique since boot. */
export interface ProcessKey {
  readonly tgid: number;
  /** Nanoseconds since boot. */
  readonly startTime: bigint;
}

/** Reads a live process that no exec record told of; undefined when it is gone. */
export type ProcessReader = (tgid: number) => FoundProcess | undefined;

export interface FoundProcess {
  readonly key: ProcessKey;
  readonly process: KnownProcess;
}

export interface ProcessTable {
  /** Remembers the new image of a process. */
  readonly exec: (record: ExecRecord) => KnownProcess;
  /** Remembers a process that has the image of another. */
  readonly clone: (record: CloneRecord) => void;
  /** Forgets a process, but not before those who may still name it are through. */
  readonly exit: (head: RecordHead) => void;
  /** Whom a record speaks of; made up from the record where nothing else is known. */
  readonly lookup: (head: RecordHead) => KnownProcess;
  readonly parentOf: (process: KnownProcess) => KnownProcess | undefined;
  /** Remembers a process that ran before. */
  readonly remember: (found: FoundProcess) => void;
  readonly size: () => number;
}

const MOST_PROCESSES = 32_768;
/** Nanoseconds that a process stays known after its exit. */
const KEPT_AFTER_EXIT = 30_000_000_000n;
/** /proc gives start times in hundredths of a second. */
const TICK = 10_000_000n;

interface Entry {
  readonly process: KnownProcess;
}

/** A table that asks `read` about processes it has not heard of. */
export function createProcessTable(read: ProcessReader, most = MOST_PROCESSES): ProcessTable {
  const entries = new Map<string, Entry>();
  const exited: Departed[] = [];

  const put = (key: ProcessKey, process: KnownProcess): KnownProcess => {
    const parent = process.parent === undefined ? undefined : find(process.parent);
    const known = { ...process, parentImageTime: parent?.startTime ?? process.parent?.startTime };
    const id = identity(key);
    entries.delete(id);
    if (entries.size >= most) {
      makeRoom(entries, exited);
    }
    entries.set(id, { process: known });
    return known;
  };
  const find = (key: ProcessKey): KnownProcess | undefined => {
    const known = entries.get(identity(key))?.process;
    if (known !== undefined) {
      return known;
    }
    const found = read(key.tgid);
    if (found === undefined || identity(found.key) !== identity(key)) {
      return undefined;
    }
    return put(found.key, found.process);
  };
  return {
    exec: (record) => put(record.head, processOfExec(record)),
    clone: (record) => {
      const origin = find({ tgid: record.originTgid, startTime: record.originStartTime });
      put(record.head, processOfClone(record, origin ?? processOfHead(record.head)));
    },
    exit: (head) => {
      const id = identity(head);
      const entry = entries.get(id);
      if (entry !== undefined) {
        exited.push({ id, entry, at: head.time });
      }
      forgetOld(entries, exited, head.time);
    },
    lookup: (head) => find(head) ?? processOfHead(head),
    parentOf: (process) => (process.parent === undefined ? undefined : find(process.parent)),
    remember: ({ key, process }) => {
      if (!entries.has(identity(key))) {
        put(key, process);
      }
    },
    size: () => entries.size,
  };
}

interface Departed {
  readonly id: string;
  readonly entry: Entry;
  readonly at: bigint;
}

function forgetOld(entries: Map<string, Entry>, exited: Departed[], now: bigint): void {
  let gone = 0;
  for (const { id, entry, at } of exited) {
    if (at + KEPT_AFTER_EXIT > now) {
      break;
    }
    forget(entries, id, entry);
    gone++;
  }
  exited.splice(0, gone);
}

function makeRoom(entries: Map<string, Entry>, exited: Departed[]): void {
  const first = exited.shift();
  if (first !== undefined) {
    forget(entries, first.id, first.entry);
    return;
  }
  const oldest = entries.keys().next();
  if (oldest.done !== true) {
    entries.delete(oldest.value);
  }
}

/** A later exec may have taken the place of the entry that exited. */
function forget(entries: Map<string, Entry>, id: string, entry: Entry): void {
  if (entries.get(id) === entry) {
    entries.delete(id);
  }
}

function identity(key: ProcessKey): string {
  return `${key.tgid}:${key.startTime / TICK}`;
}

function processOfExec(record: ExecRecord): KnownProcess {
  const flags = ["execve"];
  if (record.argumentsCut) {
    flags.push("truncArgs");
  }
  if (record.binaryCut) {
    flags.push("errorFilename");
  }
  if (record.directoryCut) {
    flags.push("errorCWD");
  }
  if (record.directory === "/") {
    flags.push("rootcwd");
  }
  return {
    pid: record.head.tgid,
    uid: record.head.uid,
    auid: record.auid,
    cwd: record.directory,
    binary: record.binary,
    arguments: record.arguments,
    flags,
    startTime: record.head.time,
    cgroup: record.cgroup,
    parent:
      record.parentTgid === 0 ? undefined : { tgid: record.parentTgid, startTime: record.parentStartTime },
    parentImageTime: undefined,
  };
}

/** The image is the origin's, the times and the parent are its own. */
function processOfClone(
  { head, parentTgid, parentStartTime }: CloneRecord,
  origin: KnownProcess,
): KnownProcess {
  return {
    ...origin,
    pid: head.tgid,
    uid: head.uid,
    flags: origin.flags.includes("clone") ? origin.flags : [...origin.flags, "clone"],
    startTime: head.startTime,
    parent: { tgid: parentTgid, startTime: parentStartTime },
    parentImageTime: undefined,
  };
}

function processOfHead(head: RecordHead): KnownProcess {
  return {
    pid: head.tgid,
    uid: head.uid,
    auid: undefined,
    cwd: undefined,
    binary: undefined,
    arguments: [],
    flags: ["unknown"],
    startTime: head.startTime,
    parent: undefined,
    parentImageTime: undefined,
  };
}
