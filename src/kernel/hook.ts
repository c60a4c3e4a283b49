/** The shape of kernel facts: hooks, their arguments, and the attach points that serve them. */
import type { ObjectName } from "./objects.ts";
import type { CredentialPart } from "./namespaces.ts";
import type { WordSetName } from "./words.ts";

/** A type of a hook's argument, as far as the compiler can read it. */
export type ArgumentType =
  | { readonly kind: "integer"; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }
  /** `struct file *` */
  | { readonly kind: "file" }
  /** `struct path *` */
  | { readonly kind: "path" }
  /** `struct sock *`, or what has ends as a socket has. */
  | { readonly kind: "sock"; readonly through?: "socket" | "skb" | "sockaddr" }
  /** Bytes in memory of the kernel or the process. */
  | { readonly kind: "text"; readonly form: TextForm }
  /** A pointer, or a number, whose parts are read one by one. */
  | { readonly kind: "object"; readonly of: ObjectName }
  /** A pointer whose target no field reads. */
  | { readonly kind: "opaque"; readonly cType: string };

/** How the bytes of a text lie in memory. */
export type TextForm =
  /** `char *`: up to a NUL. */
  | { readonly kind: "string" }
  /** `struct filename *`: the name that a system call was given. */
  | { readonly kind: "filename" }
  /** A text inside a tracepoint's record, which a field tells the place of. */
  | { readonly kind: "data_loc" }
  /** `void *`: as many bytes as `size` says; policies must say it. */
  | { readonly kind: "buffer"; readonly size: TextSize | undefined }
  /** `struct iovec *`: the bytes of so many parts of memory, one after the other. */
  | { readonly kind: "iovec"; readonly size: TextSize | undefined };

/** Where the size of a buffer, or the number of its parts, is known from. */
export type TextSize =
  | { readonly kind: "argument"; readonly index: number }
  | { readonly kind: "constant"; readonly count: number };

export interface ArgumentFact {
  readonly name: string;
  readonly type: ArgumentType;
  /** The kernel's names for its values, when it has any. */
  readonly words?: WordSetName;
  /**
   * Made from other arguments (the file of a `struct linux_binprm *`), after the function's own: policies
   * that hook the function can't declare it, portable events read it.
   */
  readonly derived?: true;
  /** The kernel has it and no program can read it: it only keeps its number. */
  readonly hidden?: true;
  /** A pointer whose parts are those of a derived argument, with this index. */
  readonly reads?: number;
  /** A derived argument that reads the function's own argument of this index as another type. */
  readonly viewOf?: number;
  /** A derived argument that reads what the function returns. */
  readonly ofResult?: true;
}

/** A function or event of the kernel that policies can hook. */
export interface HookFact {
  /** Unique: the name as policies write it, `security_file_permission`, `tcp_connect`. */
  readonly id: string;
  /** What events call it, where that is not unique. */
  readonly name?: string;
  /** How events name the kind of hook. */
  readonly section: "kprobe" | "lsm" | "tracepoint" | "uprobe" | "usdt" | "loader";
  /** The file of a hook on a program. */
  readonly path?: string;
  readonly arguments: readonly ArgumentFact[];
  /** Type of the return value; `void` hooks have none. */
  readonly result: ArgumentType | undefined;
  /** Every attach point that serves the hook, best first. */
  readonly attachPoints: readonly AttachPoint[];
  /**
   * Other places that the same operation goes through on some kernels: a rule on this hook is also put
   * there, where it exists (`security_path_truncate`: `security_file_truncate` from 6.2).
   */
  readonly alsoServedBy: readonly HookPlace[];
  /** Places that can refuse the same operation before this one is reached. All of them together do. */
  readonly guards: readonly HookPlace[];
  /** Whether SIGKILL that is sent here ends the process before the operation begins. */
  readonly killsFirst?: true;
  /** Places that can still refuse the operation after this one has been reached. */
  readonly refusals?: Refusals;
}

/** Places that the operation of a hook goes through later, before it has any effect. */
export interface Refusals {
  /** All of them are needed; each can deny. */
  readonly places: readonly HookPlace[];
  /** Functions that must be made to fail themselves, as no other place stands for them: needed where rules deny. */
  readonly functions: readonly HookPlace[];
  /** Numbers of the system calls in which they are reached for the operation, not for another one. */
  readonly calls: readonly number[];
  /** Which operations go through none of them: for people. */
  readonly gap?: string;
}

/** Another place in the kernel that serves a hook, under all its attach types. */
export interface HookPlace {
  /** Best first. */
  readonly attachPoints: readonly AttachPoint[];
  /** `if-present`: kernels without this place do the operation elsewhere. */
  readonly need: "required" | "if-present";
}

export type AttachKind =
  | "lsm"
  | "fmod_ret"
  | "fentry"
  | "fexit"
  | "kprobe"
  | "kretprobe"
  | "tp_btf"
  | "tracepoint"
  | "uprobe"
  | "uretprobe"
  | "usdt";

/** A place in a program or library. */
export interface UserPlace {
  /** The ELF file. */
  readonly path: string;
  readonly symbol?: string;
  /** From the symbol on, or in the file. */
  readonly offset?: number;
  /** As the ELF file numbers its memory. */
  readonly address?: number;
  /** Offset in the file of a counter that the kernel raises while a program is attached. */
  readonly counter?: number;
  /** A static point, which notes of the file tell the place of: in the place of symbol, offset and address. */
  readonly point?: { readonly provider: string; readonly name: string };
}

/** A register of a `struct pt_regs` of x86-64 that passes an argument, or the result. */
export type Register = "di" | "si" | "dx" | "cx" | "r10" | "r8" | "r9" | "bx" | "bp" | "ax";

/** A BPF program type and target that serves a hook. */
export interface AttachPoint {
  readonly kind: AttachKind;
  /** Kernel function, LSM hook without its `bpf_lsm_` prefix, or `subsystem/event`. */
  readonly target: string;
  /** C declaration of the target's parameters, in order. */
  readonly parameters: readonly CParameter[];
  /** The struct that the parameters are members of, where they are passed in one. */
  readonly context?: { readonly struct: string; readonly relocated: boolean };
  /** Where a program of user space is attached; its `target` is for people. */
  readonly place?: UserPlace;
  /** Some kernels have more parameters after these; nothing that follows the parameters may be read then. */
  readonly openEnded?: true;
  /** Whether a program here can make the operation fail. */
  readonly canDeny: boolean;
  /** The target returns 64 bits. */
  readonly returnsLong?: true;
  readonly seesResult: boolean;
  /** What must hold on the host; all of it. */
  readonly requires: readonly Requirement[];
  /** How this point gives the hook's arguments, in the hook's order. */
  readonly argumentMappings: readonly ArgumentMapping[];
  /** Which calls of the target are the hook's operation; absent: all. */
  readonly filter: AttachFilter | undefined;
}

/** Where an attach point gets an argument of the hook from. Numbers are indices into `parameters`. */
export type ArgumentMapping =
  | { readonly kind: "parameter"; readonly parameter: number }
  /** A `struct path *` argument that is the `f_path` of a `struct file *` parameter. */
  | { readonly kind: "file-path"; readonly file: number }
  /**
   * A `struct sock *` argument before its connection exists: family, type and protocol of a
   * `struct socket *`, destination of a `struct sockaddr *`, as the kernel will normalise it. Source
   * address, source port and state have no value.
   */
  | {
      readonly kind: "connect-target";
      readonly socket: number;
      readonly address: number;
      readonly length: number;
    }
  /** The same for a `struct msghdr *` whose `msg_name` is the destination. */
  | { readonly kind: "message-target"; readonly socket: number; readonly message: number }
  /** What a pointer parameter leads to: `bprm->file`, `new->euid.val`; `member` is what follows the arrow. */
  | {
      readonly kind: "member";
      readonly parameter: number;
      readonly member: string;
      /** The member is a pointer that may be NULL. */
      readonly mayBeNull?: true;
    }
  /** A `struct path *` argument: a dentry parameter on the mount of a directory's `struct path *`. */
  | { readonly kind: "dentry"; readonly dentry: number; readonly directory: number }
  /** A `struct sock *` argument: the one of a `struct socket *` parameter. */
  | { readonly kind: "socket"; readonly socket: number }
  /** The same, with a `struct sockaddr *` parameter in the place of its destination or source. */
  | {
      readonly kind: "addressed-socket";
      readonly socket: number;
      readonly address: number;
      readonly length: number;
      readonly end: "destination" | "source";
    }
  /** The same, with the destination that a `struct msghdr *` names, if it names one. */
  | { readonly kind: "sending-socket"; readonly socket: number; readonly message: number }
  /** What a register held when the call began; `registers` is a `struct pt_regs *` parameter. */
  | { readonly kind: "register"; readonly registers: number; readonly register: Register }
  /** An argument of a static point of a program, from where the file's notes say that it is. */
  | { readonly kind: "static-argument"; readonly registers: number; readonly argument: number }
  /** The process id of the task that is running. */
  | { readonly kind: "current-tgid" }
  /** `CLONE_NEW*` that unshare or setns was called with; 0 in other system calls. */
  | { readonly kind: "asked-namespaces" }
  /** A `struct sock *` argument: what the function returns. */
  | { readonly kind: "result" }
  /** This point does not know the argument: its fields have no value. */
  | { readonly kind: "absent" };

/** A condition on the parameters of an attach point. */
export type AttachFilter =
  /** A stream socket (not SCTP) is connected to an IPv4 or IPv6 address. */
  | {
      readonly kind: "stream-connect";
      readonly socket: number;
      readonly address: number;
      readonly length: number;
    }
  /** A stream socket (not SCTP) sends with MSG_FASTOPEN and names an IPv4 or IPv6 destination. */
  | { readonly kind: "fast-open-send"; readonly socket: number; readonly message: number };

export interface CParameter {
  readonly name: string;
  readonly cType: string;
  /** Pointers lead into the memory of the running program. */
  readonly user?: true;
  /**
   * A pointer that the kernel passes as NULL in some calls. LSM programs get it as trusted from 6.x on:
   * the verifier drops a NULL check of it, and following it stops the kernel (seen on 6.12).
   */
  readonly mayBeNull?: true;
}

/** A feature of the host that the runtime can look up. */
export type Requirement =
  /** `bpf` is in /sys/kernel/security/lsm. */
  | { readonly kind: "bpf-lsm-active" }
  /** The kernel lets programs change what this function returns. */
  | { readonly kind: "modifiable-function"; readonly name: string }
  /** The kernel's BTF has a function of this name. */
  | { readonly kind: "kernel-function"; readonly name: string }
  /** The kernel's BTF has a raw tracepoint of this name. */
  | { readonly kind: "raw-tracepoint"; readonly name: string }
  /** The kernel knows the BPF helper of this name (`bpf_loop`). */
  | { readonly kind: "helper"; readonly name: string };

/** Where the value of a field comes from. */
export type FieldSource =
  | { readonly kind: "argument"; readonly argument: number }
  /** The path of a file, path or dentry argument. */
  | { readonly kind: "argument-path"; readonly argument: number }
  /** The bytes of a text argument. */
  | { readonly kind: "argument-text"; readonly argument: number }
  /** A part of an object, by its name in conditions. */
  | { readonly kind: "part"; readonly argument: number; readonly part: string }
  /** What a file argument was opened with, or the type and permissions of what it is. */
  | { readonly kind: "file"; readonly argument: number; readonly part: FilePart }
  /** A part of a sock argument. */
  | { readonly kind: "sock"; readonly argument: number; readonly part: SockPart }
  | ProcessSource
  | { readonly kind: "result" }
  /** Of the workload that the process belongs to. Only conditions of the scope stage ask for it. */
  | {
      readonly kind: "workload";
      readonly part: WorkloadPart;
      /** Which of the labels. */
      readonly key: string | undefined;
    }
  /** 1 where a condition of the scope stage holds for the workload, 0 where it does not. */
  | { readonly kind: "scope"; readonly condition: number };

/** What is known of a workload, by the name that policies have for it. */
export type WorkloadPart =
  | "container"
  | "container.id"
  | "container.name"
  | "container.image"
  | "container.repo"
  | "container.privileged"
  | "pod.name"
  | "pod.namespace"
  | "pod.labels";

/**
 * The process that acts (0), its parent (1), an ancestor further up, or any that it descends from: those are the
 * processes above it as they were when they forked, and what it was itself before it executed another program.
 */
export type ProcessLevel = number | "any";

/** A part of a process; of a list, one of its elements. */
export interface ProcessSource {
  readonly kind: "process";
  readonly level: ProcessLevel;
  readonly part: ProcessPart;
  /** `1` of `args[1]`, `PATH` of `env["PATH"]`; absent: any element. */
  readonly element?: string;
}

export type ProcessPart = ProgramPart | ProcessText | ProcessNumber;

/** What is known of a process since it executed its program. */
export type ProgramPart = "exe" | ProcessList;

/** Texts that a program was given, one after the other. */
export type ProcessList = "args" | "env";

/** Texts that a process can change at any time. */
export type ProcessText = "comm" | "cwd";

export type ProcessNumber =
  "pid" | "ns_pid" | "uid" | "gid" | "euid" | "egid" | "auid" | "tty" | CredentialPart;

/** Whether exec decides a part of a process, and forks hand it down. */
export function isProgramPart(part: ProcessPart): part is ProgramPart {
  return part === "exe" || isListPart(part);
}

/** Whether a part of a process is several texts. */
export function isListPart(part: ProcessPart): part is ProcessList {
  return part === "args" || part === "env";
}

/** Whether a part of a process is a text that is read when an event happens. */
export function isProcessText(part: ProcessPart): part is ProcessText {
  return part === "comm" || part === "cwd";
}

export type SockPart =
  "saddr" | "daddr" | "sport" | "dport" | "family" | "type" | "protocol" | "state" | "mark" | "length";

/** `owned`: 1 where the user of the process that acts owns the file; of a new name, its directory. */
export type FilePart = "mode" | "flags" | "type" | "owned";
