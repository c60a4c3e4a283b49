/**
 * Which security hooks can refuse what a system call is about to do, where the kernel can't make its function itself
 * fail. A hook is listed for a call only if the call goes through it before it has any effect, whatever its arguments.
 */
import { fromParameters, parameters, securityPoints } from "./attach-points.ts";
import { hookTable } from "./hook-table.ts";
import type { HookPlace, Refusals } from "./hook.ts";
import { modifiedCall, systemCallNumber } from "./system-call-hook.ts";

interface Guarding {
  readonly functions: readonly string[];
  /** Which calls go through none of them: for people. */
  readonly gap?: string;
}

const oPath = "an open with O_PATH, which gives no access to contents, is not refused";
const openings: Guarding = { functions: ["security_path_mknod", "security_file_open"], gap: oPath };
const guardedBy = (...functions: readonly string[]): Guarding => ({ functions });

/** By the name of the call's function. */
const guards: Readonly<Record<string, Guarding>> = {
  accept: guardedBy("security_socket_accept"),
  accept4: guardedBy("security_socket_accept"),
  bind: guardedBy("security_socket_bind"),
  bpf: guardedBy("security_bpf"),
  capset: guardedBy("security_capset"),
  chmod: guardedBy("security_path_chmod"),
  chown: guardedBy("security_path_chown"),
  connect: guardedBy("security_socket_connect"),
  creat: openings,
  execve: guardedBy("security_bprm_check"),
  execveat: guardedBy("security_bprm_check"),
  fchmod: guardedBy("security_path_chmod"),
  fchmodat: guardedBy("security_path_chmod"),
  fchown: guardedBy("security_path_chown"),
  fchownat: guardedBy("security_path_chown"),
  finit_module: guardedBy("security_kernel_read_file"),
  ftruncate: guardedBy("security_path_truncate", "security_file_truncate"),
  init_module: guardedBy("security_kernel_load_data"),
  ioctl: guardedBy("security_file_ioctl"),
  kill: guardedBy("security_task_kill"),
  lchown: guardedBy("security_path_chown"),
  link: guardedBy("security_path_link"),
  linkat: guardedBy("security_path_link"),
  listen: guardedBy("security_socket_listen"),
  mkdir: guardedBy("security_path_mkdir"),
  mkdirat: guardedBy("security_path_mkdir"),
  mknod: guardedBy("security_path_mknod"),
  mknodat: guardedBy("security_path_mknod"),
  mount: guardedBy("security_sb_mount"),
  move_mount: guardedBy("security_move_mount"),
  open: openings,
  openat: openings,
  openat2: openings,
  ptrace: {
    functions: ["security_ptrace_access_check", "security_ptrace_traceme"],
    gap: "only requests that begin to trace are refused",
  },
  rename: guardedBy("security_path_rename"),
  renameat: guardedBy("security_path_rename"),
  renameat2: guardedBy("security_path_rename"),
  rmdir: guardedBy("security_path_rmdir"),
  setgid: guardedBy("security_task_fix_setgid"),
  setregid: guardedBy("security_task_fix_setgid"),
  setresgid: guardedBy("security_task_fix_setgid"),
  setresuid: guardedBy("security_task_fix_setuid"),
  setreuid: guardedBy("security_task_fix_setuid"),
  setuid: guardedBy("security_task_fix_setuid"),
  socket: guardedBy("security_socket_create"),
  symlink: guardedBy("security_path_symlink"),
  symlinkat: guardedBy("security_path_symlink"),
  tgkill: guardedBy("security_task_kill"),
  tkill: guardedBy("security_task_kill"),
  truncate: guardedBy("security_path_truncate"),
  umount: guardedBy("security_sb_umount"),
  unlink: guardedBy("security_path_unlink"),
  unlinkat: guardedBy("security_path_unlink", "security_path_rmdir"),
};

/** Hooks that nothing else needs to know, and places that some kernels do without. */
const otherParameters: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  security_file_ioctl: [
    ["struct file *", "file"],
    ["unsigned int", "cmd"],
    ["unsigned long", "arg"],
  ],
  security_sb_umount: [
    ["struct vfsmount *", "mnt"],
    ["int", "flags"],
  ],
  security_task_kill: [
    ["struct task_struct *", "p"],
    ["struct kernel_siginfo *", "info"],
    ["int", "sig"],
    ["const struct cred *", "cred"],
  ],
};

/** What can refuse a system call of 64-bit programs; undefined where nothing can. */
export function refusalsOf(call: string): Refusals | undefined {
  const guarding = Object.hasOwn(guards, call) ? guards[call] : undefined;
  const number = systemCallNumber(call);
  return guarding === undefined || number === undefined
    ? undefined
    : {
        places: guarding.functions.map(placeOf),
        functions: [],
        calls: [number],
        ...(guarding.gap === undefined ? {} : { gap: guarding.gap }),
      };
}

/** What can refuse any of several system calls, where all of them begin at one place. */
export function refusalsOfAll(calls: readonly string[]): Refusals {
  const places = new Map<string, HookPlace>();
  const functions: HookPlace[] = [];
  const gaps: string[] = [];
  for (const call of calls) {
    const guarding = Object.hasOwn(guards, call) ? guards[call] : undefined;
    for (const name of guarding?.functions ?? []) {
      places.set(name, placeOf(name));
    }
    if (guarding === undefined) {
      functions.push({ attachPoints: [modifiedCall({ abi: "x64", call })], need: "required" });
    } else if (guarding.gap !== undefined) {
      gaps.push(guarding.gap);
    }
  }
  return {
    places: [...places.values()],
    functions,
    calls: calls.flatMap((call) => systemCallNumber(call) ?? []),
    ...(gaps.length === 0 ? {} : { gap: [...new Set(gaps)].join("; ") }),
  };
}

function placeOf(name: string): HookPlace {
  const known = hookTable.get(name)?.attachPoints ?? pointsOf(name);
  return {
    attachPoints: known.filter(({ canDeny }) => canDeny),
    need: name === "security_file_truncate" ? "if-present" : "required",
  };
}

function pointsOf(name: string): HookPlace["attachPoints"] {
  const shape = {
    parameters: parameters(...(otherParameters[name] ?? [])),
    argumentMappings: fromParameters(),
  };
  return securityPoints(name, shape, shape);
}
