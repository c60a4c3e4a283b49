/** Vectors of a hook: a bit for each rule, and one for each comparison in the part of a rule that is no guard. */
import { conjuncts, NARROW_WORDS } from "../matching.ts";
import type { Bool, IrHook, IrRule } from "../ir.ts";
import { atomsOf } from "../bool.ts";

/** Comparisons of a rule's residue: what is no comparison, or the negation of one, at the top of its condition. */
export function residueSize({ condition }: IrRule): number {
  return conjuncts(condition)
    .filter((part) => !isLiteral(part))
    .reduce((sum, part) => sum + atomsOf(part).length, 0);
}

/** 64-bit words that a vector of the hook takes. */
export function wordsOf(hook: IrHook): number {
  const rules = hook.blocks.flatMap((block) => block.rules);
  const bits = rules.reduce((sum, rule) => sum + 1 + residueSize(rule), 0);
  return Math.max(1, Math.ceil(bits / 64));
}

/** Whether vectors of so many words lie in memory. */
export function isWide(words: number): boolean {
  return words > NARROW_WORDS;
}

function isLiteral(part: Bool): boolean {
  return part.kind === "atom" || (part.kind === "not" && part.operand.kind === "atom");
}
