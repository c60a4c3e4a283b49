/**
 * Tetragon's events as its readers know them: one JSON object a line, in the names of the protocol, 64-bit integers
 * as texts, unset fields left out. What policyc adds has names of its own (`ours`); any other name is a fault.
 */
import { Ajv, type ValidateFunction } from "ajv";

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: "string", minLength: 1 };
const anyText: Schema = { type: "string" };
const truth: Schema = { type: "boolean" };
const uint32: Schema = { type: "integer", minimum: 0, maximum: 2 ** 32 - 1 };
const int32: Schema = { type: "integer", minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };
const uint64: Schema = { type: "string", pattern: "^\\d{1,20}$" };
const int64: Schema = { type: "string", pattern: "^-?\\d{1,19}$" };
const base64: Schema = {
  type: "string",
  pattern: "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
};
const time: Schema = {
  type: "string",
  pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,9})?Z$",
};

const list = (items: Schema): Schema => ({ type: "array", items, minItems: 1 });

/** A message of the protocol: these fields and no others; `required` ones are always set. */
function message(properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema {
  return { type: "object", properties, required, additionalProperties: false };
}

const action: Schema = {
  enum: [
    "POST",
    "SIGKILL",
    "OVERRIDE",
    "GETURL",
    "DNSLOOKUP",
    "NOPOST",
    "SIGNAL",
    "TRACKSOCK",
    "UNTRACKSOCK",
    "NOTIFYENFORCER",
    "CLEANUPENFORCERNOTIFICATION",
    "SET",
  ].map((name) => `KPROBE_ACTION_${name}`),
};

const container = message({
  id: text,
  name: text,
  image: message({ id: text, name: text }),
  start_time: time,
  pid: uint32,
  maybe_exec_probe: truth,
  security_context: message({ privileged: truth }),
});

const process = message(
  {
    exec_id: base64,
    pid: uint32,
    uid: uint32,
    cwd: text,
    binary: text,
    arguments: text,
    flags: text,
    start_time: time,
    auid: uint32,
    pod: message({
      namespace: text,
      name: text,
      uid: text,
      container,
      pod_labels: { type: "object", additionalProperties: anyText },
      workload: text,
      workload_kind: text,
    }),
    docker: text,
    parent_exec_id: base64,
    refcnt: uint32,
    tid: uint32,
    in_init_tree: truth,
    // Ours: a container that is no pod's.
    container,
  },
  ["exec_id", "pid", "uid", "flags", "start_time", "tid"],
);

const file = message({ mount: text, path: text, flags: text, permission: text });
const ends = { family: text, saddr: text, daddr: text, sport: uint32, dport: uint32, protocol: text };

/** The kinds of values, by the names of the protocol's `oneof`. */
const values: Readonly<Record<string, Schema>> = {
  string_arg: anyText,
  int_arg: int32,
  size_arg: uint64,
  bytes_arg: base64,
  long_arg: int64,
  uint_arg: uint32,
  path_arg: file,
  file_arg: file,
  linux_binprm_arg: message({ path: text, flags: text, permission: text }),
  truncated_bytes_arg: message({ bytes_arg: base64, orig_size: uint64 }),
  sock_arg: message({
    ...ends,
    type: text,
    mark: uint32,
    priority: uint32,
    cookie: uint64,
    state: text,
  }),
  skb_arg: message({
    ...ends,
    hash: uint32,
    len: uint32,
    priority: uint32,
    mark: uint32,
    proto: uint32,
    sec_path_len: uint32,
    sec_path_olen: uint32,
  }),
  sockaddr_arg: message({ family: text, addr: text, port: uint32 }),
  sockaddrun_arg: message({ family: text, path: text }),
  bpf_attr_arg: { type: "object" },
  bpf_prog_arg: { type: "object" },
  bpf_map_arg: { type: "object" },
  perf_event_arg: { type: "object" },
  bpf_cmd_arg: text,
  cred_arg: { type: "object" },
  process_credentials_arg: { type: "object" },
  user_ns_arg: { type: "object" },
  capability_arg: message({ value: int32, name: text }),
  module_arg: { type: "object" },
  kernel_cap_t_arg: anyText,
  cap_inheritable_arg: anyText,
  cap_permitted_arg: anyText,
  cap_effective_arg: anyText,
  net_dev_arg: message({ name: text }),
  syscall_id: message({ id: uint32, abi: text }, ["id", "abi"]),
  error_arg: message({ message: text }, ["message"]),
};

/** Exactly one value, and what the policy calls it. */
const argument: Schema = {
  type: "object",
  properties: { ...values, label: text },
  additionalProperties: false,
  oneOf: Object.keys(values).map((key) => ({ required: [key] })),
};

const stack = list(message({ address: uint64, offset: uint64, symbol: text, module: text }));

/** What policyc tells besides. */
const ours: Readonly<Record<string, Schema>> = {
  severity: uint32,
  rule: text,
  rule_action: action,
  mode: { enum: ["enforce", "monitor"] },
  posture: truth,
  denied: truth,
  guard: truth,
};

const decided: Readonly<Record<string, Schema>> = {
  process,
  parent: process,
  policy_name: text,
  message: text,
  tags: list(text),
  args: list(argument),
  action,
  ...ours,
};
const always = ["process", "policy_name", "action", "rule", "mode"];

const kinds: Readonly<Record<string, Schema>> = {
  process_exec: message({ process, parent: process }, ["process"]),
  process_exit: message({ process, parent: process, signal: text, status: uint32, time }, [
    "process",
    "time",
  ]),
  process_kprobe: message(
    {
      ...decided,
      function_name: text,
      return: argument,
      kernel_stack_trace: stack,
      user_stack_trace: stack,
    },
    [...always, "function_name"],
  ),
  process_loader: message({ ...decided, path: text, buildid: base64 }, [...always, "path"]),
  process_tracepoint: message({ ...decided, subsys: text, event: text }, [...always, "subsys", "event"]),
  process_lsm: message({ ...decided, function_name: text }, [...always, "function_name"]),
  process_uprobe: message({ ...decided, path: text, symbol: text, return: argument }, [
    ...always,
    "path",
    "symbol",
  ]),
  process_usdt: message({ ...decided, path: text, provider: text, name: text }, [
    ...always,
    "path",
    "provider",
    "name",
  ]),
  process_throttle: message({ type: { enum: ["THROTTLE_START", "THROTTLE_STOP"] }, cgroup: text }, [
    "type",
    "cgroup",
  ]),
};

const event: Schema = {
  type: "object",
  properties: { ...kinds, node_name: text, time },
  required: ["node_name", "time"],
  additionalProperties: false,
  oneOf: Object.keys(kinds).map((kind) => ({ required: [kind] })),
};

// Fields of throttling besides Tetragon's two are ours: docs/kubearmor.md has them.
const throttle = kinds["process_throttle"];
const validate: ValidateFunction = new Ajv({ allErrors: true, strict: false }).compile({
  ...event,
  properties: {
    ...kinds,
    process_throttle: { ...throttle, additionalProperties: true },
    node_name: text,
    time,
  },
});

/** What a reader of Tetragon's events does not understand of a line; none for those it does. */
export function readEvent(json: unknown): readonly string[] {
  return validate(json)
    ? []
    : (validate.errors ?? [])
        .filter(({ keyword }) => keyword !== "oneOf" && keyword !== "if")
        .map(
          ({ instancePath, message: fault = "", params }) =>
            `${instancePath} ${fault} ${JSON.stringify(params)}`,
        );
}
