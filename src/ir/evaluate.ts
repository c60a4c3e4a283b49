/**
 * The reference evaluator: what a hook's rules mean, written for reading and not for speed. Generated code
 * must decide every event the way this file does; `test/differential` runs both.
 */
import { elementAt, invariant, unreachable } from "../source/invariant.ts";
import type { IrBlock, IrHook, IrPolicy, IrRule, Verdict } from "./ir.ts";
import { type AtomTrail, conditionTrail, type HookEvent, type Truth, truthOf } from "./truth.ts";

export { type AtomTrail, type FieldValue, type HookEvent, type Truth, truthOf } from "./truth.ts";

/** What one block says to an event, or one monitored rule before it. Blocks in which no rule holds say nothing. */
export interface Decision {
  /** Index into `IrHook.blocks`. */
  readonly block: number;
  /** Place among the rules of the hook, counted through all blocks in order. */
  readonly rule: number;
  readonly id: string;
  readonly verdict: Verdict;
  /** Whether the policy enforces; a monitoring policy's decisions are only reported. */
  readonly enforced: boolean;
  /** `unresolved`: the condition came out unknown and the rule's `onUnresolved` decided. */
  readonly because: "condition" | "unresolved";
  readonly post: boolean;
  /** What became of each atom of the rule's condition, in the order in which they are written. */
  readonly trail: readonly AtomTrail[];
}

export interface Evaluation {
  /** In order of blocks: at most one of each that is enforced, and at most one before it that is monitored. */
  readonly decisions: readonly Decision[];
  /**
   * What happens to the operation: the strictest enforced verdict (kill, then deny, then allow), of
   * equally strict ones the first. `allow` when nothing enforced decides.
   */
  readonly verdict: Verdict;
  /** The decisions that are reported. */
  readonly posts: readonly Decision[];
}

/** Why a rule decided or did not. */
export interface RuleTrail {
  readonly block: number;
  /** As in `Decision.rule`. */
  readonly rule: number;
  readonly id: string;
  readonly outcome: Truth;
  readonly decided: boolean;
  /** All atoms of the condition as it is written, whether or not their outcome mattered. */
  readonly atoms: readonly AtomTrail[];
}

/**
 * Decides an event at one hook: blocks are independent, in a block the first rule that holds decides. A policy
 * that only monitors must not stand before one that enforces: its first rule that holds is reported, and the
 * rules of enforcing policies after it are looked at all the same.
 */
export function evaluate(hook: IrHook, policies: readonly IrPolicy[], event: HookEvent): Evaluation {
  invariant(event.values.length === hook.fields.length, "an event has one value for each field");
  const decisions: Decision[] = [];
  let firstRule = 0;
  for (const [index, block] of hook.blocks.entries()) {
    for (const { position, rule, because, enforced } of deciding(block, hook, policies, event)) {
      decisions.push({
        block: index,
        rule: firstRule + position,
        id: rule.id,
        verdict: rule.verdict,
        enforced,
        because,
        post: rule.post,
        trail: conditionTrail(rule.condition, hook, event).atoms,
      });
    }
    firstRule += block.rules.length;
  }
  return { decisions, verdict: strictestVerdict(decisions), posts: decisions.filter(({ post }) => post) };
}

interface DecidingRule {
  /** In the block. */
  readonly position: number;
  readonly rule: IrRule;
  readonly because: Decision["because"];
  readonly enforced: boolean;
}

/** The first rule of an enforcing policy that holds, after the first of a monitoring one if that comes before. */
function deciding(
  block: IrBlock,
  hook: IrHook,
  policies: readonly IrPolicy[],
  event: HookEvent,
): readonly DecidingRule[] {
  const found: DecidingRule[] = [];
  for (const [position, rule] of block.rules.entries()) {
    const enforced = elementAt(policies, rule.origin.policy).mode === "enforce";
    const because = reasonToDecide(rule, truthOf(rule.condition, hook, event));
    if (because !== undefined && (enforced || found.length === 0)) {
      found.push({ position, rule, because, enforced });
    }
    if (found.at(-1)?.enforced === true) {
      break;
    }
  }
  return found;
}

/** Every rule that was looked at to decide an event, with the outcome of each of its atoms. */
export function trailOf(hook: IrHook, event: HookEvent): readonly RuleTrail[] {
  const trail: RuleTrail[] = [];
  let firstRule = 0;
  for (const [index, block] of hook.blocks.entries()) {
    for (const [position, rule] of block.rules.entries()) {
      const { outcome, atoms } = conditionTrail(rule.condition, hook, event);
      const decided = reasonToDecide(rule, outcome) !== undefined;
      trail.push({ block: index, rule: firstRule + position, id: rule.id, outcome, decided, atoms });
      if (decided) {
        break;
      }
    }
    firstRule += block.rules.length;
  }
  return trail;
}

/** The strictest of the enforced verdicts; of equally strict ones the first. */
export function strictestVerdict(decisions: readonly Pick<Decision, "verdict" | "enforced">[]): Verdict {
  let strictest: Verdict = { kind: "allow" };
  for (const { verdict, enforced } of decisions) {
    if (enforced && strictness(verdict) > strictness(strictest)) {
      strictest = verdict;
    }
  }
  return strictest;
}

function reasonToDecide(rule: IrRule, outcome: Truth): Decision["because"] | undefined {
  switch (outcome) {
    case "true":
      return "condition";
    case "false":
      return undefined;
    case "unknown":
      return rule.onUnresolved === "match" ? "unresolved" : undefined;
    default:
      return unreachable(outcome);
  }
}

function strictness(verdict: Verdict): number {
  switch (verdict.kind) {
    case "allow":
      return 0;
    case "deny":
      return 1;
    case "kill":
      return 2;
    default:
      return unreachable(verdict);
  }
}
