/** Events of processes, privileges and the kernel itself. */
import type { EventFact, EventField, FieldPlace } from "../events.ts";
import { at, fileMode, fileOwned, filePath, hasBits, isAnyOf, pathAt } from "./parts.ts";

/** In `enum kernel_read_file_id` and `enum kernel_load_data_id`. */
const KERNEL_MODULE = 2n;
const BPF_PROG_LOAD = 5n;
const PTRACE_MODE_ATTACH = 0x2n;
const CAP_SYS_ADMIN = 21n;
const CLONE_NEWUSER = 0x10000000n;
/** CLONE_NEW* of all kinds but CLONE_NEWTIME, whose bit means something else to clone. */
const NAMESPACES = 0x7e020000n;

const newAndOldIds: readonly (readonly [string, string])[] = ["new", "old"].flatMap((when) =>
  ["uid", "euid", "gid", "egid"].map((id) => [when, id] as const),
);

const idFields: readonly EventField[] = newAndOldIds.map(([when, id]) => ({
  name: `${when}.${id}`,
  meaning: `the ${when} ${id.startsWith("e") ? "effective" : "real"} ${id.endsWith("uid") ? "user" : "group"} id`,
}));

/** Credential hooks have the ids as their last arguments. */
function idsAt(first: number): Readonly<Record<string, FieldPlace>> {
  return Object.fromEntries(newAndOldIds.map(([when, id], index) => [`${when}.${id}`, at(first + index)]));
}

export const systemEvents: readonly EventFact[] = [
  {
    name: "process.exec",
    summary: "runs a program",
    fields: [filePath, fileMode, fileOwned],
    places: [
      {
        hook: "security_bprm_check",
        need: "required",
        covers: ["execve, execveat, fexecve", "the interpreter that a script names"],
        when: [],
        fields: pathAt(1),
      },
    ],
    uncovered: ["`ld.so PROGRAM`: the program that runs is ld.so; file.exec sees the other"],
  },
  {
    name: "process.exit",
    summary: "ends, with the last of its threads",
    fields: [{ name: "exit.wait_status", meaning: "as wait gives it: code * 256, or the signal" }],
    places: [
      {
        hook: "sched/sched_process_exit",
        need: "required",
        covers: ["exit, exit_group", "death by a signal"],
        when: [isAnyOf(at(2), 0n)],
        fields: { "exit.wait_status": at(1) },
      },
    ],
    uncovered: [],
  },
  {
    name: "capability.use",
    summary: "needs a capability for what it does",
    fields: [{ name: "capability", meaning: "`CAP_SYS_ADMIN`, `CAP_NET_RAW` …" }],
    places: [
      {
        hook: "security_capable",
        need: "required",
        covers: ["every check of a capability, also those that only look whether it is there"],
        when: [],
        fields: { capability: at(2) },
      },
    ],
    uncovered: [],
  },
  {
    name: "syscall",
    summary: "enters a system call",
    fields: [{ name: "syscall.id", meaning: "number or name: `ptrace`, `unshare` (x86-64)" }],
    places: [
      {
        hook: "raw_syscalls/sys_enter",
        need: "required",
        covers: ["every system call"],
        when: [],
        fields: { "syscall.id": at(1) },
      },
    ],
    uncovered: ["what io_uring does for a process"],
  },
  {
    name: "module.load",
    summary: "loads a kernel module",
    fields: [filePath, fileMode, fileOwned],
    places: [
      {
        hook: "security_kernel_read_file",
        need: "required",
        covers: ["finit_module"],
        when: [isAnyOf(at(1), KERNEL_MODULE)],
        fields: pathAt(0),
      },
      {
        hook: "security_kernel_load_data",
        need: "required",
        covers: ["init_module: from memory, without a file"],
        when: [isAnyOf(at(0), KERNEL_MODULE)],
        fields: {},
      },
    ],
    uncovered: ["who made the kernel ask for a module: it is modprobe that loads it"],
  },
  {
    name: "bpf.load",
    summary: "loads a BPF program",
    fields: [],
    places: [
      {
        hook: "security_bpf",
        need: "required",
        covers: ["bpf with BPF_PROG_LOAD"],
        when: [isAnyOf(at(0), BPF_PROG_LOAD)],
        fields: {},
      },
    ],
    uncovered: [
      "socket filters of the classic kind, seccomp filters",
      "programs that are loaded already and only taken from a pin",
    ],
  },
  {
    name: "ptrace",
    summary: "takes control of another process, or reads or writes its memory",
    fields: [{ name: "target.pid", meaning: "process that is controlled, in the initial PID namespace" }],
    places: [
      {
        hook: "security_ptrace_access_check",
        need: "required",
        covers: [
          "ptrace with PTRACE_ATTACH or PTRACE_SEIZE",
          "process_vm_readv, process_vm_writev",
          "open of /proc/PID/mem",
          "pidfd_getfd",
        ],
        when: [hasBits(at(1), PTRACE_MODE_ATTACH)],
        fields: { "target.pid": at(2) },
      },
      {
        hook: "security_ptrace_traceme",
        need: "required",
        covers: ["ptrace with PTRACE_TRACEME: the process asks for it"],
        when: [],
        fields: { "target.pid": at(1) },
      },
    ],
    uncovered: ["looks at a process that need less (/proc/PID/environ, fd and maps)"],
  },
  {
    name: "mount",
    summary: "mounts, remounts or moves a file system",
    fields: [
      { name: "target.path", meaning: "where it goes" },
      { name: "mount.flags", meaning: "`MS_BIND`, `MS_REMOUNT`, `MS_RDONLY` …; none with move_mount" },
    ],
    places: [
      {
        hook: "security_sb_mount",
        need: "required",
        covers: ["mount: new, bind, remount, move and change of propagation"],
        when: [],
        fields: { "target.path": at(1, "path"), "mount.flags": at(3) },
      },
      {
        hook: "security_move_mount",
        need: "required",
        covers: ["move_mount, which ends fsopen and open_tree"],
        when: [],
        fields: { "target.path": at(1, "path") },
      },
    ],
    uncovered: ["umount", "mount_setattr", "fsconfig with FSCONFIG_CMD_RECONFIGURE"],
  },
  {
    name: "credentials.change",
    summary: "changes its user or group ids or its capabilities",
    fields: idFields,
    places: [
      {
        hook: "security_task_fix_setuid",
        need: "required",
        covers: ["setuid, setreuid, setresuid, setfsuid"],
        when: [],
        fields: idsAt(3),
      },
      {
        hook: "security_task_fix_setgid",
        need: "required",
        covers: ["setgid, setregid, setresgid, setfsgid"],
        when: [],
        fields: idsAt(3),
      },
      {
        hook: "security_task_fix_setgroups",
        need: "if-present",
        covers: ["setgroups (from 6.1 on)"],
        when: [],
        fields: idsAt(2),
      },
      { hook: "security_capset", need: "required", covers: ["capset"], when: [], fields: idsAt(5) },
    ],
    uncovered: [
      "programs with the set-user-ID bit: process.exec with file.mode has S_ISUID",
      "prctl",
      "keys",
    ],
  },
  {
    name: "namespace.change",
    summary: "makes or enters a namespace",
    fields: [
      {
        name: "namespace.flags",
        meaning: "`CLONE_NEWNS`, `CLONE_NEWUSER` …; all of them for setns with type 0",
      },
    ],
    places: [
      {
        hook: "security_task_alloc",
        need: "required",
        covers: ["clone and clone3 with CLONE_NEW flags"],
        when: [hasBits(at(1), NAMESPACES)],
        fields: { "namespace.flags": at(1) },
      },
      {
        hook: "security_capable",
        need: "required",
        covers: ["unshare and setns, where they ask for CAP_SYS_ADMIN: for all but new user namespaces"],
        when: [hasBits(at(4), NAMESPACES), isAnyOf(at(2), CAP_SYS_ADMIN)],
        fields: { "namespace.flags": at(4) },
      },
      {
        hook: "user_namespaces/create",
        need: "required",
        covers: ["unshare with CLONE_NEWUSER"],
        when: [hasBits(at(0), CLONE_NEWUSER)],
        fields: { "namespace.flags": at(0) },
      },
    ],
    uncovered: ["time namespaces (CLONE_NEWTIME)"],
  },
];
