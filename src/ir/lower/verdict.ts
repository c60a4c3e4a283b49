/** Actions to a verdict and whether to report. */
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import { orList, suggestions } from "../../diagnostics/suggest.ts";
import { errnos, maximumErrno, maximumSignal, signals } from "../../kernel/errnos.ts";
import type { Action, Literal, Rule } from "../../parser/policy/tree.ts";
import type { Span } from "../../source/source.ts";
import type { Effect, Limit, Template, Verdict } from "../ir.ts";
import type { ResolvedHook } from "./resolved-hook.ts";
import { lowerEffects } from "./effects.ts";
import { lowerTemplate } from "./template.ts";

export interface LoweredActions {
  readonly verdict: Verdict;
  readonly post: boolean;
  readonly limit: Limit | undefined;
  readonly template: Template | undefined;
  readonly effects: readonly Effect[];
  /** Whether the author wrote `allow`. */
  readonly allows: boolean;
  /** Whether the author wrote `deny`, beside a kill or alone. */
  readonly denies: boolean;
  /** The action that refuses, or the rule. */
  readonly span: Span;
}

const EPERM = 1;
const SIGKILL = 9;

/** A rule that names no action only reports. */
export function lowerActions(rule: Rule, hook: ResolvedHook, findings: Diagnostic[]): LoweredActions {
  const allow = rule.actions.find((action) => action.kind === "allow");
  const deny = rule.actions.find((action) => action.kind === "deny");
  const kill = rule.actions.find((action) => action.kind === "kill");
  const silent = rule.actions.some((action) => action.kind === "silent");
  const alerts = rule.actions.some((action) => action.kind === "alert");
  const post = !silent && (alerts || rule.actions.length === 0);
  const alert = rule.actions.find((action) => action.kind === "alert");
  const refusal = kill ?? deny;
  if (allow !== undefined && refusal !== undefined) {
    findings.push(
      diagnostic("conflicting-actions", refusal.span, `\`${refusal.kind}\` contradicts \`allow\``, {
        help: "keep one of them",
        related: [{ message: "allowed here", span: allow.span }],
      }),
    );
  }
  const errno = actionNumber(deny?.errno, errnos, maximumErrno, EPERM, "errno", findings);
  const signal = actionNumber(kill?.signal, signals, maximumSignal, SIGKILL, "signal", findings);
  return {
    verdict:
      kill !== undefined
        ? { kind: "kill", signal, errno }
        : deny !== undefined
          ? { kind: "deny", errno }
          : { kind: "allow" },
    post,
    limit: post ? lowerLimit(rule.actions, hook) : undefined,
    template: alert?.template && lowerTemplate(alert.template, hook, findings),
    effects: lowerEffects(rule.actions, post, hook, findings),
    allows: allow !== undefined,
    denies: deny !== undefined,
    span: refusal?.span ?? rule.span,
  };
}

function lowerLimit(actions: readonly Action[], hook: ResolvedHook): Limit | undefined {
  const limit = actions.find((action) => action.kind === "limit" || action.kind === "default-limit");
  if (limit === undefined) {
    return undefined;
  }
  if (limit.kind === "default-limit") {
    return { kind: "default" };
  }
  const { count, window, mute = 0, per } = limit;
  const told = hook.arguments.filter(({ type }) => type.kind !== "opaque");
  const alike = [...new Set(told.map(({ argument }) => argument))].sort((a, b) => a - b);
  return { kind: "fixed", count, window, mute, per, alike: limit.alike ? alike : undefined };
}

function actionNumber(
  literal: Literal | undefined,
  names: ReadonlyMap<string, number>,
  maximum: number,
  otherwise: number,
  what: "errno" | "signal",
  findings: Diagnostic[],
): number {
  if (literal === undefined) {
    return otherwise;
  }
  if (literal.kind === "integer" && literal.value >= 1n && literal.value <= BigInt(maximum)) {
    return Number(literal.value);
  }
  const named = literal.kind === "word" ? names.get(literal.value) : undefined;
  if (named !== undefined) {
    return named;
  }
  const likely = literal.kind === "word" ? suggestions(literal.value, names.keys()) : [];
  findings.push(
    diagnostic("invalid-action-value", literal.span, `this is no ${what}`, {
      help:
        likely.length > 0
          ? `did you mean ${orList(likely)}?`
          : `use a number from 1 to ${maximum} or a name like \`${what === "errno" ? "EPERM" : "SIGKILL"}\``,
    }),
  );
  return otherwise;
}
