/** Rules of the IR beside the rules of the tree that they were lowered from. */
import type { Field, Ir, IrBlock, IrRule } from "../ir/ir.ts";
import type { Span } from "../source/source.ts";
import { spanKey } from "./walk.ts";

/** One rule at one hook. A rule of a block with several hooks is at each of them. */
export interface PlacedRule {
  readonly rule: IrRule;
  /** Position in its block. */
  readonly index: number;
  readonly block: IrBlock;
  readonly fields: readonly Field[];
  readonly hook: string;
}

/** Every rule at every hook, by where it was written. */
export function rulesBySpan(ir: Ir): ReadonlyMap<string, readonly PlacedRule[]> {
  const places = new Map<string, PlacedRule[]>();
  for (const { blocks, fact, fields } of ir.hooks) {
    for (const block of blocks) {
      for (const [index, rule] of block.rules.entries()) {
        const key = spanKey(rule.span);
        const known = places.get(key) ?? [];
        known.push({ rule, index, block, fields, hook: fact.id });
        places.set(key, known);
      }
    }
  }
  return places;
}

/** The one place that all of these are, if they are one. */
export function commonSpan(spans: readonly (Span | undefined)[]): Span | undefined {
  const [first] = spans;
  return first !== undefined && spans.every((span) => span !== undefined && spanKey(span) === spanKey(first))
    ? first
    : undefined;
}
