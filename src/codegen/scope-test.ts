/** Conditions on workloads as data: the runtime evaluates them, where workloads are known. */
import type { Atom, Bool, Field, GlobPart } from "../ir/ir.ts";
import { elementAt, invariant } from "../source/invariant.ts";
import type { ScopeGlobPart, ScopeTest } from "../../runtime/manifest.ts";

/** A condition as the manifest has it. */
export function scopeTest(condition: Bool, fields: readonly Field[]): ScopeTest {
  switch (condition.kind) {
    case "constant":
      return { kind: condition.value ? "and" : "or", operands: [] };
    case "and":
    case "or":
      return {
        kind: condition.kind,
        operands: condition.operands.map((operand) => scopeTest(operand, fields)),
      };
    case "not":
      return { kind: "not", operand: scopeTest(condition.operand, fields) };
    case "atom":
      return atomTest(condition, elementAt(fields, condition.field));
  }
}

function atomTest({ test }: Atom, { source, name }: Field): ScopeTest {
  invariant(source.kind === "workload", `${name} is no field of workloads`);
  const field = { field: source.part, ...(source.key === undefined ? {} : { key: source.key }) };
  switch (test.kind) {
    case "text":
      return { kind: "texts", ...field, match: test.match, values: test.values.map(({ text }) => text) };
    case "glob":
      return {
        kind: "globs",
        ...field,
        ignoreCase: test.ignoreCase,
        globs: test.globs.map(({ parts }) => parts.map(globPart)),
      };
    case "ranges":
      return {
        kind: "truth",
        ...field,
        values: truths((value) => test.ranges.some(({ low, high }) => low <= value && value <= high)),
      };
    case "bits":
      return {
        kind: "truth",
        ...field,
        values: truths((value) =>
          test.masks.some((mask) => (test.every ? (value & mask) === mask : (value & mask) !== 0n)),
        ),
      };
    case "networks":
      throw new Error(`policyc bug: ${name} is no address`);
  }
}

function truths(holds: (value: bigint) => boolean): readonly boolean[] {
  return [false, true].filter((value) => holds(value ? 1n : 0n));
}

function globPart(part: GlobPart): ScopeGlobPart {
  return part.kind === "choice"
    ? { kind: "choice", alternatives: part.alternatives.map((parts) => parts.map(globPart)) }
    : part;
}
