/** Rules for certain workloads only: conditions of the scope stage in random hooks, and the rows of bits of events. */
import fc from "fast-check";
import { partsOf } from "../../src/codegen/parts.ts";
import { scopePlan } from "../../src/codegen/scope-code.ts";
import type { FieldValue, HookEvent } from "../../src/ir/evaluate.ts";
import type { Bool, Field, IrHook, IrRule, IrScope } from "../../src/ir/ir.ts";
import { elementAt, invariant } from "../../src/source/invariant.ts";
import type { Span } from "../../src/source/source.ts";
import type { ManifestScope } from "../../runtime/manifest.ts";
import { rowOfTruths } from "../../runtime/workloads/rows.ts";
import { irOf } from "./hooks.ts";

const MOST_CONDITIONS = 5;

/** Adds atoms of the scope stage to random rules, as lowering does: never under a negation. */
export function withScopes(
  rules: readonly IrRule[],
  fields: readonly Field[],
): fc.Arbitrary<{
  readonly rules: readonly IrRule[];
  readonly fields: readonly Field[];
}> {
  const picks = fc.array(fc.tuple(fc.nat(MOST_CONDITIONS - 1), fc.constantFrom("and", "or", "none")), {
    minLength: rules.length,
    maxLength: rules.length,
    size: "max",
  });
  return fc.tuple(fc.nat(MOST_CONDITIONS), picks).map(([conditions, chosen]) => ({
    rules:
      conditions === 0
        ? rules
        : rules.map((rule, index) => scoped(rule, elementAt(chosen, index), conditions, fields.length)),
    fields: [...fields, ...Array.from({ length: conditions }, (_, condition) => scopeField(condition))],
  }));
}

function scopeField(condition: number): Field {
  return {
    name: `scope ${condition}`,
    type: { kind: "integer", bits: 8, signed: false },
    source: { kind: "scope", condition },
  };
}

function scoped(
  rule: IrRule,
  [pick, join]: readonly [number, string],
  conditions: number,
  firstField: number,
): IrRule {
  const test = { kind: "ranges", ranges: [{ low: 1n, high: 1n }] } as const;
  const atom: Bool = { kind: "atom", field: firstField + (pick % conditions), test, span: rule.span };
  return join === "and" || join === "or"
    ? { ...rule, condition: { kind: join, operands: [atom, rule.condition] } }
    : rule;
}

/** The scope stage of a random hook: what its conditions ask does not matter, their outcome comes with the event. */
export function scopeOf(hook: IrHook, span: Span): IrScope {
  const conditions = hook.fields.filter(({ source }) => source.kind === "scope").length;
  return {
    fields: [],
    conditions: Array.from({ length: conditions }, () => ({
      condition: { kind: "constant", value: true },
      span,
    })),
  };
}

/** What a condition is worth: it holds, it doesn't, or nobody knows. */
export function scopeValue(lot: number): FieldValue {
  return lot < 90 ? { kind: "integer", value: lot % 2 === 0 ? 1n : 0n } : { kind: "unresolved" };
}

/** The words of a hook's row; undefined when no rule asks for the workload. */
export function scopePlanOf(hook: IrHook): ManifestScope | undefined {
  const ir = irOf({ policies: [], hook });
  return scopePlan(ir, partsOf(ir).hooks);
}

/** The row of an event's workload, as the runtime makes it. */
export function rowOfEvent(plan: ManifestScope, hook: IrHook, event: HookEvent): Buffer {
  const truths = hook.fields.flatMap(({ source }, index) => {
    if (source.kind !== "scope") {
      return [];
    }
    const value = elementAt(event.values, index);
    invariant(
      value.kind === "integer" || value.kind === "unresolved",
      "a condition holds, or not, or is unknown",
    );
    return [value.kind === "unresolved" ? "unknown" : value.value === 1n ? "true" : "false"] as const;
  });
  return rowOfTruths(plan, truths, "guard");
}
