/**
 * Hooks of processes, privileges, modules and mounts. Prototypes: include/linux/security.h and
 * lsm_hook_defs.h, 5.10 to 7.2.
 */
import {
  file,
  fromParameters,
  int32,
  opaque,
  parameters,
  path,
  securityHook,
  securityPoints,
  tracepoint,
  trampoline,
  uint32,
  uint64,
} from "../attach-points.ts";
import type { ArgumentFact, ArgumentMapping, HookFact } from "../hook.ts";

const ids = ["uid", "euid", "gid", "egid"] as const;

/** The ids of two `struct cred *` parameters, new and old: `new.uid`, `old.egid`. */
const credentialArguments: readonly ArgumentFact[] = ["new", "old"].flatMap((name) =>
  ids.map((id) => ({ name: `${name}_${id}`, type: uint32, derived: true })),
);

const credentialMappings: readonly ArgumentMapping[] = [0, 1].flatMap((parameter) =>
  ids.map((id): ArgumentMapping => ({ kind: "member", parameter, member: `${id}.val` })),
);

function credentialHook(
  id: string,
  others: readonly ArgumentFact[],
  ...types: readonly (readonly [string, string])[]
): HookFact {
  const creds = [opaque("new", "struct cred *"), opaque("old", "const struct cred *")];
  return securityHook(id, [...creds, ...others, ...credentialArguments], {
    parameters: parameters(["struct cred *", "new"], ["const struct cred *", "old"], ...types),
    argumentMappings: [
      ...fromParameters(0, 1, ...others.map((_, index) => index + 2)),
      ...credentialMappings,
    ],
  });
}

const capabilitySets = ["effective", "inheritable", "permitted"] as const;

/** From 6.15 on a flag follows: whether the kernel itself makes the call. */
const bpfCall = {
  parameters: parameters(["int", "cmd"], ["union bpf_attr *", "attr"], ["unsigned int", "size"]),
  argumentMappings: fromParameters(0, 1, 2),
  openEnded: true,
} as const;

/** Arguments of the raw tracepoint of all system calls: registers at entry, number. */
const systemCall = {
  parameters: parameters(["struct pt_regs *", "regs"], ["long", "id"]),
  argumentMappings: fromParameters(0, 1),
};

const processExit = {
  parameters: parameters(["struct task_struct *", "task"]),
  argumentMappings: [
    ...fromParameters(0),
    { kind: "member", parameter: 0, member: "exit_code" } as const,
    { kind: "member", parameter: 0, member: "signal->live.counter" } as const,
  ],
  openEnded: true,
} as const;

const createUserNamespace = {
  parameters: parameters(["const struct cred *", "cred"]),
  argumentMappings: [{ kind: "asked-namespaces" }],
} as const;

const prepareCredentials = {
  parameters: parameters(["struct cred *", "new"], ["const struct cred *", "old"], ["unsigned int", "gfp"]),
  argumentMappings: [{ kind: "asked-namespaces" }],
} as const;

export const systemHooks: readonly HookFact[] = [
  securityHook(
    "security_bprm_check",
    [
      { ...opaque("bprm", "struct linux_binprm *"), reads: 1 },
      { name: "file", type: file, derived: true },
    ],
    {
      parameters: parameters(["struct linux_binprm *", "bprm"]),
      argumentMappings: [...fromParameters(0), { kind: "member", parameter: 0, member: "file" }],
    },
    "bprm_check_security",
  ),
  securityHook(
    "security_capable",
    [
      opaque("cred", "const struct cred *"),
      opaque("ns", "struct user_namespace *"),
      { name: "cap", type: int32, words: "capability" },
      { name: "opts", type: uint32 },
      { name: "namespaces", type: uint64, words: "namespaceFlags", derived: true },
    ],
    {
      parameters: parameters(
        ["const struct cred *", "cred"],
        ["struct user_namespace *", "ns"],
        ["int", "cap"],
        ["unsigned int", "opts"],
      ),
      argumentMappings: [...fromParameters(0, 1, 2, 3), { kind: "asked-namespaces" }],
    },
  ),
  securityHook(
    "security_kernel_read_file",
    [{ name: "file", type: file }, { name: "id", type: uint32 }, opaque("contents", "bool")],
    {
      parameters: [
        { name: "file", cType: "struct file *", mayBeNull: true },
        ...parameters(["u32", "id"], ["bool", "contents"]),
      ],
      argumentMappings: fromParameters(0, 1, 2),
    },
  ),
  securityHook("security_kernel_load_data", [{ name: "id", type: uint32 }, opaque("contents", "bool")], {
    parameters: parameters(["u32", "id"], ["bool", "contents"]),
    argumentMappings: fromParameters(0, 1),
  }),
  {
    ...securityHook(
      "security_bpf",
      [{ name: "cmd", type: int32 }, opaque("attr", "union bpf_attr *"), { name: "size", type: uint32 }],
      bpfCall,
    ),
    // An LSM program would have to read what follows the parameters: their number differs.
    attachPoints: [
      trampoline("fmod_ret", "security_bpf", bpfCall),
      trampoline("fentry", "security_bpf", bpfCall),
    ],
  },
  securityHook(
    "security_ptrace_access_check",
    [
      opaque("child", "struct task_struct *"),
      { name: "mode", type: uint32 },
      { name: "pid", type: int32, derived: true },
    ],
    {
      parameters: parameters(["struct task_struct *", "child"], ["unsigned int", "mode"]),
      argumentMappings: [...fromParameters(0, 1), { kind: "member", parameter: 0, member: "tgid" }],
    },
  ),
  securityHook(
    "security_ptrace_traceme",
    [opaque("parent", "struct task_struct *"), { name: "pid", type: int32, derived: true }],
    {
      parameters: parameters(["struct task_struct *", "parent"]),
      argumentMappings: [...fromParameters(0), { kind: "current-tgid" }],
    },
  ),
  securityHook(
    "security_sb_mount",
    [
      opaque("dev_name", "const char *"),
      { name: "path", type: path },
      opaque("type", "const char *"),
      { name: "flags", type: uint64, words: "mountFlags" },
      opaque("data", "void *"),
    ],
    {
      parameters: parameters(
        ["const char *", "dev_name"],
        ["const struct path *", "path"],
        ["const char *", "type"],
        ["unsigned long", "flags"],
        ["void *", "data"],
      ),
      argumentMappings: fromParameters(0, 1, 2, 3, 4),
    },
  ),
  securityHook(
    "security_move_mount",
    [
      { name: "from_path", type: path },
      { name: "to_path", type: path },
    ],
    {
      parameters: parameters(["const struct path *", "from_path"], ["const struct path *", "to_path"]),
      argumentMappings: fromParameters(0, 1),
    },
  ),
  credentialHook("security_task_fix_setuid", [{ name: "flags", type: int32 }], ["int", "flags"]),
  credentialHook("security_task_fix_setgid", [{ name: "flags", type: int32 }], ["int", "flags"]),
  credentialHook("security_task_fix_setgroups", []),
  credentialHook(
    "security_capset",
    capabilitySets.map((name) => opaque(name, "const kernel_cap_t *")),
    ...capabilitySets.map((name): readonly [string, string] => ["const kernel_cap_t *", name]),
  ),
  securityHook(
    "security_task_alloc",
    [opaque("task", "struct task_struct *"), { name: "clone_flags", type: uint64, words: "namespaceFlags" }],
    {
      parameters: parameters(["struct task_struct *", "task"], ["unsigned long", "clone_flags"]),
      argumentMappings: fromParameters(0, 1),
    },
  ),
  {
    // No name that policies could give a raw hook: before 6.1 its place is one that sees much else.
    id: "user_namespaces/create",
    section: "kprobe",
    arguments: [{ name: "namespaces", type: uint64, words: "namespaceFlags", derived: true }],
    result: int32,
    attachPoints: [
      ...securityPoints("security_create_user_ns", createUserNamespace, createUserNamespace, "userns_create"),
      trampoline("fmod_ret", "security_prepare_creds", prepareCredentials),
      trampoline("fentry", "security_prepare_creds", prepareCredentials),
    ],
    alsoServedBy: [],
    guards: [],
  },
  {
    id: "raw_syscalls/sys_enter",
    section: "tracepoint",
    arguments: [
      opaque("regs", "struct pt_regs *"),
      { name: "id", type: { kind: "integer", bits: 64, signed: true }, words: "systemCall" },
    ],
    result: undefined,
    attachPoints: [tracepoint("sys_enter", systemCall)],
    alsoServedBy: [],
    guards: [],
  },
  {
    id: "sched/sched_process_exit",
    section: "tracepoint",
    arguments: [
      opaque("task", "struct task_struct *"),
      { name: "exit_code", type: int32, derived: true },
      { name: "live_threads", type: int32, derived: true },
    ],
    result: undefined,
    attachPoints: [tracepoint("sched_process_exit", processExit)],
    alsoServedBy: [],
    guards: [],
  },
];
