/**
 * The intermediate representation: a closed world. Hooks and fields are resolved to kernel facts, values
 * are typed, precedence is the order of arrays, modes and postures are explicit. No dialect, no default.
 */
import type { FieldType } from "../kernel/field.ts";
import type { ArgumentType, AttachPoint, FieldSource, HookFact } from "../kernel/hook.ts";
import type { LimitScope } from "../parser/policy/tree.ts";
import type { Span } from "../source/source.ts";

export type { FieldType } from "../kernel/field.ts";

export interface Ir {
  readonly kind: "ir";
  readonly policies: readonly IrPolicy[];
  /** All the rules that look at one hook, of all policies, decide together. Sorted by hook id. */
  readonly hooks: readonly IrHook[];
  readonly scope: IrScope;
}

/**
 * The scope stage: what depends on nothing but the workload that a process belongs to. Rules name a condition
 * by a field of their hook, and never under a negation: one that can't be told for a workload fails none but
 * the rules that are for certain workloads.
 */
export interface IrScope {
  /** The values that the atoms of `conditions` compare; each is of a workload. */
  readonly fields: readonly Field[];
  readonly conditions: readonly IrScopeCondition[];
}

export interface IrScopeCondition {
  readonly condition: Bool;
  readonly span: Span;
}

export interface IrPolicy {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly mode: "enforce" | "monitor";
  readonly tags: readonly string[];
  readonly message: string | undefined;
  readonly severity: number | undefined;
  /** Index into `IrScope.conditions`: the workloads that the policy is for; undefined: everything. */
  readonly scope: number | undefined;
  readonly span: Span;
}

/** One place in the kernel, everything that is decided there and how. */
export interface IrHook {
  readonly fact: HookFact;
  /** What must be attached, each with its alternatives: the runtime takes the first that the host supports. */
  readonly attachments: readonly IrAttachment[];
  /** The values that atoms compare, cheapest first. Atoms and captures name them by index. */
  readonly fields: readonly Field[];
  /** Hook arguments that an event record carries, in order. */
  readonly captures: readonly Capture[];
  readonly blocks: readonly IrBlock[];
  /** Whether the return value of the hooked function is wanted: reported, or compared. */
  readonly wantsResult: boolean;
}

/**
 * One place that must have a program for the hook to be served. A guard decides only refusals: where its
 * verdict is `allow` it stays silent, because the hook itself is reached and reports. A refusal decides nothing: it
 * puts what the hook has decided into force.
 */
export interface IrAttachment {
  readonly kind: "hook" | "also" | "guard" | "refusal";
  /** Best first; only those that can give every verdict that the rules ask for. Never empty. */
  readonly alternatives: readonly AttachPoint[];
  /** `if-present`: kernels without this place do the operation elsewhere. */
  readonly need: "required" | "if-present";
}

/** A value that is known when the hook fires. */
export interface Field {
  /** For people: `file.path`, `mask`. */
  readonly name: string;
  readonly type: FieldType;
  readonly source: FieldSource;
}

/** A value that an event record carries: one argument of the hook. */
export interface Capture {
  /** Index into the fact's arguments. */
  readonly argument: number;
  /** The number that the policy gives: events show captures in this order. */
  readonly position: number;
  readonly type: CaptureType;
  /** Its key in JSON events, where it is not the usual one of its type. */
  readonly key: string | undefined;
  readonly label: string | undefined;
  /** What the function returns, where that is no number. */
  readonly ofResult?: true;
}

export type CaptureType =
  | { readonly kind: "integer"; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }
  | Extract<ArgumentType, { kind: "file" | "path" | "sock" | "text" | "object" }>;

/**
 * Rules that decide together, in order of precedence: the first that holds decides. A block of one policy, or
 * what all blocks of a decision group, of any policy, say about one value of the hook.
 */
export interface IrBlock {
  /** The decision group. */
  readonly group: string | undefined;
  readonly rules: readonly IrRule[];
  readonly span: Span;
}

/** Who says a rule, and what its block adds to events. Rules of one block share it. */
export interface RuleOrigin {
  /** Index into `Ir.policies`. */
  readonly policy: number;
  readonly tags: readonly string[];
  readonly message: string | undefined;
  readonly severity: number | undefined;
}

export interface IrRule {
  /** Unique in a compilation and stable while the policy's text is: `policy/hook#2`. */
  readonly id: string;
  readonly label: string | undefined;
  readonly origin: RuleOrigin;
  /** Its place in a decision group, as its policy gives it: smaller ones first, postures last. */
  readonly precedence: number | undefined;
  readonly condition: Bool;
  readonly verdict: Verdict;
  /** Whether a hit is reported. */
  readonly post: boolean;
  /** How many of its alerts are posted; undefined: all. Never touches a verdict. */
  readonly limit: Limit | undefined;
  /** The text of its alerts; undefined: that of its block or policy. */
  readonly template: Template | undefined;
  /** What its decision brings with it besides the verdict. */
  readonly effects: readonly Effect[];
  /** Whether it is what happens when no rule of its policy's block holds. No other rule follows postures. */
  readonly posture: boolean;
  /**
   * What the rule is worth when a value it needs could not be read whole (a path that is too long):
   * `match` for rules that refuse or report, `no-match` for rules that allow.
   */
  readonly onUnresolved: "match" | "no-match";
  readonly span: Span;
}

/** What a decision does besides its verdict, in whatever mode its policy is. */
export type Effect =
  /** Its alerts tell by which calls the hook was reached. */
  | { readonly kind: "stack"; readonly of: "kernel" | "user" }
  /** Events about the socket that an argument is are told of the process that acts now, or no longer. */
  | { readonly kind: "track" | "untrack"; readonly argument: number }
  /** The runtime asks for an address or a name when it reports, if it may. */
  | { readonly kind: "fetch" | "resolve"; readonly target: string };

/** A text of alerts: what is always the same, and values of the event. */
export type Template = readonly TemplatePart[];

export type TemplatePart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "value"; readonly source: FieldSource }
  /** The event has such a field, but never at this hook. */
  | { readonly kind: "nothing" };

/** How many alerts are posted; those left out are counted. `limit.ts` says what it means. */
export type Limit =
  | {
      readonly kind: "fixed";
      /** Alerts that are posted in one window. */
      readonly count: number;
      /** Milliseconds. */
      readonly window: number;
      /** Milliseconds without alerts after a window that had more. */
      readonly mute: number;
      /** What is counted for itself. `global`: the alerts of all rules with an equal limit, together. */
      readonly per: LimitScope;
      /** Arguments of the hook whose values tell alerts apart; undefined: none does. */
      readonly alike: readonly number[] | undefined;
    }
  /** What the node's configuration says of every container; for each rule of its own. */
  | { readonly kind: "default" };

export type Verdict =
  | { readonly kind: "allow" }
  /** The operation fails with this errno (positive number). */
  | { readonly kind: "deny"; readonly errno: number }
  /** The process gets the signal; where the hook can refuse as well, with `errno`. */
  | { readonly kind: "kill"; readonly signal: number; readonly errno: number };

export type Bool =
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "and"; readonly operands: readonly Bool[] }
  | { readonly kind: "or"; readonly operands: readonly Bool[] }
  | { readonly kind: "not"; readonly operand: Bool }
  | Atom;

/** One comparison. False when its field has no value. */
export interface Atom {
  readonly kind: "atom";
  /** Index into `IrHook.fields`. */
  readonly field: number;
  readonly test: Test;
  readonly span: Span;
}

/** What an atom asks of its value; alternatives within a test are ORed. */
export type Test =
  /** Integers: in any of the inclusive ranges, compared in the field's own type. */
  | { readonly kind: "ranges"; readonly ranges: readonly IntegerRange[] }
  /**
   * Integers: for any mask, (value & mask) is non-zero, or with `every` equal to mask. Masks are unsigned
   * bit patterns of the field's width, also where the field is signed.
   */
  | { readonly kind: "bits"; readonly every: boolean; readonly masks: readonly bigint[] }
  /** Paths and strings, compared byte by byte in UTF-8. */
  | {
      readonly kind: "text";
      readonly match: "exact" | "prefix" | "suffix";
      readonly values: readonly TextValue[];
    }
  /** Paths and strings: the whole value has the form of any of the globs. */
  | { readonly kind: "glob"; readonly ignoreCase: boolean; readonly globs: readonly Glob[] }
  /** Addresses: in any of the networks. */
  | { readonly kind: "networks"; readonly networks: readonly Network[] };

export interface IntegerRange {
  readonly low: bigint;
  readonly high: bigint;
}

export interface TextValue {
  readonly text: string;
  readonly span: Span;
}

/** A form that a text has. */
export interface Glob {
  /** As it was written, for people. */
  readonly text: string;
  readonly parts: readonly GlobPart[];
  readonly span: Span;
}

/**
 * Characters are code points in UTF-8; bytes that are no UTF-8 are taken in by `characters` only. With
 * `ignoreCase`, the letters A to Z equal a to z; others only themselves.
 */
export type GlobPart =
  | { readonly kind: "text"; readonly text: string }
  /** One character; a slash only where `slash` says so. */
  | { readonly kind: "character"; readonly slash: boolean }
  /** Any number of bytes. */
  | { readonly kind: "characters"; readonly slash: boolean }
  /** One character in any of the ranges, or in none of them. Never a slash. */
  | { readonly kind: "class"; readonly negated: boolean; readonly ranges: readonly CharacterRange[] }
  /** Any number of whole components, each with the slash after it; also none. */
  | { readonly kind: "directories" }
  /** Any of the alternatives. */
  | { readonly kind: "choice"; readonly alternatives: readonly (readonly GlobPart[])[] };

/** Inclusive, in code points. */
export interface CharacterRange {
  readonly low: number;
  readonly high: number;
}

export interface Network {
  /** 16 bytes, big-endian; IPv4 as ::ffff:a.b.c.d. */
  readonly address: Uint8Array;
  /** 0 to 128; an IPv4 prefix length plus 96. */
  readonly prefixLength: number;
  readonly text: string;
}
