/** What a hook compares its fields with. */
import type { Atom, IrHook } from "../ir.ts";
import { atomsOf } from "../bool.ts";

/** The atoms of a hook that compare one of its fields, in order. */
export function atomsOfField(hook: IrHook, field: number): readonly Atom[] {
  return hook.blocks
    .flatMap((block) => block.rules)
    .flatMap((rule) => atomsOf(rule.condition))
    .filter((atom) => atom.field === field);
}
