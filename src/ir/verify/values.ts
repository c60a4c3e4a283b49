/** How many values an IR compares its fields with. */
import { unreachable } from "../../source/invariant.ts";
import type { Atom, IrHook, Test } from "../ir.ts";
import { atomsOf } from "../lower/bool.ts";

/** How many values a test lists. */
export function valuesOf(test: Test): number {
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
    default:
      return unreachable(test);
  }
}

/** The atoms of a hook that compare one of its fields, in order. */
export function atomsOfField(hook: IrHook, field: number): readonly Atom[] {
  return hook.blocks
    .flatMap((block) => block.rules)
    .flatMap((rule) => atomsOf(rule.condition))
    .filter((atom) => atom.field === field);
}
