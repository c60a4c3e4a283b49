/**
 * The surface tree: what a policy says, in the words of our own language. Every front end lowers to it;
 * after it no code can tell which language a rule came from. Names are unresolved, values are literals.
 * Every node carries the span that it came from.
 */
import type { Span } from "../../source/source.ts";

/** All the policies of one compilation, in the order of the inputs. */
export interface PolicyTree {
  readonly kind: "policy-tree";
  readonly policies: readonly Policy[];
}

export interface Policy {
  readonly kind: "policy";
  readonly name: Name;
  /** The Kubernetes namespace it lives in, when it has one. */
  readonly namespace: Name | undefined;
  readonly description: Text | undefined;
  readonly severity: number | undefined;
  readonly tags: readonly Text[];
  /** Put into every event of the policy. */
  readonly message: Text | undefined;
  readonly mode: Mode | undefined;
  readonly scope: Scope;
  readonly blocks: readonly Block[];
  readonly span: Span;
}

export type Mode = "enforce" | "monitor";

/** A word that names something, where it was written. */
export interface Name {
  readonly kind: "name";
  readonly text: string;
  readonly span: Span;
}

/** A text that is kept as it is. */
export interface Text {
  readonly kind: "text";
  readonly text: string;
  readonly span: Span;
}

/** Which workloads a policy is for. */
export type Scope =
  | { readonly kind: "everything"; readonly span: Span }
  | { readonly kind: "host"; readonly span: Span }
  | {
      readonly kind: "containers";
      /** Narrows the containers; absent: all of them. */
      readonly condition: Condition | undefined;
      /** Whether processes outside containers are taken in as well. */
      readonly withHost: boolean;
      readonly span: Span;
    };

/** One or more hooks and their ordered rules: the first rule whose condition holds decides. */
export interface Block {
  readonly kind: "block";
  readonly hooks: readonly HookReference[];
  readonly condition: Condition | undefined;
  readonly rules: readonly Rule[];
  /** What happens when no rule holds: the posture. */
  readonly otherwise: Rule | undefined;
  /** The decision group that the block belongs to. */
  readonly group: Group | undefined;
  readonly severity: number | undefined;
  readonly tags: readonly Text[];
  readonly message: Text | undefined;
  readonly span: Span;
}

/** A decision group, and where a block's rules stand in it. */
export interface Group {
  readonly kind: "group";
  readonly name: Name;
  /** Rules with smaller numbers are looked at first; equal ones in the order of policies and blocks. */
  readonly precedence: number | undefined;
  readonly span: Span;
}

export type RawSection = "kprobe" | "fentry" | "lsm" | "tracepoint" | "raw_tracepoint" | "uprobe" | "usdt";

/** Where a block looks: a portable event or a raw place in the kernel. */
export type HookReference =
  | { readonly kind: "event"; readonly name: Name; readonly span: Span }
  | {
      readonly kind: "raw";
      readonly section: RawSection;
      /** A function, an LSM hook, `subsystem/event`, or a symbol of `path`. */
      readonly target: Name;
      /** The ELF file of a uprobe or USDT. */
      readonly path: Text | undefined;
      /** Whether `target` names a system call, to be found under the architecture's prefix. */
      readonly syscall: boolean;
      /** Whether `target` is a regular expression for names of functions: the block hooks all of them. */
      readonly matching: boolean;
      /** Whether a kernel that lacks the target does without the block. */
      readonly optional: boolean;
      readonly parameters: readonly Parameter[];
      /** The return value, when it is asked for. */
      readonly result: Parameter | undefined;
      /** System calls that begin at this tracepoint, and that rules may refuse. */
      readonly refuses: readonly Name[];
      readonly span: Span;
    };

/** An argument that rules can name and that events carry. */
export interface Parameter {
  readonly kind: "parameter";
  /** Position in the argument list, from 0. */
  readonly index: number;
  /** What conditions call it: the author's name, or `arg0`, `arg1`, … */
  readonly name: Name;
  /** A type of the language: `int`, `uint32`, `string`, `file`, `path`, `sock`, … */
  readonly type: Name;
  /** Bytes of a buffer, or parts of an iovec: a number, or the argument that has it. */
  readonly size?: ParameterSize;
  readonly label: Text | undefined;
  readonly span: Span;
}

export type ParameterSize =
  | { readonly kind: "argument"; readonly index: number }
  | { readonly kind: "constant"; readonly count: number };

export interface Rule {
  readonly kind: "rule";
  readonly label: Name | undefined;
  /** Absent: always. */
  readonly condition: Condition | undefined;
  readonly actions: readonly Action[];
  readonly span: Span;
}

export type Condition =
  | { readonly kind: "and"; readonly operands: readonly Condition[]; readonly span: Span }
  | { readonly kind: "or"; readonly operands: readonly Condition[]; readonly span: Span }
  | { readonly kind: "not"; readonly operand: Condition; readonly span: Span }
  | Comparison;

export interface Comparison {
  readonly kind: "comparison";
  readonly field: FieldReference;
  readonly operator: ComparisonOperator;
  readonly operatorSpan: Span;
  /** Alternatives: the comparison holds when it holds for any of them. */
  readonly values: readonly Literal[];
  readonly ignoreCase: boolean;
  readonly span: Span;
}

/**
 * `in` is equality with any value, CIDR membership for addresses, range membership for `a..b`.
 * `has-any` and `has-all` test bits. Negation is the `not` condition, never an operator.
 */
export type ComparisonOperator =
  | "in"
  | "less"
  | "less-or-equal"
  | "greater"
  | "greater-or-equal"
  | "has-any"
  | "has-all"
  | "starts-with"
  | "ends-with"
  | "contains"
  | "matches"
  | "under"
  | "exists";

/** `arg0`, `arg0.path`, `sk.daddr`, `process.exe`, `return`, … */
export interface FieldReference {
  readonly kind: "field";
  readonly segments: readonly string[];
  readonly span: Span;
}

export type Literal =
  | { readonly kind: "integer"; readonly value: bigint; readonly span: Span }
  | { readonly kind: "range"; readonly low: bigint; readonly high: bigint; readonly span: Span }
  | { readonly kind: "string"; readonly value: string; readonly span: Span }
  /** A bare word: a flag, capability, errno or other name of the field's type. */
  | { readonly kind: "word"; readonly value: string; readonly span: Span }
  /** `10.0.0.0/8`, `::1`: as written; its meaning is checked when its field is known. */
  | { readonly kind: "cidr"; readonly value: string; readonly span: Span };

export type Action =
  | { readonly kind: "allow"; readonly span: Span }
  | { readonly kind: "deny"; readonly errno: Literal | undefined; readonly span: Span }
  | { readonly kind: "kill"; readonly signal: Literal | undefined; readonly span: Span }
  | { readonly kind: "alert"; readonly template: Text | undefined; readonly span: Span }
  | { readonly kind: "silent"; readonly span: Span }
  | StackAction
  | TrackAction
  | RequestAction
  | LimitAction
  /** As a limit of what the node's configuration allows every container. */
  | { readonly kind: "default-limit"; readonly span: Span };

/** Alerts tell by which calls the hook was reached, in the kernel or in the program. */
export interface StackAction {
  readonly kind: "stack";
  readonly of: "kernel" | "user";
  readonly span: Span;
}

/** From now on, or no longer, events about a socket are told of the process that acts here. Whatever the mode. */
export interface TrackAction {
  readonly kind: "track" | "untrack";
  /** An argument that is a socket, or `return`. */
  readonly argument: Name;
  readonly span: Span;
}

/** The runtime asks for an address or a name when it reports, if its operator has allowed that. */
export interface RequestAction {
  readonly kind: "fetch" | "resolve";
  readonly target: Text;
  readonly span: Span;
}

/** Posts only the first `count` events of each window; those left out are counted. Never touches a verdict. */
export interface LimitAction {
  readonly kind: "limit";
  readonly count: number;
  /** Whether only events with equal arguments are counted together. */
  readonly alike: boolean;
  /** Milliseconds. A window begins with the first event after the one before. */
  readonly window: number;
  /** Milliseconds without events after a window that had too many; absent: none beyond the window. */
  readonly mute: number | undefined;
  /** What is counted for itself. */
  readonly per: LimitScope;
  readonly span: Span;
}

/** `rule`: the events of the rule; `global`: those of all rules that have an equal limit. */
export type LimitScope = "rule" | "container" | "process" | "thread" | "global";
