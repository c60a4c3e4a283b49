/** What an IR will cost, estimated before any code exists. */
import { atomsOf } from "../lower/bool.ts";
import type { Atom, Ir, IrHook, IrRule } from "../ir.ts";

export interface HookBudget {
  readonly hook: string;
  readonly rules: number;
  /** Values of all tests, by field. */
  readonly valuesByField: readonly number[];
  /** Instructions that the verifier walks for one program of the hook. */
  readonly instructions: number;
}

export interface Budget {
  readonly rules: number;
  readonly hooks: readonly HookBudget[];
}

/** How many values a test lists. */
export function valueCount({ test }: Atom): number {
  switch (test.kind) {
    case "ranges":
      return test.ranges.length;
    case "bits":
      return test.masks.length;
    case "text":
      return test.values.length;
    case "glob":
      return test.globs.length;
    case "networks":
      return test.networks.length;
  }
}

/** Every rule of a hook, in order. */
export function rulesOf(hook: IrHook): readonly IrRule[] {
  return hook.blocks.flatMap((block) => block.rules);
}

const instructionsPerProgram = 400;
const instructionsPerRule = 12;
const instructionsPerAtom = 8;

/** Measures an IR. */
export function measure(ir: Ir): Budget {
  const hooks = ir.hooks.map(measureHook);
  return { rules: hooks.reduce((sum, hook) => sum + hook.rules, 0), hooks };
}

function measureHook(hook: IrHook): HookBudget {
  const rules = rulesOf(hook);
  const atoms = rules.flatMap((rule) => atomsOf(rule.condition));
  const valuesByField = hook.fields.map(() => 0);
  for (const atom of atoms) {
    valuesByField[atom.field] = (valuesByField[atom.field] ?? 0) + valueCount(atom);
  }
  return {
    hook: hook.fact.id,
    rules: rules.length,
    valuesByField,
    instructions:
      instructionsPerProgram + rules.length * instructionsPerRule + atoms.length * instructionsPerAtom,
  };
}
