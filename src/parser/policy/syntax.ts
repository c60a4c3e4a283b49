/**
 * The syntax tree: a `.policy` file as it is written, names unresolved and spellings kept. The parser makes it
 * from text, `raise` makes it from a Policy tree, the layout prints it: one way to print for both.
 */
import type { Span } from "../../source/source.ts";
import type { FieldReference, Literal, Mode, Name, RawSection } from "./tree.ts";

export interface FileSyntax {
  readonly kind: "file";
  readonly statements: readonly FileStatement[];
  readonly span: Span;
}

export type FileStatement = PolicySyntax | ImportSyntax | DeclarationSyntax;

/** `import "shared/lists.policy"`: the names of another file. */
export interface ImportSyntax {
  readonly kind: "import";
  readonly path: StringSyntax;
  readonly span: Span;
}

export interface PolicySyntax {
  readonly kind: "policy";
  readonly name: StringSyntax;
  readonly namespace: StringSyntax | undefined;
  readonly mode: Mode | undefined;
  readonly items: readonly ItemSyntax[];
  /** From `{` to after `}`. */
  readonly body: Span;
  readonly span: Span;
}

/** A string literal: what it means and how it is written. */
export interface StringSyntax {
  readonly kind: "string";
  readonly value: string;
  readonly text: string;
  readonly span: Span;
}

/** A name: what it means and how it is written. */
export interface NameSyntax {
  readonly kind: "name";
  readonly value: string;
  readonly text: string;
  readonly span: Span;
}

export type ItemSyntax = TextItemSyntax | ScopeSyntax | DeclarationSyntax | BlockSyntax;

/** What a policy and a block both may carry. */
export type TextItemSyntax =
  | SeveritySyntax
  | { readonly kind: "description"; readonly value: StringSyntax; readonly span: Span }
  | { readonly kind: "message"; readonly value: StringSyntax; readonly span: Span }
  | { readonly kind: "tags"; readonly values: StringListSyntax; readonly span: Span };

export interface StringListSyntax {
  readonly kind: "string-list";
  readonly elements: readonly StringSyntax[];
  readonly span: Span;
}

export interface SeveritySyntax {
  readonly kind: "severity";
  readonly value: bigint;
  readonly span: Span;
}

/** `"NAME" precedence N`, after `in group`. */
export interface GroupSyntax {
  readonly kind: "group";
  readonly name: StringSyntax;
  readonly precedence: bigint | undefined;
  readonly span: Span;
}

export interface ScopeSyntax {
  readonly kind: "scope";
  readonly workloads: "everything" | "host" | "containers" | "host and containers";
  readonly condition: ConditionSyntax | undefined;
  readonly span: Span;
}

export type DeclarationSyntax =
  | {
      readonly kind: "param";
      readonly name: NameSyntax;
      readonly type: NameSyntax;
      readonly isList: boolean;
      readonly value: ValueSyntax | undefined;
      readonly span: Span;
    }
  | { readonly kind: "let"; readonly name: NameSyntax; readonly value: ValueSyntax; readonly span: Span }
  | {
      readonly kind: "define";
      readonly name: NameSyntax;
      readonly condition: ConditionSyntax;
      readonly span: Span;
    };

export type ValueSyntax = LiteralSyntax | ValueListSyntax;

export interface LiteralSyntax {
  readonly kind: "literal";
  readonly literal: Literal;
  /** A word without backticks is of this spelling and may name a `let` or a `param`. */
  readonly text: string;
  readonly span: Span;
}

export interface ValueListSyntax {
  readonly kind: "value-list";
  readonly elements: readonly LiteralSyntax[];
  readonly span: Span;
}

export interface BlockSyntax {
  readonly kind: "block";
  readonly hooks: readonly HookSyntax[];
  readonly group: GroupSyntax | undefined;
  readonly condition: ConditionSyntax | undefined;
  readonly items: readonly (TextItemSyntax | RuleSyntax)[];
  /** From `{` to after `}`. */
  readonly body: Span;
  readonly span: Span;
}

export type HookSyntax = EventSyntax | RawHookSyntax;

export interface EventSyntax {
  readonly kind: "event";
  readonly name: Name;
  readonly span: Span;
}

export interface RawHookSyntax {
  readonly kind: "raw";
  readonly section: RawSection;
  readonly syscall: boolean;
  readonly optional: boolean;
  readonly matching: boolean;
  readonly path: StringSyntax | undefined;
  readonly target: NameSyntax;
  readonly parameters: readonly ParameterSyntax[];
  readonly result: ParameterSyntax | undefined;
  /** System calls, after `refusing`. */
  readonly refuses: readonly NameSyntax[];
  readonly span: Span;
}

export interface ParameterSyntax {
  readonly kind: "parameter";
  /** `_` without a type: an argument that nobody asks for. */
  readonly name: NameSyntax;
  readonly type: NameSyntax | undefined;
  /** Written after `at`; absent: one after the parameter before it. */
  readonly index: bigint | undefined;
  /** Written after `size`; with `at` the argument that has it. */
  readonly size: { readonly at: boolean; readonly value: bigint } | undefined;
  readonly label: StringSyntax | undefined;
  readonly span: Span;
}

export interface RuleSyntax {
  readonly kind: "rule";
  readonly label: StringSyntax | undefined;
  readonly otherwise: boolean;
  readonly actions: readonly ActionSyntax[];
  readonly condition: ConditionSyntax | undefined;
  readonly span: Span;
}

export type ActionSyntax =
  | { readonly kind: "allow"; readonly span: Span }
  | { readonly kind: "silent"; readonly span: Span }
  | { readonly kind: "deny"; readonly value: LiteralSyntax | undefined; readonly span: Span }
  | { readonly kind: "kill"; readonly value: LiteralSyntax | undefined; readonly span: Span }
  | { readonly kind: "alert"; readonly template: StringSyntax | undefined; readonly span: Span }
  /** `stack kernel`, `track sk` */
  | { readonly kind: "stack" | "track" | "untrack"; readonly subject: NameSyntax; readonly span: Span }
  | { readonly kind: "fetch" | "resolve"; readonly target: StringSyntax; readonly span: Span }
  | LimitSyntax
  /** `limit default` */
  | { readonly kind: "default-limit"; readonly span: Span };

/** `limit 10 alike per 1s then mute 30s per container` */
export interface LimitSyntax {
  readonly kind: "limit";
  readonly count: NumberSyntax;
  readonly alike: boolean;
  readonly window: DurationSyntax;
  readonly mute: DurationSyntax | undefined;
  readonly scope: NameSyntax | undefined;
  readonly span: Span;
}

export interface NumberSyntax {
  readonly kind: "number";
  readonly value: bigint;
  readonly text: string;
  readonly span: Span;
}

/** `10s`: what it means and how it is written. */
export interface DurationSyntax {
  readonly kind: "duration";
  readonly milliseconds: number;
  readonly text: string;
  readonly span: Span;
}

export type ConditionSyntax =
  | ChainSyntax
  | { readonly kind: "not"; readonly operand: ConditionSyntax; readonly span: Span }
  | { readonly kind: "parentheses"; readonly inner: ConditionSyntax; readonly span: Span }
  | { readonly kind: "constant"; readonly value: boolean; readonly span: Span }
  /** The name of a `define`. */
  | { readonly kind: "reference"; readonly name: NameSyntax; readonly span: Span }
  | ComparisonSyntax;

/** Two or more operands between `and`s or between `or`s. */
export interface ChainSyntax {
  readonly kind: "chain";
  readonly operator: "and" | "or";
  readonly operands: readonly ConditionSyntax[];
  /** With the comments before the first operand: from the end of the token before it. */
  readonly reach: Span;
  readonly span: Span;
}

export interface ComparisonSyntax {
  readonly kind: "comparison";
  readonly field: FieldReference;
  readonly operator: OperatorSpelling;
  readonly operatorSpan: Span;
  /** Absent for `exists` only. */
  readonly operand: ValueSyntax | undefined;
  readonly ignoreCase: boolean;
  readonly span: Span;
}

export type OperatorSpelling =
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "in"
  | "not in"
  | "has"
  | "has any"
  | "has all"
  | "starts with"
  | "ends with"
  | "contains"
  | "matches"
  | "under"
  | "exists";
