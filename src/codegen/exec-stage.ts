/**
 * What is kept of each process: for each table of the exec stage the class of the process's value, and for each
 * comparison that is asked of ancestors a bit. Hooks turn the class into a vector: one step, however many rules ask.
 */
import { type ExecTest, type KeptField, execStageOf, execTestKey } from "../ir/exec-stage.ts";
import type { Atom, Ir } from "../ir/ir.ts";
import { isTextPart } from "../kernel/hook.ts";
import { type HookBits, type LiteralBit, wordsOf } from "./bits.ts";
import { type CompareMatcher, type Matcher, type OwnMatcher, ownMatchers } from "./matcher.ts";

/** The exec stage of a compilation. */
export interface ExecPlan {
  readonly fields: readonly KeptField[];
  /** A bit for each comparison, in the order of their first use. */
  readonly bits: HookBits;
  readonly tables: readonly ExecTable[];
  /** Comparisons that are asked of ancestors: what their outcome is handed down in. */
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
    const ofProgram = isTextPart(fields[test.atom.field]?.source.part ?? "pid");
    const handedDown = test.ofAncestors ? { bit: lineage.length, test: bit, ofProgram } : undefined;
    lineage.push(...(handedDown === undefined ? [] : [handedDown]));
    tests.set(key, { ...test, bit, lineage: handedDown });
  }
  const bits = bitsOfTests([...tests.values()].map(({ atom }) => atom));
  let slots = 0;
  const tables = ownMatchers(fields, bits).map((matcher): ExecTable => {
    const isText = isTextPart(fields[matcher.field]?.source.part ?? "pid");
    return { matcher, slot: isText ? slotOf(matcher, slots++) : undefined };
  });
  return { fields, bits, tables, lineage, words: Math.ceil(lineage.length / 64), tests };
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
  return plan.tests.get(execTestKey(field.source.part, atom));
}

/** Whether the lineage bits of a table are set one by one. */
export function isCompared(matcher: OwnMatcher): matcher is CompareMatcher {
  return matcher.kind === "compare";
}
