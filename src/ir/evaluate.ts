/**
 * The reference evaluator: what a hook's rules mean, written for reading and not for speed. Generated code
 * must decide every event the way this file does; `test/differential` runs both.
 */
import { elementAt, invariant, unreachable } from "../source/invariant.ts";
import type { Atom, Bool, Field, IrHook, IrPolicy, IrRule, Verdict } from "./ir.ts";
import { type ComparableValue, testHolds } from "./test-holds.ts";

/** What a field holds when the hook fires. */
export type FieldValue =
  | ComparableValue
  /** The operation has no such value: a pipe's path, the address of a UNIX socket. */
  | { readonly kind: "missing" }
  /** There is a value, but it could not be read whole: a path over 4096 bytes. */
  | { readonly kind: "unresolved" };

/** One value for each of `IrHook.fields`, in their order. */
export interface HookEvent {
  readonly values: readonly FieldValue[];
}

/** Three-valued: an atom on an unresolved value is `unknown`. */
export type Truth = "true" | "false" | "unknown";

/** What one block says to an event. Blocks in which no rule holds say nothing. */
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
}

export interface Evaluation {
  /** At most one for each block, in order of blocks. */
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

export interface AtomTrail {
  readonly atom: Atom;
  readonly value: FieldValue;
  readonly outcome: Truth;
}

/** Decides an event at one hook: blocks are independent, in a block the first rule that holds decides. */
export function evaluate(hook: IrHook, policies: readonly IrPolicy[], event: HookEvent): Evaluation {
  invariant(event.values.length === hook.fields.length, "an event has one value for each field");
  const decisions: Decision[] = [];
  let firstRule = 0;
  for (const [index, block] of hook.blocks.entries()) {
    for (const [position, rule] of block.rules.entries()) {
      const because = reasonToDecide(rule, truthOf(rule.condition, hook, event));
      if (because !== undefined) {
        decisions.push({
          block: index,
          rule: firstRule + position,
          id: rule.id,
          verdict: rule.verdict,
          enforced: elementAt(policies, block.policy).mode === "enforce",
          because,
          post: rule.post,
        });
        break;
      }
    }
    firstRule += block.rules.length;
  }
  return { decisions, verdict: strictestVerdict(decisions), posts: decisions.filter(({ post }) => post) };
}

/** Every rule that was looked at to decide an event, with the outcome of each of its atoms. */
export function trailOf(hook: IrHook, event: HookEvent): readonly RuleTrail[] {
  const trail: RuleTrail[] = [];
  let firstRule = 0;
  for (const [index, block] of hook.blocks.entries()) {
    for (const [position, rule] of block.rules.entries()) {
      const outcome = truthOf(rule.condition, hook, event);
      const decided = reasonToDecide(rule, outcome) !== undefined;
      const atoms = atomsOf(rule.condition).map((atom) => ({
        atom,
        value: elementAt(event.values, atom.field),
        outcome: atomTruth(atom, hook, event),
      }));
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

/** The atoms of a condition, in the order in which they are written. */
export function atomsOf(condition: Bool): readonly Atom[] {
  switch (condition.kind) {
    case "constant":
      return [];
    case "and":
    case "or":
      return condition.operands.flatMap(atomsOf);
    case "not":
      return atomsOf(condition.operand);
    case "atom":
      return [condition];
    default:
      return unreachable(condition);
  }
}

/** What a condition is worth for an event: Kleene's strong logic, so an unknown that cannot matter does not. */
export function truthOf(condition: Bool, hook: IrHook, event: HookEvent): Truth {
  switch (condition.kind) {
    case "constant":
      return condition.value ? "true" : "false";
    case "and":
      return combine(condition.operands, "false", hook, event);
    case "or":
      return combine(condition.operands, "true", hook, event);
    case "not":
      return negate(truthOf(condition.operand, hook, event));
    case "atom":
      return atomTruth(condition, hook, event);
    default:
      return unreachable(condition);
  }
}

/** `and` is false as soon as one operand is, `or` is true as soon as one is: `decisive` is that value. */
function combine(
  operands: readonly Bool[],
  decisive: "true" | "false",
  hook: IrHook,
  event: HookEvent,
): Truth {
  let result: Truth = negate(decisive);
  for (const operand of operands) {
    const truth = truthOf(operand, hook, event);
    if (truth === decisive) {
      return decisive;
    }
    if (truth === "unknown") {
      result = "unknown";
    }
  }
  return result;
}

function negate(truth: Truth): Truth {
  switch (truth) {
    case "true":
      return "false";
    case "false":
      return "true";
    case "unknown":
      return "unknown";
    default:
      return unreachable(truth);
  }
}

function atomTruth(atom: Atom, hook: IrHook, event: HookEvent): Truth {
  const field = elementAt(hook.fields, atom.field);
  const value = elementAt(event.values, atom.field);
  switch (value.kind) {
    case "missing":
      return "false";
    case "unresolved":
      return "unknown";
    case "integer":
    case "text":
    case "address":
      invariant(value.kind === comparableKind(field), `value of ${field.name} is not of its type`);
      return testHolds(atom.test, field.type, value) ? "true" : "false";
    default:
      return unreachable(value);
  }
}

function comparableKind(field: Field): ComparableValue["kind"] {
  switch (field.type.kind) {
    case "integer":
      return "integer";
    case "path":
    case "string":
      return "text";
    case "address":
      return "address";
    default:
      return unreachable(field.type);
  }
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
