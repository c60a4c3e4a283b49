/**
 * The binary layout of event records in the ring buffer. `bpf/templates/event.h` declares the same
 * structs in C; static asserts generated from these numbers make clang refuse any difference.
 * All integers are little-endian; every part starts at a multiple of 8.
 */

/** What an event record tells. */
export const EVENT_KINDS = { hook: 1, exec: 2, exit: 3, clone: 4, throttle: 5 } as const;

/** Offset and size in bytes of each field of a struct. */
export interface FieldLayout {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

export interface StructLayout {
  readonly name: string;
  readonly size: number;
  readonly fields: readonly FieldLayout[];
}

function struct(
  name: string,
  size: number,
  fields: Readonly<Record<string, readonly [number, number]>>,
): StructLayout {
  return {
    name,
    size,
    fields: Object.entries(fields).map(([field, [offset, bytes]]) => ({ name: field, offset, size: bytes })),
  };
}

/** Begins every record. */
export const EVENT_HEADER = struct("event_header", 48, {
  /** Bytes of the whole record, header included. */
  size: [0, 4],
  kind: [4, 1],
  /** EVENT_FLAGS. */
  flags: [5, 1],
  /** Hook records: index into Manifest.hooks. */
  hook: [6, 2],
  /** Thread group id and thread id, in the initial PID namespace. */
  tgid: [8, 4],
  tid: [12, 4],
  /** Nanoseconds since boot, CLOCK_BOOTTIME. */
  time: [16, 8],
  /** When the thread group leader started, same clock: with tgid it identifies the process. */
  start_time: [24, 8],
  /** Hook records: the return value, when Manifest.hooks[].result. Exit records: the wait status. */
  result: [32, 8],
  /** Hook records: how many u32 decisions follow. */
  decision_count: [40, 2],
  reserved0: [42, 2],
  /** User id of the process. */
  uid: [44, 4],
});

export const EVENT_FLAGS = {
  /** A captured path did not fit and is cut at its front. */
  unresolved: 1,
  /** The program refused the operation. */
  denied: 2,
  /** A program on a guard of the hook reports: the operation was refused before the hook. */
  guard: 4,
} as const;

/**
 * After the header of a hook record: `decision_count` u32, padded to 8 bytes. Low 24 bits: index into
 * Manifest.rules; high 8 bits: DECISION_FLAGS. Then the captures in the manifest's order:
 * integer: 8 bytes; file and path: `captured_path` and its bytes, padded to 8; text: `captured_text` likewise;
 * sock: `captured_sock`.
 */
export const DECISION_FLAGS = {
  enforced: 1,
  /** A limit left the alert out: the record is there for another decision. */
  suppressed: 2,
} as const;

export const CAPTURED_PATH = struct("captured_path", 16, {
  /** Bytes of path that follow, no terminating NUL. */
  length: [0, 4],
  /** File mode and type, `i_mode`. */
  mode: [4, 4],
  /** `f_flags` of a file; 0 for a path. */
  flags: [8, 4],
  reserved0: [12, 4],
});

export const CAPTURED_TEXT = struct("captured_text", 16, {
  /** Bytes that follow. */
  length: [0, 4],
  /** TEXT_STATUS. */
  status: [4, 4],
  /** Bytes that the whole text has, as far as it is known. */
  size: [8, 8],
});

export const TEXT_STATUS = { missing: 0, whole: 1, cut: 2, unreadable: 3 } as const;

export const CAPTURED_SOCK = struct("captured_sock", 64, {
  family: [0, 2],
  type: [2, 2],
  protocol: [4, 2],
  state: [6, 2],
  mark: [8, 4],
  priority: [12, 4],
  /** IPv4 as ::ffff:a.b.c.d. */
  saddr: [16, 16],
  daddr: [32, 16],
  /** Host byte order. */
  sport: [48, 2],
  dport: [50, 2],
  /** Bytes of a packet; 0 for sockets. */
  length: [52, 4],
  /** Address of the kernel's struct sock: stable while the socket lives. */
  cookie: [56, 8],
});

/** After the header of an exec record; then the bytes of the executable's path, of the arguments and of the directory. */
export const EXEC_RECORD = struct("exec_record", 64, {
  parent_tgid: [0, 4],
  auid: [4, 4],
  parent_start_time: [8, 8],
  cgroup: [16, 8],
  /** Inode numbers of the PID and mount namespaces. */
  pid_ns: [24, 4],
  mnt_ns: [28, 4],
  /** EXEC_FLAGS. */
  flags: [32, 4],
  /** Bytes of each text; arguments are separated by NUL and leave out argv[0]. Each is padded to 8. */
  binary_length: [36, 4],
  arguments_length: [40, 4],
  directory_length: [44, 4],
  /** Effective capabilities of the new image. */
  cap_effective: [48, 8],
  /** Process id in the innermost PID namespace. */
  ns_tgid: [56, 4],
  reserved0: [60, 4],
});

/** After the header of a clone record, which names the new process. */
export const CLONE_RECORD = struct("clone_record", 24, {
  parent_tgid: [0, 4],
  /** The process whose image the new one shares. */
  origin_tgid: [4, 4],
  parent_start_time: [8, 8],
  origin_start_time: [16, 8],
});

/** After the header of a throttle record: a limit begins to leave out alerts, or did until now. Times are in milliseconds. */
export const THROTTLE_RECORD = struct("throttle_record", 80, {
  /** THROTTLE_TYPES. */
  type: [0, 4],
  /** Index into Manifest.rules: the rule whose alert showed it. */
  rule: [4, 4],
  /** Index into Manifest.limits. */
  limit: [8, 4],
  /** The limit as it was then: alerts in a window; 0 when it has been lifted. */
  count: [12, 4],
  window: [16, 8],
  mute: [24, 8],
  /** LIMIT_SCOPES. */
  scope_kind: [32, 4],
  /** Process or thread id. */
  scope_id: [36, 4],
  /** cgroup id, or start time of the process or thread in nanoseconds since boot. */
  scope: [40, 8],
  /** Hash of the arguments that it counts for; 0: of all. */
  arguments: [48, 8],
  /** cgroup of the process in the header. */
  cgroup: [56, 8],
  /** When the window began, since boot. */
  began: [64, 8],
  /** Stop: alerts that were left out. */
  suppressed: [72, 8],
});

export const THROTTLE_TYPES = { start: 1, stop: 2 } as const;

/** Value of the `limits` map: milliseconds. `count` 0: every alert is posted. */
export const LIMIT_ENTRY = struct("limit_entry", 24, {
  count: [0, 4],
  /** LIMIT_SCOPES. */
  scope: [4, 4],
  window: [8, 8],
  mute: [16, 8],
});

export const LIMIT_SCOPES = { rule: 0, container: 1, process: 2, thread: 3 } as const;

/** Value of the `rule_limits` map. */
export const RULE_LIMIT = struct("rule_limit", 8, {
  /** Index into Manifest.limits and 1; 0: no limit. */
  limit: [0, 4],
  /** Which of the hook's hashed arguments tell alerts apart, as bits. */
  arguments: [4, 4],
});

/** Key and value of the `limit_states` map. */
export const LIMIT_KEY = struct("limit_key", 24, {
  limit: [0, 4],
  id: [4, 4],
  scope: [8, 8],
  arguments: [16, 8],
});

export const LIMIT_STATE = struct("limit_state", 32, {
  /** When the window began, in milliseconds since boot, above 24 bits; see `bpf/templates/throttle.h`. */
  window: [0, 8],
  attempts: [8, 8],
  suppressed: [16, 8],
  told: [24, 8],
});

export const EXEC_FLAGS = {
  /** The executable's path did not fit. */
  binaryCut: 1,
  /** More arguments than the record holds. */
  argumentsCut: 2,
  directoryCut: 4,
  /** An interpreter runs in place of the file; the executable's path is the file's name as it was given. */
  interpreted: 8,
} as const;
