/**
 * Whether a condition holds for an event, and because of which of its atoms: Kleene's three-valued logic, so that a
 * value that could not be read makes only those conditions unknown that depend on it.
 */
import { elementAt, invariant, unreachable } from "../source/invariant.ts";
import type { Atom, Bool, Field, IrHook } from "./ir.ts";
import { type ComparableValue, testHolds } from "./test-holds.ts";

/** What a field holds when the hook fires. */
export type FieldValue =
  | ComparableValue
  /** The operation has no such value: a pipe's path, the address of a UNIX socket. */
  | { readonly kind: "missing" }
  /** There is a value, but it could not be read whole: a path over 4096 bytes. */
  | { readonly kind: "unresolved" }
  /** One value of each of several things: a comparison holds when it holds for any of them. */
  | { readonly kind: "several"; readonly values: readonly FieldValue[] };

/** One value for each of `IrHook.fields`, in their order. */
export interface HookEvent {
  readonly values: readonly FieldValue[];
}

/** What gives the numbers of atoms' fields their meaning: a hook, or the scope stage. */
type Compared = Pick<IrHook, "fields">;

/** Three-valued: an atom on an unresolved value is `unknown`. */
export type Truth = "true" | "false" | "unknown";

/** What became of one atom. */
export interface AtomTrail {
  readonly atom: Atom;
  readonly value: FieldValue;
  readonly outcome: Truth;
  /**
   * Whether the condition's outcome rests on this one. Whatever the other atoms were, those that are decisive
   * together make it true or false; of an unknown condition, they are the ones that are unknown.
   */
  readonly decisive: boolean;
}

/** What a condition is worth for an event, and why. */
export interface ConditionTrail {
  readonly outcome: Truth;
  /** All atoms of the condition as it is written, whether or not their outcome mattered. */
  readonly atoms: readonly AtomTrail[];
}

/** What a condition is worth for an event: Kleene's strong logic, so an unknown that cannot matter does not. */
export function truthOf(condition: Bool, hook: Compared, event: HookEvent): Truth {
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
  hook: Compared,
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

/** As `truthOf`, with every atom's part in it. */
export function conditionTrail(condition: Bool, hook: Compared, event: HookEvent): ConditionTrail {
  switch (condition.kind) {
    case "constant":
      return { outcome: truthOf(condition, hook, event), atoms: [] };
    case "and":
      return combinedTrail(condition.operands, "false", hook, event);
    case "or":
      return combinedTrail(condition.operands, "true", hook, event);
    case "not": {
      const { outcome, atoms } = conditionTrail(condition.operand, hook, event);
      return { outcome: negate(outcome), atoms };
    }
    case "atom": {
      const outcome = atomTruth(condition, hook, event);
      const value = elementAt(event.values, condition.field);
      return { outcome, atoms: [{ atom: condition, value, outcome, decisive: true }] };
    }
    default:
      return unreachable(condition);
  }
}

/** One decisive operand is enough, the first; without any, the outcome rests on all that share it. */
function combinedTrail(
  operands: readonly Bool[],
  decisive: "true" | "false",
  hook: Compared,
  event: HookEvent,
): ConditionTrail {
  const trails = operands.map((operand) => conditionTrail(operand, hook, event));
  const outcome = combine(operands, decisive, hook, event);
  const first = trails.find((trail) => trail.outcome === outcome);
  const atoms = trails.flatMap((trail) => {
    const counts = outcome === decisive ? trail === first : trail.outcome === outcome;
    return counts ? trail.atoms : trail.atoms.map((atom) => ({ ...atom, decisive: false }));
  });
  return { outcome, atoms };
}

function atomTruth(atom: Atom, hook: Compared, event: HookEvent): Truth {
  return valueTruth(atom, elementAt(hook.fields, atom.field), elementAt(event.values, atom.field));
}

function valueTruth(atom: Atom, field: Field, value: FieldValue): Truth {
  switch (value.kind) {
    case "missing":
      return "false";
    case "unresolved":
      return "unknown";
    case "several": {
      const truths = value.values.map((each) => valueTruth(atom, field, each));
      return (
        truths.find((truth) => truth === "true") ?? truths.find((truth) => truth === "unknown") ?? "false"
      );
    }
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
