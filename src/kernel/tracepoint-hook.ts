/** Hook facts for tracepoints: raw, with the arguments that the kernel passes, and classic, with a record's fields. */
import { int32, int64, tracepoint, uint64 } from "./attach-points.ts";
import { type Btf, type BtfMember, type BtfPrototype, structMembers } from "./btf.ts";
import { functionArguments, functionShape } from "./function-hook.ts";
import type {
  ArgumentFact,
  ArgumentMapping,
  ArgumentType,
  AttachPoint,
  CParameter,
  HookFact,
} from "./hook.ts";

/** Fields that begin every record; the kernel keeps them from programs. */
const COMMON_FIELDS = 4;

/** `sched/sched_process_exec`; the subsystem says nothing to the kernel here. */
export interface TracepointName {
  readonly subsystem: string;
  readonly event: string;
}

/** Reads `subsystem/event`; undefined for anything else. */
export function parseTracepoint(text: string): TracepointName | undefined {
  const [, subsystem, event] = /^(\w{1,64})\/(\w{1,100})$/.exec(text) ?? [];
  return subsystem === undefined || event === undefined ? undefined : { subsystem, event };
}

/** A raw tracepoint. With the BTF of a target its arguments have the kernel's types, else the declared ones. */
export function rawTracepointHook(
  { subsystem, event }: TracepointName,
  declared: ReadonlyMap<number, ArgumentType>,
  prototype: BtfPrototype | undefined,
): HookFact {
  const facts = functionArguments(declared, prototype);
  return {
    id: `raw/${subsystem}/${event}`,
    name: `${subsystem}/${event}`,
    section: "tracepoint",
    arguments: facts,
    result: undefined,
    attachPoints: [
      {
        ...tracepoint(event, functionShape(facts, prototype)),
        requires: [{ kind: "raw-tracepoint", name: event }],
      },
    ],
    alsoServedBy: [],
    guards: [],
  };
}

/** One field of a tracepoint's record, after those that every record has. */
export interface TracepointField {
  readonly name: string;
  readonly type: ArgumentType;
  readonly cType: string;
  /** Where a pointer leads into the memory of the program that made a system call. */
  readonly user?: true;
}

/** A record of a tracepoint: what programs on the tracepoint are given. */
export interface TracepointRecord {
  /** Struct of the kernel that has the fields, or one of `bpf/templates/tracepoint.h`. */
  readonly struct: string;
  readonly relocated: boolean;
  readonly fields: readonly TracepointField[];
}

/** A classic tracepoint; arguments are numbered like the lines of its format file. */
export function tracepointHook(name: TracepointName, record: TracepointRecord): HookFact {
  const { subsystem, event } = name;
  const common = ["common_type", "common_flags", "common_preempt_count", "common_pid"];
  const hidden = common.map((field): ArgumentFact => ({ name: field, type: int32, hidden: true }));
  return {
    id: `${subsystem}/${event}`,
    section: "tracepoint",
    arguments: [...hidden, ...record.fields.map(({ name: field, type }) => ({ name: field, type }))],
    result: undefined,
    attachPoints: [recordPoint(`${subsystem}/${event}`, record)],
    alsoServedBy: [],
    guards: [],
  };
}

function recordPoint(target: string, { struct, relocated, fields }: TracepointRecord): AttachPoint {
  const absent = Array.from({ length: COMMON_FIELDS }, (): ArgumentMapping => ({ kind: "absent" }));
  return {
    kind: "tracepoint",
    target,
    parameters: fields.map(({ name, cType, user }): CParameter => ({
      name,
      cType,
      ...(user === undefined ? {} : { user }),
    })),
    context: { struct, relocated },
    canDeny: false,
    seesResult: false,
    requires: [],
    argumentMappings: [
      ...absent,
      ...fields.map((_, parameter): ArgumentMapping => ({ kind: "parameter", parameter })),
    ],
    filter: undefined,
  };
}

/** What is known of a tracepoint's record without a target's BTF. */
export function knownRecord({ subsystem, event }: TracepointName): TracepointRecord | undefined {
  if (subsystem === "syscalls" && event.startsWith("sys_enter_")) {
    return { struct: "syscall_enter_record", relocated: false, fields: enterFields };
  }
  if (subsystem === "syscalls" && event.startsWith("sys_exit_")) {
    return { struct: "syscall_exit_record", relocated: false, fields: exitFields };
  }
  const fields = knownFields[`${subsystem}/${event}`];
  return fields === undefined
    ? undefined
    : { struct: `trace_event_raw_${recordClass(event)}`, relocated: true, fields };
}

const number = (name: string, type: ArgumentType, cType: string): TracepointField => ({ name, type, cType });

const enterFields: readonly TracepointField[] = [
  number("__syscall_nr", int32, "int"),
  ...Array.from({ length: 6 }, (_, index): TracepointField => ({
    ...number(`arg${index}`, uint64, "unsigned long"),
    user: true,
  })),
];

const exitFields: readonly TracepointField[] = [
  number("__syscall_nr", int32, "int"),
  number("ret", int64, "long"),
];

/** Records that all supported kernels have alike. */
const knownFields: Readonly<Record<string, readonly TracepointField[]>> = {
  "raw_syscalls/sys_enter": [number("id", int64, "long")],
  "raw_syscalls/sys_exit": [number("id", int64, "long"), number("ret", int64, "long")],
  "sched/sched_process_exec": [
    { name: "__data_loc_filename", type: { kind: "opaque", cType: "__data_loc" }, cType: "u32" },
    number("pid", int32, "int"),
    number("old_pid", int32, "int"),
  ],
};

/** Tracepoints whose records are called after a class of them, not after the tracepoint. */
const recordClasses: Readonly<Record<string, string>> = {
  sched_process_exit: "sched_process_template",
  sched_process_free: "sched_process_template",
  sched_wait_task: "sched_process_template",
  sched_wakeup: "sched_wakeup_template",
  sched_wakeup_new: "sched_wakeup_template",
  sched_waking: "sched_wakeup_template",
  tcp_destroy_sock: "tcp_event_sk",
  tcp_rcv_space_adjust: "tcp_event_sk",
  tcp_receive_reset: "tcp_event_sk",
};

function recordClass(event: string): string {
  return recordClasses[event] ?? event;
}

/** The record of a tracepoint as the BTF of a target has it. */
export function recordFromBtf(btf: Btf, name: TracepointName): TracepointRecord | undefined {
  if (name.subsystem === "syscalls") {
    return knownRecord(name);
  }
  const own = `trace_event_raw_${name.event}`;
  const shared = `trace_event_raw_${recordClass(name.event)}`;
  for (const struct of new Set([own, shared])) {
    const members = structMembers(btf, struct);
    if (members !== undefined) {
      return { struct, relocated: true, fields: members.flatMap(fieldOf) };
    }
  }
  return undefined;
}

/** Around the fields lie the common ones and the texts. */
function fieldOf({ name, type }: BtfMember): readonly TracepointField[] {
  if (name === "ent" || name === "__data" || type.type === undefined) {
    return [];
  }
  const isText = name.startsWith("__data_loc_");
  return [
    {
      name,
      type: isText ? { kind: "opaque", cType: "__data_loc" } : type.type,
      cType: type.type.kind === "integer" ? integerType(type.type) : type.cType,
    },
  ];
}

function integerType({ bits, signed }: Extract<ArgumentType, { kind: "integer" }>): string {
  return `__${signed ? "s" : "u"}${bits}`;
}
