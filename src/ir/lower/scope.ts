/**
 * The scope stage: parts of conditions that ask only for the workload become conditions of their own, which are
 * decided once for each workload and not for each event.
 */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Condition, Scope } from "../../parser/policy/tree.ts";
import { elementAt } from "../../source/invariant.ts";
import type { Span } from "../../source/source.ts";
import type { Atom, Bool, IrScope, IrScopeCondition } from "../ir.ts";
import { always, and, atomsOf, mapAtoms, not, or } from "../bool.ts";
import { type FieldRegistry, lowerWorkloadComparison, registerScope } from "./condition.ts";

/** The conditions of the scope stage so far; equal ones are one. */
export interface ScopeTable {
  /** The fields of workloads that they compare. */
  readonly registry: FieldRegistry;
  readonly conditions: IrScopeCondition[];
  /** Index of each condition, by its text without spans. */
  readonly known: Map<string, number>;
}

/** A table without conditions. */
export function createScopeTable(): ScopeTable {
  return { registry: { entries: [] }, conditions: [], known: new Map() };
}

/** The table as the IR has it. */
export function finishScope({ registry, conditions }: ScopeTable): IrScope {
  return { fields: registry.entries.map(({ field }) => field), conditions };
}

/** The condition of the workloads that a policy applies to, in the table; undefined: everything. */
export function lowerScope(scope: Scope, table: ScopeTable, findings: Diagnostic[]): number | undefined {
  const inContainer = (span: Span): Bool =>
    lowerWorkloadComparison(containerExists(span), table.registry, findings);
  switch (scope.kind) {
    case "everything":
      return undefined;
    case "host":
      return internIn(table, not(inContainer(scope.span)), scope.span);
    case "containers": {
      const { condition, withHost, span } = scope;
      const wanted = and([inContainer(span), lowerNarrowing(condition, table.registry, findings)]);
      const all = withHost ? or([not(inContainer(span)), wanted]) : wanted;
      return withHost && condition === undefined ? undefined : internIn(table, all, span);
    }
  }
}

function containerExists(span: Span): Parameters<typeof lowerWorkloadComparison>[0] {
  return {
    kind: "comparison",
    field: { kind: "field", segments: ["container"], span },
    operator: "exists",
    operatorSpan: span,
    values: [],
    ignoreCase: false,
    span,
  };
}

/** A condition in which only workloads are known. */
function lowerNarrowing(
  condition: Condition | undefined,
  registry: FieldRegistry,
  findings: Diagnostic[],
): Bool {
  const lower = (operand: Condition): Bool => lowerNarrowing(operand, registry, findings);
  switch (condition?.kind) {
    case undefined:
      return always;
    case "and":
      return and(condition.operands.map(lower));
    case "or":
      return or(condition.operands.map(lower));
    case "not":
      return not(lower(condition.operand));
    case "comparison":
      return lowerWorkloadComparison(condition, registry, findings);
  }
}

/** The atom of a hook's rules that holds where a condition of the table does. */
export function scopeAtom(index: number, table: ScopeTable, registry: FieldRegistry): Atom {
  const { span } = elementAt(table.conditions, index);
  const test = { kind: "ranges", ranges: [{ low: 1n, high: 1n }] } as const;
  return { kind: "atom", field: registerScope(registry, index), test, span };
}

/**
 * The condition with the largest parts that ask only for the workload put into the table. Where such a part
 * stands beside another under a negation, the negation is moved inwards.
 */
export function extractScopes(condition: Bool, registry: FieldRegistry, table: ScopeTable): Bool {
  const extract = (part: Bool): Bool => {
    switch (stageOf(part, registry)) {
      case "event":
        return part;
      case "scope":
        return scopeAtom(intern(part, registry, table), table, registry);
      case "mixed":
        return extractMixed(part, extract, (operand) => stageOf(operand, registry) === "scope");
    }
  };
  return extract(condition);
}

function extractMixed(part: Bool, extract: (part: Bool) => Bool, isScope: (part: Bool) => boolean): Bool {
  switch (part.kind) {
    case "and":
    case "or": {
      const join = part.kind === "and" ? and : or;
      const scopes = part.operands.filter(isScope);
      const others = part.operands.filter((operand) => !isScope(operand));
      return join([...(scopes.length === 0 ? [] : [extract(join(scopes))]), ...others.map(extract)]);
    }
    case "not":
      return extract(negated(part.operand));
    case "atom":
    case "constant":
      return part;
  }
}

/** The negation of a condition, one step further in. */
function negated(condition: Bool): Bool {
  switch (condition.kind) {
    case "and":
      return or(condition.operands.map(not));
    case "or":
      return and(condition.operands.map(not));
    case "not":
    case "atom":
    case "constant":
      return not(condition);
  }
}

/** What a condition asks for: only workloads, no workload, or both. */
function stageOf(condition: Bool, registry: FieldRegistry): "scope" | "event" | "mixed" {
  const kinds = atomsOf(condition).map(({ field }) => elementAt(registry.entries, field).field.source.kind);
  const workloads = kinds.filter((kind) => kind === "workload").length;
  return workloads === 0 ? "event" : workloads === kinds.length ? "scope" : "mixed";
}

function intern(condition: Bool, registry: FieldRegistry, table: ScopeTable): number {
  const moved = mapAtoms(condition, (atom) => {
    const entry = elementAt(registry.entries, atom.field);
    return { ...atom, field: placeOf(entry, table.registry) };
  });
  return internIn(table, moved, elementAt(atomsOf(condition), 0).span);
}

function placeOf(entry: FieldRegistry["entries"][number], { entries }: FieldRegistry): number {
  const key = JSON.stringify(entry.field.source);
  const known = entries.findIndex(({ field }) => JSON.stringify(field.source) === key);
  return known === -1 ? entries.push(entry) - 1 : known;
}

function internIn(table: ScopeTable, condition: Bool, span: Span): number {
  const key = JSON.stringify(condition, (name, value: unknown) =>
    name === "span" ? undefined : typeof value === "bigint" ? value.toString() : value,
  );
  const known = table.known.get(key);
  if (known !== undefined) {
    return known;
  }
  table.known.set(key, table.conditions.length);
  return table.conditions.push({ condition, span }) - 1;
}
