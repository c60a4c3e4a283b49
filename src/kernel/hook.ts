/** The shape of kernel facts: hooks, their arguments, and the attach points that serve them. */

/** A type of a hook's argument, as far as the compiler can read it. */
export type ArgumentType =
  | { readonly kind: "integer"; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }
  /** `struct file *` */
  | { readonly kind: "file" }
  /** `struct path *` */
  | { readonly kind: "path" }
  /** `struct sock *` */
  | { readonly kind: "sock" }
  /** A pointer whose target no field reads. */
  | { readonly kind: "opaque"; readonly cType: string };

export interface ArgumentFact {
  readonly name: string;
  readonly type: ArgumentType;
}

/** A function or event of the kernel that policies can hook. */
export interface HookFact {
  /** Unique: the name as policies write it, `security_file_permission`, `tcp_connect`. */
  readonly id: string;
  readonly arguments: readonly ArgumentFact[];
  /** Type of the return value; `void` hooks have none. */
  readonly result: ArgumentType | undefined;
  /** Every attach point that serves the hook, best first. */
  readonly attachPoints: readonly AttachPoint[];
  /**
   * Other hooks that the same operation goes through on some kernels: a rule on this hook is also put
   * there, where it exists (`security_path_truncate`: `security_file_truncate` from 6.2).
   */
  readonly alsoServedBy: readonly AttachPoint[];
  /** Hooks that can refuse the same operation before this one is reached. */
  readonly guards: readonly AttachPoint[];
}

export type AttachKind = "lsm" | "fmod_ret" | "fentry" | "fexit" | "kprobe" | "kretprobe";

/** A BPF program type and target that serves a hook. */
export interface AttachPoint {
  readonly kind: AttachKind;
  /** Kernel function, or LSM hook without its `bpf_lsm_` prefix. */
  readonly target: string;
  /** C declaration of the target's parameters, in order. */
  readonly parameters: readonly CParameter[];
  /** Whether a program here can make the operation fail. */
  readonly canDeny: boolean;
  readonly seesResult: boolean;
  /** What must hold on the host; all of it. */
  readonly requires: readonly Requirement[];
  /**
   * How this point gives the hook's arguments: for each argument of the hook, a C expression over
   * `parameters`, or undefined when it has none here.
   */
  readonly argumentExpressions: readonly (string | undefined)[];
  /** Extra condition, in C over `parameters`, for calls here that are the hook's operation. */
  readonly filter: string | undefined;
}

export interface CParameter {
  readonly name: string;
  readonly cType: string;
}

/** A feature of the host that the runtime can look up. */
export type Requirement =
  /** `bpf` is in /sys/kernel/security/lsm. */
  | { readonly kind: "bpf-lsm-active" }
  /** The kernel's BTF has a function of this name. */
  | { readonly kind: "kernel-function"; readonly name: string }
  /** The kernel knows the BPF helper of this name (`bpf_loop`). */
  | { readonly kind: "helper"; readonly name: string };

/** Where the value of a field comes from. */
export type FieldSource =
  | { readonly kind: "argument"; readonly argument: number }
  /** The path of a file, path or dentry argument. */
  | { readonly kind: "argument-path"; readonly argument: number }
  /** A part of a sock argument. */
  | { readonly kind: "sock"; readonly argument: number; readonly part: SockPart }
  | { readonly kind: "result" };

export type SockPart = "saddr" | "daddr" | "sport" | "dport" | "family" | "protocol" | "state";
