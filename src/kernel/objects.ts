/**
 * Kernel objects that arguments point to, and numbers with parts of their own. A row here is all that a type needs:
 * its parts are read by functions of `bpf/templates/objects.h`, one by one and only where a rule or an event asks.
 */
import type { ValueFormat } from "../../runtime/manifest.ts";
import type { FieldType } from "./field.ts";
import type { WordSetName } from "./words.ts";

export interface ObjectFact {
  /** What a pointer to it points to; empty: the argument is a number, of at most 64 bits. */
  readonly targets: readonly string[];
  /** Its key in JSON events. */
  readonly key: string;
  readonly parts: readonly ObjectPart[];
}

export interface ObjectPart {
  /** What follows the argument's name in conditions; empty: the argument itself. */
  readonly name: string;
  readonly type: FieldType;
  readonly words?: WordSetName;
  /** The C function that gives the part: a number, or where a text is found. */
  readonly read: string;
  /** A C function that gives 0 where the object has no such part; absent: an object has it. */
  readonly exists?: string;
  /** How the text is read; for texts only. */
  readonly text?: "string" | "file-path" | "dentry-path" | "sockaddr_un";
  /** Where it is in the JSON value, in components; absent: events don't carry it. */
  readonly json?: readonly string[];
  readonly format?: ValueFormat;
}

const unsigned = (bits: 8 | 16 | 32 | 64): FieldType => ({ kind: "integer", bits, signed: false });
const string: FieldType = { kind: "string" };

function number(
  name: string,
  read: string,
  bits: 8 | 16 | 32 | 64,
  json: string | undefined,
  format: ValueFormat = "number",
  words?: WordSetName,
): ObjectPart {
  return {
    name,
    type: unsigned(bits),
    read,
    ...(json === undefined ? {} : { json: json === "" ? [] : json.split("."), format }),
    ...(words === undefined ? {} : { words }),
  };
}

function text(name: string, read: string, json: string | undefined): ObjectPart {
  return {
    name,
    type: string,
    read,
    text: "string",
    ...(json === undefined ? {} : { json: json.split("."), format: "text" as const }),
  };
}

/** An object that leads to a file; conditions compare its path under two names. */
function fileObject(target: string | undefined, key: string, root: string): ObjectFact {
  const path = { type: { kind: "path" } as const, read: `${root}_file`, text: "file-path" as const };
  return {
    targets: target === undefined ? [] : [target],
    key,
    parts: [
      { name: "path", ...path, json: ["path"], format: "text" },
      { name: "", ...path },
      { ...number("mode", `${root}_mode`, 32, "permission", "mode", "fileMode"), exists: `${root}_file` },
      { ...number("type", `${root}_type`, 32, undefined, "number", "fileType"), exists: `${root}_file` },
      { ...number("flags", `${root}_flags`, 32, undefined, "number", "openFlags"), exists: `${root}_file` },
    ],
  };
}

const dentryPath = { type: { kind: "path" }, read: "own_value", text: "dentry-path" } as const;
const capabilitySet = (name: string, read: string, json: string): ObjectPart =>
  number(name, read, 64, json, "capability-list", "capabilityMask");

/** A set of capabilities, under one of its names in TracingPolicies. */
const capabilities = (key: string): ObjectFact => ({
  targets: ["kernel_cap_t", "struct kernel_cap_struct"],
  key,
  parts: [number("", "capabilities_at", 64, "", "hex64", "capabilityMask")],
});

const moduleParts = (name: string, signed: string): readonly ObjectPart[] => [
  text("name", name, "name"),
  number("signed", signed, 8, "signature_ok", "boolean"),
];

const objectTable = {
  cred: {
    targets: ["struct cred"],
    key: "process_credentials_arg",
    parts: [
      ...["uid", "gid", "euid", "egid", "suid", "sgid", "fsuid", "fsgid"].map((id) =>
        number(id, `cred_${id}`, 32, id),
      ),
      number("securebits", "cred_securebits", 32, "securebits", "securebits"),
      capabilitySet("permitted", "cred_permitted", "caps.permitted"),
      capabilitySet("effective", "cred_effective", "caps.effective"),
      capabilitySet("inheritable", "cred_inheritable", "caps.inheritable"),
      number("user_ns.level", "cred_user_ns_level", 32, "user_ns.level"),
      number("user_ns.owner", "cred_user_ns_owner", 32, "user_ns.uid"),
      number("user_ns.group", "cred_user_ns_group", 32, "user_ns.gid"),
      number("user_ns.inum", "cred_user_ns_inum", 32, "user_ns.ns.inum"),
    ],
  },
  user_namespace: {
    targets: ["struct user_namespace"],
    key: "user_ns_arg",
    parts: [
      number("level", "user_ns_level", 32, "level"),
      number("owner", "user_ns_owner", 32, "uid"),
      number("group", "user_ns_group", 32, "gid"),
      number("inum", "user_ns_inum", 32, "ns.inum"),
    ],
  },
  capability: {
    targets: [],
    key: "capability_arg",
    parts: [
      number("", "own_value", 32, "value", "number", "capability"),
      number("name", "own_value", 32, "name", "capability", "capability"),
    ],
  },
  kernel_cap_t: capabilities("kernel_cap_t_arg"),
  cap_inheritable: capabilities("cap_inheritable_arg"),
  cap_permitted: capabilities("cap_permitted_arg"),
  cap_effective: capabilities("cap_effective_arg"),
  module: {
    targets: ["struct module"],
    key: "module_arg",
    parts: [
      ...moduleParts("module_name", "module_signed"),
      number("taints", "module_taints", 64, "tainted", "taints"),
    ],
  },
  load_info: {
    targets: ["struct load_info"],
    key: "module_arg",
    parts: moduleParts("load_info_name", "load_info_signed"),
  },
  bpf_attr: {
    targets: ["union bpf_attr"],
    key: "bpf_attr_arg",
    parts: [
      number("type", "bpf_attr_type", 32, "ProgType", "bpf-program-type", "bpfProgramType"),
      number("instructions", "bpf_attr_instructions", 32, "InsnCnt"),
      text("name", "bpf_attr_name", "ProgName"),
    ],
  },
  bpf_prog: {
    targets: ["struct bpf_prog"],
    key: "bpf_prog_arg",
    parts: [
      number("type", "bpf_prog_type_of", 32, "ProgType", "bpf-program-type", "bpfProgramType"),
      number("instructions", "bpf_prog_instructions", 32, "InsnCnt"),
      text("name", "bpf_prog_name", "ProgName"),
    ],
  },
  bpf_map: {
    targets: ["struct bpf_map"],
    key: "bpf_map_arg",
    parts: [
      number("type", "bpf_map_type_of", 32, "MapType", "bpf-map-type", "bpfMapType"),
      number("key_size", "bpf_map_key_size", 32, "KeySize"),
      number("value_size", "bpf_map_value_size", 32, "ValueSize"),
      number("max_entries", "bpf_map_max_entries", 32, "MaxEntries"),
      text("name", "bpf_map_name", "MapName"),
    ],
  },
  bpf_cmd: {
    targets: [],
    key: "bpf_cmd_arg",
    parts: [number("", "own_value", 32, "", "bpf-command", "bpfCommand")],
  },
  perf_event: {
    targets: ["struct perf_event"],
    key: "perf_event_arg",
    parts: [
      text("function", "perf_event_function", "KprobeFunc"),
      number("type", "perf_event_type", 32, "Type", "perf-type", "perfType"),
      number("config", "perf_event_config", 64, "Config", "number64"),
      number("offset", "perf_event_offset", 64, "ProbeOffset", "number64"),
    ],
  },
  iov_iter: {
    targets: ["struct iov_iter"],
    key: "size_arg",
    parts: [
      number("", "iov_iter_count", 64, "", "number64"),
      number("count", "iov_iter_count", 64, undefined),
    ],
  },
  net_device: {
    targets: ["struct net_device"],
    key: "net_dev_arg",
    parts: [text("name", "net_device_name", "name"), text("", "net_device_name", undefined)],
  },
  syscall64: {
    targets: [],
    key: "syscall_id",
    parts: [
      number("", "system_call_of_abi", 64, undefined, "number", "systemCall"),
      number("id", "own_value", 32, "id", "number", "systemCall"),
      number("abi", "system_call_abi", 8, "abi", "system-call-abi"),
    ],
  },
  sockaddr_un: {
    targets: ["struct sockaddr", "struct sockaddr_un"],
    key: "sockaddrun_arg",
    parts: [
      number("family", "sockaddr_family", 16, "family", "family", "addressFamily"),
      { name: "path", type: string, read: "own_value", text: "sockaddr_un", json: ["path"], format: "text" },
      { name: "", type: string, read: "own_value", text: "sockaddr_un" },
    ],
  },
  linux_binprm: fileObject("struct linux_binprm", "linux_binprm_arg", "binprm"),
  kiocb: fileObject("struct kiocb", "file_arg", "kiocb"),
  fd: fileObject(undefined, "file_arg", "fd"),
  dentry: {
    targets: ["struct dentry"],
    key: "path_arg",
    parts: [
      { name: "path", ...dentryPath, json: ["path"], format: "text" },
      { name: "", ...dentryPath },
      number("mode", "dentry_mode_of", 32, "permission", "mode", "fileMode"),
      number("type", "dentry_type_of", 32, undefined, "number", "fileType"),
    ],
  },
} as const satisfies Readonly<Record<string, ObjectFact>>;

/** A type of argument whose parts are read one by one. */
export type ObjectName = keyof typeof objectTable;

const objects: Readonly<Record<ObjectName, ObjectFact>> = objectTable;

export function objectFact(name: ObjectName): ObjectFact {
  return objects[name];
}

/** A part by its name in conditions. */
export function objectPart(name: ObjectName, part: string): ObjectPart | undefined {
  return objects[name].parts.find((each) => each.name === part);
}

export const objectNames = Object.keys(objectTable) as readonly ObjectName[];

/** A part that events carry. */
export type CapturedPart = ObjectPart & Required<Pick<ObjectPart, "json" | "format">>;

/** The parts that events carry, in the order in which records have them. */
export function capturedParts(name: ObjectName): readonly CapturedPart[] {
  return objects[name].parts.filter((part): part is CapturedPart => part.json !== undefined);
}

/** Whether a part is a path that has to be walked. */
export function isWalkedPart({ text: form }: ObjectPart): boolean {
  return form === "file-path" || form === "dentry-path";
}
