/** Hook facts for system calls, which the kernel enters through functions of its own on each architecture. */
import { type PlaceShape, int64, trampoline } from "./attach-points.ts";
import type { ArgumentMapping, ArgumentType, AttachPoint, HookFact, Refusals, Register } from "./hook.ts";
import { numberedArguments } from "./numbered-arguments.ts";
import { systemCall } from "./system-calls.ts";

/** How a program calls the kernel: `x64` with the `syscall` instruction, `ia32` as 32-bit programs do. */
export type SystemCallAbi = "x64" | "ia32";

export interface SystemCallName {
  readonly abi: SystemCallAbi;
  /** Without any prefix, as the kernel's function has it: `openat`, `newuname`. */
  readonly call: string;
}

/** Registers that hold the arguments, in order. */
const argumentRegisters: Readonly<Record<SystemCallAbi, readonly Register[]>> = {
  x64: ["di", "si", "dx", "r10", "r8", "r9"],
  ia32: ["bx", "cx", "dx", "si", "di", "bp"],
};

const functionPrefix: Readonly<Record<SystemCallAbi, string>> = { x64: "__x64_sys_", ia32: "__ia32_sys_" };

/** System calls whose functions are called otherwise than they. */
const functionNames: Readonly<Record<string, string>> = {
  fstat: "newfstat",
  lstat: "newlstat",
  sendfile: "sendfile64",
  stat: "newstat",
  umount2: "umount",
  uname: "newuname",
};

const callNames: ReadonlyMap<string, string> = new Map(
  Object.entries(functionNames).map(([call, name]) => [name, call]),
);

/** System calls that have a number and no function. */
const withoutFunction: ReadonlySet<string> = new Set([
  "_sysctl",
  "afs_syscall",
  "create_module",
  "epoll_ctl_old",
  "epoll_wait_old",
  "get_kernel_syms",
  "get_thread_area",
  "getpmsg",
  "nfsservctl",
  "putpmsg",
  "query_module",
  "security",
  "set_thread_area",
  "tuxcall",
  "uselib",
  "vserver",
]);

/** System calls without arguments: their functions go by another name in the types of the kernel, for all ABIs. */
const withoutArguments: ReadonlySet<string> = new Set([
  "fork",
  "getegid",
  "geteuid",
  "getgid",
  "getpgrp",
  "getpid",
  "getppid",
  "gettid",
  "getuid",
  "pause",
  "restart_syscall",
  "rt_sigreturn",
  "sched_yield",
  "setsid",
  "sync",
  "vfork",
  "vhangup",
]);

const spellings: readonly (readonly [prefix: string, abi: SystemCallAbi])[] = [
  ["__x64_sys_", "x64"],
  ["__ia32_sys_", "ia32"],
  ["i386/sys_", "ia32"],
  ["sys_", "x64"],
];

/** Reads `sys_openat`, `i386/sys_openat` and the functions' own names; undefined for anything else. */
export function parseSystemCall(text: string): SystemCallName | undefined {
  const found = spellings.find(([prefix]) => text.startsWith(prefix));
  const call = found === undefined ? "" : text.slice(found[0].length);
  return found !== undefined && /^[a-z0-9_]{1,64}$/.test(call)
    ? { abi: found[1], call: functionNames[call] ?? call }
    : undefined;
}

/** The kernel's function: `__x64_sys_openat`. */
export function systemCallFunction({ abi, call }: SystemCallName): string {
  return functionPrefix[abi] + call;
}

/** Its number for 64-bit programs; undefined where it has none or none is known. */
export function systemCallNumber(call: string): number | undefined {
  return numbers.get(callNames.get(call) ?? call);
}

const numbers: ReadonlyMap<string, number> = new Map(Object.entries(systemCall));

/** Every system call that has a function, as policies name it: `sys_openat`. */
export function systemCallNames(): readonly string[] {
  return Object.keys(systemCall)
    .filter((call) => !withoutFunction.has(call))
    .map((call) => `sys_${functionNames[call] ?? call}`);
}

/** A hook on one system call. Arguments are what the caller's registers held, as far as policies declare them. */
export function systemCallHook(
  name: SystemCallName,
  declared: ReadonlyMap<number, ArgumentType>,
  refusals: Refusals | undefined,
): HookFact {
  const target = systemCallFunction(name);
  const registers = argumentRegisters[name.abi];
  const shape = registersShape(name);
  return {
    id: target,
    section: "kprobe",
    arguments: numberedArguments(registers.length, declared),
    result: int64,
    attachPoints: [
      // Some kernels let programs change what the function returns: the last resort where nothing else can refuse.
      ...(refusals === undefined ? [modifiedCall(name)] : []),
      trampoline("fexit", attachedFunction(name), shape),
      trampoline("fentry", attachedFunction(name), shape),
    ],
    alsoServedBy: [],
    guards: [],
    ...(refusals === undefined ? {} : { refusals }),
  };
}

/** The function that has types, and can thus have programs. */
function attachedFunction(name: SystemCallName): string {
  return name.abi === "x64" && withoutArguments.has(name.call)
    ? `__do_sys_${name.call}`
    : systemCallFunction(name);
}

/** A program that makes the function of a system call fail before it does anything, where the kernel lets it. */
export function modifiedCall(name: SystemCallName): AttachPoint {
  const target = attachedFunction(name);
  const point = trampoline("fmod_ret", target, registersShape(name));
  return {
    ...point,
    returnsLong: true,
    requires: [...point.requires, { kind: "modifiable-function", name: target }],
  };
}

/** The caller's registers, which hold the arguments. */
function registersShape({ abi }: SystemCallName): PlaceShape {
  return {
    parameters: [{ name: "registers", cType: "const struct pt_regs *" }],
    argumentMappings: argumentRegisters[abi].map((register): ArgumentMapping => ({
      kind: "register",
      registers: 0,
      register,
    })),
  };
}
