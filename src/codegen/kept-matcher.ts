/** Matchers of a hook that take what the exec stage has kept of processes. */
import type { Atom, IrHook } from "../ir/ir.ts";
import { type KeptField, isKept } from "../ir/exec-stage.ts";
import { isListPart } from "../kernel/hook.ts";
import { invariant } from "../source/invariant.ts";
import {
  type FieldUse,
  type HookBits,
  allBits,
  atomsOfUse,
  onlyAtoms,
  useOfField,
  vectorsOf,
} from "./bits.ts";
import { type ExecPlan, type ExecSlot, plannedTest } from "./exec-stage.ts";
import {
  type KeptMatcher,
  type LineageMatcher,
  type Matcher,
  type ProcessClassMatcher,
  base,
  isEmpty,
  ownMatchers,
} from "./matcher.ts";

/** The matchers of every field of a hook, cheapest field first. */
export function matchersOf(hook: IrHook, bits: HookBits, plan: ExecPlan | undefined): readonly Matcher[] {
  const own = ownMatchers(hook.fields, bits).filter(({ field }) => {
    const known = hook.fields[field];
    return known !== undefined && !isKept(known);
  });
  const kept = hook.fields.flatMap((field, index) =>
    plan !== undefined && isKept(field) ? keptMatchers(plan, bits, field, index) : [],
  );
  return [...own, ...kept];
}

function keptMatchers(
  plan: ExecPlan,
  bits: HookBits,
  field: KeptField,
  index: number,
): readonly KeptMatcher[] {
  const use = useOfField(bits, index);
  const { level, part } = field.source;
  return level === "any" || isListPart(part)
    ? atomsByTest(plan, field, use).map(([bit, atoms]) =>
        lineageMatcher(bits, use, { field: index, level, bit }, atoms),
      )
    : plan.tables.flatMap(({ slot }) =>
        slot === undefined ? [] : classMatcher(plan, bits, field, index, level, slot),
      );
}

/** Atoms that ask the same, by their bit in the lineage. */
function atomsByTest(
  plan: ExecPlan,
  field: KeptField,
  use: FieldUse,
): readonly (readonly [number, readonly Atom[]])[] {
  const found = new Map<number, Atom[]>();
  for (const atom of atomsOfUse(use)) {
    const lineage = plannedTest(plan, field, atom)?.lineage;
    invariant(lineage !== undefined, "what is asked of ancestors or lists has a bit");
    found.set(lineage.bit, [...(found.get(lineage.bit) ?? []), atom]);
  }
  return [...found];
}

function lineageMatcher(
  bits: HookBits,
  use: FieldUse,
  { field, level, bit }: Pick<LineageMatcher, "field" | "level" | "bit">,
  atoms: readonly Atom[],
): LineageMatcher {
  const own = onlyAtoms(use, (atom) => atoms.includes(atom));
  const vectorOf = vectorsOf(bits, own);
  const what = level === "any" ? "handed down when a process forks" : "kept since it was executed";
  return {
    kind: "lineage",
    ...base(field, own, `a bit that is ${what}`),
    suffix: `lineage${field}_${bit}`,
    vectors: [vectorOf(new Set()), vectorOf(new Set(atoms)), unresolvedVector(bits, own)],
    level,
    bit,
  };
}

function classMatcher(
  plan: ExecPlan,
  bits: HookBits,
  field: KeptField,
  index: number,
  level: number,
  slot: ExecSlot,
): readonly ProcessClassMatcher[] {
  const bitOf = (atom: Atom): bigint => {
    const test = plannedTest(plan, field, atom);
    invariant(test !== undefined, "the exec stage knows every test of a process");
    return 1n << BigInt(test.bit);
  };
  const own = onlyAtoms(useOfField(bits, index), (atom) => (bitOf(atom) & slot.tests) !== 0n);
  if (isEmpty(own)) {
    return [];
  }
  const vectorOf = vectorsOf(bits, own);
  const atoms = atomsOfUse(own).map((atom) => ({ atom, bit: bitOf(atom) }));
  const holding = slot.holding.map(
    (mask) => new Set(atoms.filter(({ bit }) => (bit & mask) !== 0n).map(({ atom }) => atom)),
  );
  return [
    {
      kind: "process-class",
      ...base(index, own, `one of ${slot.classes} classes, kept since it was executed`),
      suffix: `process${level}_slot${slot.index}`,
      vectors: [...holding.map(vectorOf), vectorOf(new Set()), unresolvedVector(bits, own)],
      level,
      slot: slot.index,
    },
  ];
}

/** What stays of a value that could not be read whole: the outcome that each rule states. */
export function unresolvedVector(bits: HookBits, use: FieldUse): bigint {
  const dropped = [
    ...use.guards.filter(({ bit }) => bits.rules[bit]?.rule.onUnresolved === "no-match"),
    ...use.literals.filter(({ onUnresolved }) => onUnresolved === "no-match"),
  ];
  return dropped.reduce((vector, { bit }) => vector & ~(1n << BigInt(bit)), allBits(bits));
}
