/**
 * What follows from a condition: enough to find rules that can't match or are never reached. Every "yes" is
 * certain; what can't be told within the budget is "no".
 */
import { type ProcessSource, isListPart } from "../kernel/hook.ts";
import type { Bool, Field } from "../ir/ir.ts";
import { testImplies, testsExclude } from "./test-relation.ts";

/** Pairs of nodes that one question may look at. */
const mostSteps = 2_000;

interface Question {
  readonly fields: readonly Field[];
  steps: number;
}

/** Whether `b` holds whenever `a` does. */
export function implies(a: Bool, b: Bool, fields: readonly Field[]): boolean {
  return follows(a, b, { fields, steps: 0 });
}

/** Whether `a` and `b` never hold together. */
export function excludes(a: Bool, b: Bool, fields: readonly Field[]): boolean {
  return neverBoth(a, b, { fields, steps: 0 });
}

/** Whether a condition never holds. */
export function isImpossible(condition: Bool, fields: readonly Field[]): boolean {
  return contradicts(condition, { fields, steps: 0 });
}

function follows(a: Bool, b: Bool, question: Question): boolean {
  question.steps += 1;
  if (question.steps > mostSteps) {
    return false;
  }
  if (a === b || isConstant(a, false) || isConstant(b, true)) {
    return true;
  }
  if (a.kind === "or") {
    return a.operands.every((operand) => follows(operand, b, question));
  }
  if (b.kind === "and") {
    return b.operands.every((operand) => follows(a, operand, question));
  }
  if (a.kind === "atom" && b.kind === "atom") {
    return a.field === b.field && testImplies(a.test, b.test, typeOf(a.field, question));
  }
  if (b.kind === "not" && neverBoth(a, b.operand, question)) {
    return true;
  }
  if (b.kind === "or" && b.operands.some((operand) => follows(a, operand, question))) {
    return true;
  }
  return a.kind === "and" && a.operands.some((operand) => follows(operand, b, question));
}

function neverBoth(a: Bool, b: Bool, question: Question): boolean {
  question.steps += 1;
  if (question.steps > mostSteps) {
    return false;
  }
  if (isConstant(a, false) || isConstant(b, false)) {
    return true;
  }
  if (a.kind === "or") {
    return a.operands.every((operand) => neverBoth(operand, b, question));
  }
  if (b.kind === "or") {
    return b.operands.every((operand) => neverBoth(a, operand, question));
  }
  if (a.kind === "and") {
    return a.operands.some((operand) => neverBoth(operand, b, question));
  }
  if (b.kind === "and") {
    return b.operands.some((operand) => neverBoth(a, operand, question));
  }
  if (a.kind === "not") {
    return b.kind !== "not" && follows(b, a.operand, question);
  }
  if (b.kind === "not") {
    return follows(a, b.operand, question);
  }
  return (
    a.kind === "atom" &&
    b.kind === "atom" &&
    a.field === b.field &&
    hasOneValue(a.field, question) &&
    testsExclude(a.test, b.test, typeOf(a.field, question))
  );
}

function contradicts(condition: Bool, question: Question): boolean {
  switch (condition.kind) {
    case "constant":
      return !condition.value;
    case "or":
      return condition.operands.every((operand) => contradicts(operand, question));
    case "and":
      return condition.operands.some(
        (operand, index) =>
          contradicts(operand, question) ||
          condition.operands.slice(index + 1).some((other) => neverBoth(operand, other, question)),
      );
    case "not":
    case "atom":
      return false;
  }
}

function isConstant(condition: Bool, value: boolean): boolean {
  return condition.kind === "constant" && condition.value === value;
}

/** Sources that give one value; of processes some do. */
const singleSources: ReadonlySet<string> = new Set([
  "argument",
  "argument-path",
  "argument-text",
  "file",
  "part",
  "sock",
  "result",
]);

function hasOneValue(field: number, { fields }: Question): boolean {
  const source = fields[field]?.source;
  return source?.kind === "process" ? isOne(source) : singleSources.has(source?.kind ?? "");
}

/** Two of all ancestors, or of all texts of a list, can pass two tests; a variable can be set twice. */
function isOne({ level, part, element }: ProcessSource): boolean {
  return level !== "any" && (!isListPart(part) || (part === "args" && element !== undefined));
}

function typeOf(field: number, { fields }: Question): Field["type"] {
  return fields[field]?.type ?? { kind: "path" };
}
