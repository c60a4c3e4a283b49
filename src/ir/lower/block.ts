/** One block on one of its hooks to IR rules. */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Block, Rule } from "../../parser/policy/tree.ts";
import type { Span } from "../../source/source.ts";
import type { Bool, IrBlock, IrRule } from "../ir.ts";
import { and, atomsOf } from "../bool.ts";
import { type FieldRegistry, lowerCondition } from "./condition.ts";
import { placeCondition } from "./place-condition.ts";
import type { ResolvedHook } from "./resolved-hook.ts";
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
  /** Where each rule's refusal was written, by rule. */
  readonly refusalSpans: readonly (Span | undefined)[];
}

export interface BlockPlace {
  readonly policy: number;
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
  const common = and([
    placeCondition(place.hook, place.registry),
    lowerCondition(block.condition, place.hook, place.registry, findings),
  ]);
  const draft = (rule: Rule, posture: boolean): DraftRule => ({
    rule,
    posture,
    condition: and([common, lowerCondition(rule.condition, place.hook, place.registry, findings)]),
    actions: lowerActions(rule, findings),
  });
  const drafts = [
    ...block.rules.map((rule) => draft(rule, false)),
    ...(block.otherwise === undefined ? [] : [draft(block.otherwise, true)]),
  ];
  const rules = drafts.map((rule, index) => finishRule(rule, drafts.slice(index + 1), place.idOf(index)));
  return {
    block: {
      policy: place.policy,
      rules,
      tags: block.tags.map(({ text }) => text),
      message: block.message?.text,
      span: block.span,
    },
    name: place.hook.event?.fact.name ?? place.hook.fact.id,
    need: place.hook.event?.place.need ?? "required",
    wantsResult: place.hook.result !== undefined,
    comparesResult: rules.some(({ condition }) =>
      atomsOf(condition).some((atom) => place.registry.entries[atom.field]?.field.source.kind === "result"),
    ),
    refuses: rules.some(({ verdict }) => verdict.kind !== "allow"),
    refusalSpans: drafts.map(({ actions }) => (actions.verdict.kind === "allow" ? undefined : actions.span)),
  };
}

function finishRule(draft: DraftRule, later: readonly DraftRule[], id: string): IrRule {
  const { rule, actions } = draft;
  return {
    id,
    label: rule.label?.text,
    condition: draft.condition,
    verdict: actions.verdict,
    post: actions.post,
    posture: draft.posture,
    onUnresolved: matchesUnresolved(draft, later) ? "match" : "no-match",
    span: rule.span,
  };
}

/**
 * A value that could not be read must not let anyone pass: a refusing rule takes it, an allowing one does
 * not. A rule that only reports takes it unless that would hide a later refusal.
 */
function matchesUnresolved({ actions }: DraftRule, later: readonly DraftRule[]): boolean {
  if (actions.verdict.kind !== "allow") {
    return true;
  }
  return actions.post && !actions.allows && later.every((rule) => rule.actions.verdict.kind === "allow");
}
