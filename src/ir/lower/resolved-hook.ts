/** Hooks under the names and types of one block. */
import type { EventFact, EventPlace } from "../../kernel/events.ts";
import type { ArgumentType, HookFact } from "../../kernel/hook.ts";
import type { WordSetName } from "../../kernel/words.ts";
import type { Parameter } from "../../parser/policy/tree.ts";
import type { Span } from "../../source/source.ts";

/** A hook as one block sees it: under its own names and types. */
export interface ResolvedHook {
  readonly fact: HookFact;
  readonly arguments: readonly ResolvedArgument[];
  readonly result: ResolvedArgument | undefined;
  /** Set when a portable event is looked for here. */
  readonly event: ResolvedEvent | undefined;
  /** `if-present`: a kernel without the place does without the hook. */
  readonly need: "required" | "if-present";
  /** System calls that begin at this tracepoint and that rules may refuse; undefined: none. */
  readonly refused?: RefusedCalls;
}

export interface RefusedCalls {
  readonly calls: ReadonlySet<bigint>;
  /** The arguments that tell which call it is; undefined where only one begins. */
  readonly number: readonly number[] | undefined;
}

/** One place of a portable event. */
export interface ResolvedEvent {
  readonly fact: EventFact;
  readonly place: EventPlace;
  /** Where the policy names the event. */
  readonly span: Span;
}

export interface ResolvedArgument {
  readonly parameter: Parameter;
  /** Index into the fact's arguments: the parameter's own, or the one that it is read from. */
  readonly argument: number;
  readonly type: ArgumentType;
  /** See `Capture.key`. */
  readonly key?: string;
  readonly words: WordSetName | undefined;
}
