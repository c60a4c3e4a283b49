/** Actions as written -> actions of the Policy tree. */
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import { unreachable } from "../../source/invariant.ts";
import { translation } from "./foreign-words.ts";
import { lowerValue } from "./lower-value.ts";
import type { Names } from "./names.ts";
import type { ActionSyntax, DurationSyntax, LimitSyntax, LiteralSyntax, NameSyntax } from "./syntax.ts";
import type { Span } from "../../source/source.ts";
import { isPlainIdentifier } from "./words.ts";
import type { Action, LimitScope, Literal } from "./tree.ts";

/** Absent when an action has no meaning, which has been reported. */
export function lowerActions(actions: readonly ActionSyntax[], names: Names): readonly Action[] | undefined {
  const lowered = actions.map((action) => lowerAction(action, names));
  const whole = lowered.filter((action) => action !== undefined);
  reportRepeated(actions, names);
  const silent = actions.find(({ kind }) => kind === "silent");
  if (silent !== undefined && actions.some(({ kind }) => kind === "alert")) {
    names.diagnostics.push(
      diagnostic("conflicting-actions", silent.span, "`silent` contradicts `alert`", {
        help: "keep one of them",
      }),
    );
  }
  const limit = actions.find((action) => wordOf(action) === "limit");
  if (!actions.some(({ kind }) => kind === "alert")) {
    reportIdle(limit, "a limit without `alert` limits nothing", names);
    reportIdle(
      actions.find(({ kind }) => kind === "stack" || kind === "fetch" || kind === "resolve"),
      "only an alert has this: nothing is posted",
      names,
    );
  }
  return whole.length < lowered.length ? undefined : whole;
}

/** What changes alerts has no meaning without any. */
function reportIdle(action: ActionSyntax | undefined, message: string, names: Names): void {
  if (action !== undefined) {
    names.diagnostics.push(
      diagnostic("invalid-limit", action.span, message, {
        help: "write `alert` before it, or leave it out",
      }),
    );
  }
}

function reportRepeated(actions: readonly ActionSyntax[], names: Names): void {
  const first = new Map<string, ActionSyntax>();
  for (const action of actions) {
    const word = action.kind === "stack" ? `stack ${action.subject.value}` : wordOf(action);
    const before = first.get(word);
    if (before === undefined) {
      first.set(word, action);
      continue;
    }
    names.diagnostics.push(
      diagnostic("duplicate-statement", action.span, `\`${word}\` stands in this rule twice`, {
        help: "leave one of them",
        related: [{ message: "the first one is here", span: before.span }],
      }),
    );
  }
}

/** The word that an action begins with. */
function wordOf({ kind }: ActionSyntax): Exclude<ActionSyntax["kind"], "default-limit"> {
  return kind === "default-limit" ? "limit" : kind;
}

function lowerAction(action: ActionSyntax, names: Names): Action | undefined {
  const { span } = action;
  switch (action.kind) {
    case "allow":
    case "silent":
    case "default-limit":
      return { kind: action.kind, span };
    case "deny":
      return action.value === undefined
        ? { kind: "deny", errno: undefined, span }
        : withValue(action.value, names, (errno) => ({ kind: "deny", errno, span }));
    case "kill":
      return action.value === undefined
        ? { kind: "kill", signal: undefined, span }
        : withValue(action.value, names, (signal) => ({ kind: "kill", signal, span }));
    case "alert": {
      const { template } = action;
      const text = template && { kind: "text" as const, text: template.value, span: template.span };
      return { kind: "alert", template: text, span };
    }
    case "stack":
      return lowerStack(action.subject, span, names);
    case "track":
    case "untrack":
      return {
        kind: action.kind,
        argument: { kind: "name", text: action.subject.value, span: action.subject.span },
        span,
      };
    case "fetch":
    case "resolve":
      return {
        kind: action.kind,
        target: { kind: "text", text: action.target.value, span: action.target.span },
        span,
      };
    case "limit":
      return lowerLimit(action, names);
    default:
      return unreachable(action);
  }
}

function withValue(
  value: LiteralSyntax,
  names: Names,
  make: (literal: Literal) => Action,
): Action | undefined {
  const isForeign = value.literal.kind === "word" && isPlainIdentifier(value.text);
  const meant = isForeign ? translation(value.text) : undefined;
  if (meant !== undefined) {
    names.diagnostics.push(
      diagnostic("policy-syntax", value.span, `no statement begins with \`${value.text}\``, {
        help: `write \`${meant}\``,
      }),
    );
    return undefined;
  }
  const lowered = lowerValue(value, names, true);
  const [literal, ...more] = lowered?.literals ?? [];
  if (literal !== undefined && more.length === 0) {
    return make(literal);
  }
  if (lowered !== undefined) {
    names.diagnostics.push(
      diagnostic("wrong-number-of-values", value.span, "the action takes one value", {
        help: "name a single errno or signal",
      }),
    );
  }
  return undefined;
}

const stackKinds = ["kernel", "user"] as const;

function lowerStack(subject: NameSyntax, span: Span, names: Names): Action | undefined {
  const of = stackKinds.find((kind) => kind === subject.value);
  if (of === undefined) {
    names.diagnostics.push(
      diagnostic("policy-syntax", subject.span, `there is no \`${subject.value.slice(0, 40)}\` stack`, {
        help: didYouMean(subject.value, stackKinds) ?? "write `stack kernel` or `stack user`",
      }),
    );
    return undefined;
  }
  return { kind: "stack", of, span };
}

const limitScopes: readonly LimitScope[] = ["rule", "container", "process", "thread", "global"];

/** More in one window is a slip; the kernel counts to eight million. */
const largestCount = 1_000_000n;
/** A year: longer is a slip. */
const longestDuration = 365 * 86_400_000;

function lowerLimit(limit: LimitSyntax, names: Names): Action | undefined {
  const { alike, count, span } = limit;
  const before = names.diagnostics.length;
  if (count.value < 1n || count.value > largestCount) {
    names.diagnostics.push(
      diagnostic("invalid-limit", count.span, "a limit counts from 1 to 1000000 events", {
        help: "to post no event at all write `silent` instead of `alert`",
      }),
    );
  }
  checkDuration(limit.window, names);
  if (limit.mute !== undefined) {
    checkDuration(limit.mute, names);
  }
  const per = limit.scope === undefined ? "rule" : readScope(limit.scope, names);
  return per === undefined || names.diagnostics.length > before
    ? undefined
    : {
        kind: "limit",
        count: Number(count.value),
        alike,
        window: limit.window.milliseconds,
        mute: limit.mute?.milliseconds,
        per,
        span,
      };
}

function checkDuration({ milliseconds, span }: DurationSyntax, names: Names): void {
  if (milliseconds < 1 || milliseconds > longestDuration) {
    names.diagnostics.push(
      diagnostic("invalid-limit", span, "a duration is from 1ms to 365d", {
        help: "write a number and `ms`, `s`, `m`, `h` or `d`",
      }),
    );
  }
}

function readScope({ span, value }: NameSyntax, names: Names): LimitScope | undefined {
  const scope = limitScopes.find((candidate) => candidate === value);
  if (scope === undefined) {
    const help = didYouMean(value, limitScopes) ?? `use one of ${limitScopes.join(", ")}`;
    names.diagnostics.push(
      diagnostic("invalid-limit", span, `nothing is counted per \`${value.slice(0, 40)}\``, { help }),
    );
  }
  return scope;
}
