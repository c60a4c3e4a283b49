/**
 * What is kept of each process: for each table of the exec stage the class of the process's value, and for each
 * comparison that is asked of ancestors or of a list a bit. Hooks turn the class into a vector: one step, however many rules ask.
 */
import { type ExecTest, type KeptField, execStageOf, execTestKey } from "../ir/exec-stage.ts";
import type { Atom, Ir } from "../ir/ir.ts";
import { isListPart, isProgramPart } from "../kernel/hook.ts";
import { textPlace } from "../ir/matching.ts";
import { type HookBits, type LiteralBit, allBits, onlyAtoms, useOfField, wordsOf } from "./bits.ts";
import { type CompareMatcher, type Matcher, type OwnMatcher, base, isEmpty, ownMatchers } from "./matcher.ts";

/** The exec stage of a compilation. */
export interface ExecPlan {
  readonly fields: readonly KeptField[];
  /** A bit for each comparison, in the order of their first use. */
  readonly bits: HookBits;
  readonly tables: readonly ExecTable[];
  /** Comparisons whose outcome is a bit: those that are asked of ancestors, and of lists. */
  readonly lineage: readonly LineageBit[];
  /** 64-bit words of the lineage. */
  readonly words: number;
  /** By `execTestKey`. */
  readonly tests: ReadonlyMap<string, PlannedTest>;
}

/** Compares a value of a process. */
export interface ExecTable {
  readonly matcher: OwnMatcher;
  /** Where an entry has the value's class; undefined: none is kept. */
  readonly slot: ExecSlot | undefined;
}

/** A place for a class in the entry of a process. */
export interface ExecSlot {
  readonly index: number;
  /** Classes of values; the two that follow are of no value, and of one that could not be read whole. */
  readonly classes: number;
  /** The comparisons that the class tells the outcome of, as bits of the plan. */
  readonly tests: bigint;
  /** For each class, those that hold. */
  readonly holding: readonly bigint[];
}

export interface LineageBit {
  readonly bit: number;
  /** The bit of the comparison in the plan. */
  readonly test: number;
  /** Whether it changes when the process executes another program. */
  readonly ofProgram: boolean;
}

export interface PlannedTest extends ExecTest {
  /** Its bit in the plan. */
  readonly bit: number;
  readonly lineage: LineageBit | undefined;
}

/** Plans the exec stage; undefined when no rule asks for it. */
export function planExecStage(ir: Ir): ExecPlan | undefined {
  const stage = execStageOf(ir);
  if (stage === undefined) {
    return undefined;
  }
  const { fields } = stage;
  const tests = new Map<string, PlannedTest>();
  const lineage: LineageBit[] = [];
  for (const [key, test] of stage.tests) {
    const bit = tests.size;
    const ofProgram = isProgramPart(fields[test.atom.field]?.source.part ?? "pid");
    // Of a list there is no class: any of its texts can pass any test.
    const isBit = test.ofAncestors || test.ofList;
    const handedDown = isBit ? { bit: lineage.length, test: bit, ofProgram } : undefined;
    lineage.push(...(handedDown === undefined ? [] : [handedDown]));
    tests.set(key, { ...test, bit, lineage: handedDown });
  }
  const bits = bitsOfTests([...tests.values()].map(({ atom }) => atom));
  let slots = 0;
  const matchers = [...presenceMatchers(fields, bits), ...ownMatchers(fields, bits)];
  const tables = matchers.map((matcher): ExecTable => {
    const part = fields[matcher.field]?.source.part ?? "pid";
    const hasClass = isProgramPart(part) && !isListPart(part);
    return { matcher, slot: hasClass ? slotOf(matcher, slots++) : undefined };
  });
  return { fields, bits, tables, lineage, words: Math.ceil(lineage.length / 64), tests };
}

/** Whether there is a text at all: at a hook that is asked with the text, an entry has only what is noted in it. */
function presenceMatchers(fields: readonly KeptField[], bits: HookBits): readonly OwnMatcher[] {
  return fields.flatMap(({ type }, field) => {
    const use = onlyAtoms(
      useOfField(bits, field),
      ({ test }) => type.kind !== "integer" && textPlace(test) === "presence",
    );
    const why = "whether there is any";
    return isEmpty(use)
      ? []
      : [{ kind: "presence" as const, ...base(field, use, why), vector: allBits(bits) }];
  });
}

/** Every comparison is a literal of its own. */
function bitsOfTests(atoms: readonly Atom[]): HookBits {
  const literals = atoms.map((atom, bit): LiteralBit => ({
    kind: "literal",
    atom,
    negated: false,
    bit,
    rule: 0,
    onUnresolved: "match",
  }));
  return { rules: [], literals, words: Math.max(1, Math.ceil(literals.length / 64)) };
}

function slotOf(matcher: Matcher, index: number): ExecSlot {
  const own = matcher.use.literals.reduce((mask, { bit }) => mask | (1n << BigInt(bit)), 0n);
  // Every text that is there passes what only asks for one.
  const vectors = "vectors" in matcher ? matcher.vectors : [own];
  return { index, classes: vectors.length, tests: own, holding: vectors.map((vector) => vector & own) };
}

/** The words of the lineage in which comparisons of the plan, given as bits, are handed down. */
export function lineageWords({ lineage, words }: ExecPlan, holding: bigint): readonly bigint[] {
  const vector = lineage.reduce(
    (sum, { bit, test }) => (((holding >> BigInt(test)) & 1n) === 1n ? sum | (1n << BigInt(bit)) : sum),
    0n,
  );
  return wordsOf(vector, words);
}

/** The comparison of the plan that an atom of a hook is. */
export function plannedTest(plan: ExecPlan, field: KeptField, atom: Atom): PlannedTest | undefined {
  return plan.tests.get(execTestKey(field.source, atom));
}

/** Whether the lineage bits of a table are set one by one. */
export function isCompared(matcher: OwnMatcher): matcher is CompareMatcher {
  return matcher.kind === "compare";
}
