/** Building conditions: constants are folded, nested ands and ors are flat. */
import type { Atom, Bool } from "./ir.ts";

export const always: Bool = { kind: "constant", value: true };
export const never: Bool = { kind: "constant", value: false };

/** True when all operands are. */
export function and(operands: readonly Bool[]): Bool {
  return junction("and", operands);
}

/** True when any operand is. */
export function or(operands: readonly Bool[]): Bool {
  return junction("or", operands);
}

/** True when the operand is not. A missing value makes its atom false, so negation is never pushed into it. */
export function not(operand: Bool): Bool {
  switch (operand.kind) {
    case "constant":
      return { kind: "constant", value: !operand.value };
    case "not":
      return operand.operand;
    case "and":
    case "or":
    case "atom":
      return { kind: "not", operand };
  }
}

function junction(kind: "and" | "or", operands: readonly Bool[]): Bool {
  // The value that decides an `or` is true, that of an `and` is false.
  const decisive = kind === "or";
  const flat: Bool[] = [];
  for (const operand of operands) {
    if (operand.kind === "constant") {
      if (operand.value === decisive) {
        return operand;
      }
    } else if (operand.kind === kind) {
      flat.push(...operand.operands);
    } else {
      flat.push(operand);
    }
  }
  const [first] = flat;
  if (first === undefined) {
    return { kind: "constant", value: !decisive };
  }
  return flat.length === 1 ? first : { kind, operands: flat };
}

/** The same condition with every atom replaced. */
export function mapAtoms(condition: Bool, replace: (atom: Atom) => Atom): Bool {
  switch (condition.kind) {
    case "constant":
      return condition;
    case "and":
    case "or":
      return { ...condition, operands: condition.operands.map((operand) => mapAtoms(operand, replace)) };
    case "not":
      return { ...condition, operand: mapAtoms(condition.operand, replace) };
    case "atom":
      return replace(condition);
  }
}

/** Every atom of a condition, in order. */
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
  }
}
