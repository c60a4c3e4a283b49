/** One block on one of its hooks to IR rules. */
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Block, Rule } from "../../parser/policy/tree.ts";
import type { Span } from "../../source/source.ts";
import type { Bool, IrBlock, IrRule, RuleOrigin } from "../ir.ts";
import { and, atomsOf } from "../bool.ts";
import { type FieldRegistry, lowerCondition } from "./condition.ts";
import { placeCondition } from "./place-condition.ts";
import type { ResolvedHook } from "./resolved-hook.ts";
import { holdsForCalls } from "./refused-calls.ts";
import { type ScopeTable, extractScopes, scopeAtom } from "./scope.ts";
import { type LoweredActions, lowerActions } from "./verdict.ts";

/** A block whose atoms still number the fields of the registry. */
export interface DraftBlock {
  readonly block: IrBlock;
  /** What the policy asked for, for messages: a hook or an event. */
  readonly name: string;
  /** Whether kernels without the hook do the operation elsewhere. */
  readonly need: "required" | "if-present";
  readonly wantsResult: boolean;
  readonly comparesResult: boolean;
  readonly refuses: boolean;
  /** Any rule's author wrote `deny`. */
  readonly denies: boolean;
  /** Whether what its rules refuse is refused after the hook. */
  readonly refusesLater: boolean;
  /** Where each rule's refusal was written, by rule. */
  readonly refusalSpans: readonly (Span | undefined)[];
  /** Whether each rule's author wrote `allow`, by rule. */
  readonly allows: readonly boolean[];
  /** What decides together with it: a decision group's name and the value that it judges. */
  readonly group: { readonly name: string; readonly subject: number | undefined } | undefined;
}

/** What decides whether a rule takes values that could not be read. */
export interface UnresolvedPart {
  readonly verdict: IrRule["verdict"];
  readonly post: boolean;
  readonly allows: boolean;
}

export interface BlockPlace {
  readonly policy: number;
  /** Index of the condition of the workloads that the policy is for. */
  readonly scope: number | undefined;
  readonly scopes: ScopeTable;
  readonly hook: ResolvedHook;
  readonly registry: FieldRegistry;
  /** Id of the block's rule with this number. */
  readonly idOf: (rule: number) => string;
}

interface DraftRule {
  readonly rule: Rule;
  readonly posture: boolean;
  readonly condition: Bool;
  readonly actions: LoweredActions;
}

/** Lowers a block; faults are reported and leave a block that must not be used. */
export function lowerBlock(block: Block, place: BlockPlace, findings: Diagnostic[]): DraftBlock {
  const { scope, scopes, registry } = place;
  const common = and([
    ...(scope === undefined ? [] : [scopeAtom(scope, scopes, registry)]),
    placeCondition(place.hook, place.registry),
    lowerCondition(block.condition, place.hook, place.registry, findings),
  ]);
  const draft = (rule: Rule, posture: boolean): DraftRule => ({
    rule,
    posture,
    condition: extractScopes(
      and([common, lowerCondition(rule.condition, place.hook, registry, findings)]),
      registry,
      scopes,
    ),
    actions: lowerActions(rule, place.hook, findings),
  });
  const origin: RuleOrigin = {
    policy: place.policy,
    tags: block.tags.map(({ text }) => text),
    message: block.message?.text,
    severity: block.severity,
  };
  const drafts = [
    ...block.rules.map((rule) => draft(rule, false)),
    ...(block.otherwise === undefined ? [] : [draft(block.otherwise, true)]),
  ];
  for (const { actions, condition } of drafts) {
    if (actions.denies && !holdsForCalls(condition, place.hook, registry)) {
      findings.push(
        diagnostic(
          "refusal-of-other-calls",
          actions.span,
          "the rule also holds for calls that nothing refuses",
          {
            help: "compare the call's number: `id in [sys_symlinkat]`, with calls of `refusing (…)`",
          },
        ),
      );
    }
  }
  const later = drafts.map(({ actions }) => actions);
  const rules = drafts.map((rule, index): IrRule => ({
    id: place.idOf(index),
    label: rule.rule.label?.text,
    origin,
    precedence: block.group?.precedence,
    condition: rule.condition,
    verdict: rule.actions.verdict,
    post: rule.actions.post,
    limit: rule.actions.limit,
    template: rule.actions.template,
    effects: rule.actions.effects,
    posture: rule.posture,
    onUnresolved: matchesUnresolved(rule.actions, later.slice(index + 1)) ? "match" : "no-match",
    span: rule.rule.span,
  }));
  return {
    block: { group: block.group?.name.text, rules, span: block.span },
    name: place.hook.event?.fact.name ?? place.hook.fact.id,
    need: place.hook.need,
    wantsResult: place.hook.result !== undefined,
    comparesResult: rules.some(({ condition }) =>
      atomsOf(condition).some((atom) => place.registry.entries[atom.field]?.field.source.kind === "result"),
    ),
    refuses: rules.some(({ verdict }) => verdict.kind !== "allow"),
    denies: drafts.some(({ actions }) => actions.denies),
    refusesLater: place.hook.fact.section !== "tracepoint" || place.hook.refused !== undefined,
    refusalSpans: drafts.map(({ actions }) => (actions.verdict.kind === "allow" ? undefined : actions.span)),
    allows: drafts.map(({ actions }) => actions.allows),
    group: block.group && { name: block.group.name.text, subject: subjectOf(place.hook) },
  };
}

/** The argument that an event is about at a place: a rename is judged for its old and its new name. */
function subjectOf({ event }: ResolvedHook): number | undefined {
  const [first] = event?.fact.fields ?? [];
  return first === undefined ? undefined : event?.place.fields[first.name]?.argument;
}

/**
 * A value that could not be read must not let anyone pass: a refusing rule takes it, an allowing one does
 * not. A rule that only reports takes it unless that would hide a later refusal.
 */
export function matchesUnresolved(rule: UnresolvedPart, later: readonly UnresolvedPart[]): boolean {
  if (rule.verdict.kind !== "allow") {
    return true;
  }
  return rule.post && !rule.allows && later.every(({ verdict }) => verdict.kind === "allow");
}
