/** The parts of a hook's programs that cost instructions, counted. The estimate weighs each of them. */
import { atomsOf } from "../bool.ts";
import { isKept } from "../exec-stage.ts";
import type { Atom, Field, IrHook, IrRule } from "../ir.ts";
import { testKey } from "../test-key.ts";
import { endsOf } from "./path-end-words.ts";
import { type FieldTable, sideOf } from "./tables.ts";
import { isWide, residueSize, wordsOf } from "./words.ts";

/** Everything that is counted. */
export const parts = [
  // The program itself: 1.
  "program",
  // Whether it is one of those for 5.10, which have loops where newer ones call bpf_loop: 1 or 0.
  "old",
  // Whether it refuses before another hook is reached: 1 or 0.
  "guard",
  // Socket arguments whose parts are read.
  "sockets",
  // Path arguments that are resolved.
  "pathReads",
  // Paths that rules compare, so that they are resolved before anything is decided.
  "pathFields",
  // Values that event records carry.
  "captures",
  // Those of them that are kernel objects of many parts, such as credentials.
  "objects",
  // Rules that it decides.
  "rules",
  // 64-bit words of its vectors, where they lie on the stack.
  "words",
  // Whether its vectors lie in memory: 1 or 0.
  "wide",
  // 64-bit words of its vectors, where they lie in memory.
  "wideWords",
  // Tables that it looks into.
  "lookups",
  // Words that are read from tables, where vectors lie on the stack.
  "lookupWords",
  // Ends of components that are compared one after the other before a path is resolved.
  "pathEnds",
  // Where they are more: tables of them, each looked into once.
  "pathEndTables",
  // Values of integers and networks that are compared in place; a range has two.
  "comparisons",
  // Rules whose condition has a residue.
  "residues",
  // Comparisons of residues.
  "residueAtoms",
  // Rules that are put into force one after the other, without a loop.
  "unrolledRules",
  // Rules of programs for 5.10 that are put into force by a call for each.
  "calledRules",
  // Words on the stack with so many rules that the verifier follows a loop over them.
  "loopWords",
  // The same, of hooks whose rules compare paths.
  "pathLoopWords",
] as const;

export type Part = (typeof parts)[number];

/** How often each part occurs in a program. */
export type Shape = Readonly<Record<Part, number>>;

/** What all programs of a hook have in common. */
export type HookShape = Omit<Shape, "guard" | "old" | "calledRules">;

/** The shape of one program of a hook. */
export function programShape(shape: HookShape, program: { guard: boolean; old: boolean }): Shape {
  const { rules, wide, unrolledRules } = shape;
  return {
    ...shape,
    guard: program.guard ? 1 : 0,
    old: program.old ? 1 : 0,
    // A wide vector's words share one function.
    calledRules: program.old && unrolledRules < rules ? (wide ? 64 : rules) : 0,
  };
}

export interface RuleShape {
  readonly rule: IrRule;
  readonly comparisons: number;
  readonly residues: number;
  readonly residueAtoms: number;
}

/** Rules of a word up to which the verifier follows them one by one. */
const FOLLOWED_RULES = 3;

/** Ends of components up to which each is compared in place, and up to which they are in a table of their own. */
const COMPARED_ENDS = 4;
const TABLED_ENDS = 64;

/** Counts the parts of a hook's programs, and what each rule adds to them. */
export function shapeOf(
  hook: IrHook,
  tables: readonly FieldTable[],
): { readonly shape: HookShape; readonly rules: readonly RuleShape[] } {
  const inTable = new Set(tables.map(({ field, side }) => `${field} ${side}`));
  const known = new Set<string>();
  const isKeptField = (index: number): boolean => {
    const field = hook.fields[index];
    return field !== undefined && isKept(field);
  };
  const rules = hook.blocks
    .flatMap((block) => block.rules)
    .map((rule) =>
      ruleShape(
        rule,
        known,
        ({ field, test }) => inTable.has(`${field} ${sideOf(test) ?? ""}`) || isKeptField(field),
      ),
    );
  const sum = (part: Exclude<keyof RuleShape, "rule">): number =>
    rules.reduce((total, rule) => total + rule[part], 0);
  const words = wordsOf(hook);
  const wide = isWide(words);
  const loopWords = !wide && rules.length > FOLLOWED_RULES ? Math.ceil(rules.length / 64) : 0;
  const isPath = (field: Field): boolean => field.type.kind === "path" && !isKept(field);
  const pathFields = hook.fields.filter(isPath).length;
  const ends = hook.fields.flatMap((field, index) =>
    field.source.kind === "argument-path" ? endsOf(hook, index) : [],
  );
  const lookups =
    tables.length + ends.filter((count) => count > TABLED_ENDS).length + hook.fields.filter(isKept).length;
  return {
    shape: {
      program: 1,
      sockets: argumentsOf(hook, ["sock"]),
      pathReads: argumentsOf(hook, ["file", "path"]),
      pathFields,
      captures: hook.captures.length,
      objects: hook.captures.filter(({ type }) => type.kind === "object").length,
      rules: rules.length,
      words: wide ? 0 : words,
      wide: wide ? 1 : 0,
      wideWords: wide ? words : 0,
      lookups,
      lookupWords: wide ? 0 : lookups * words,
      pathEnds: ends.reduce((total, count) => total + (count > COMPARED_ENDS ? 0 : count), 0),
      pathEndTables: ends.filter((count) => count > COMPARED_ENDS && count <= TABLED_ENDS).length,
      comparisons: sum("comparisons"),
      residues: sum("residues"),
      residueAtoms: sum("residueAtoms"),
      unrolledRules: rules.length > FOLLOWED_RULES ? 0 : rules.length,
      loopWords,
      pathLoopWords: pathFields > 0 ? loopWords : 0,
    },
    rules,
  };
}

/** Arguments of some types that the hook reads or reports. */
function argumentsOf(hook: IrHook, kinds: readonly string[]): number {
  const used = [
    ...hook.captures.map(({ argument }) => argument),
    ...hook.fields.flatMap(({ source }) => ("argument" in source ? [source.argument] : [])),
  ];
  return [...new Set(used)].filter((argument) => {
    const fact = hook.fact.arguments[argument];
    return fact !== undefined && kinds.includes(fact.type.kind);
  }).length;
}

/** Equal tests are made once: `known` has those of the rules before. What is in a table is not compared. */
function ruleShape(rule: IrRule, known: Set<string>, isInTable: (atom: Atom) => boolean): RuleShape {
  const fresh = atomsOf(rule.condition).filter((atom) => {
    const key = isInTable(atom) ? undefined : `${atom.field} ${testKey(atom.test)}`;
    const isNew = key !== undefined && !known.has(key);
    known.add(key ?? "");
    return isNew;
  });
  const residueAtoms = residueSize(rule);
  return {
    rule,
    comparisons: fresh.reduce((sum, atom) => sum + comparisonCount(atom), 0),
    residues: residueAtoms > 0 ? 1 : 0,
    residueAtoms,
  };
}

function comparisonCount({ test }: Atom): number {
  switch (test.kind) {
    case "ranges":
      return test.ranges.reduce((sum, { low, high }) => sum + (low === high ? 1 : 2), 0);
    case "bits":
      return test.masks.length;
    case "networks":
      return test.networks.length;
    case "text":
    case "glob":
      return 0;
  }
}
