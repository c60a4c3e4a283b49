/** The sizes of hooks that tests and fuzzing try. */
import fc from "fast-check";
import type { HookShape, RandomHook } from "./hooks.ts";
import { hookOf } from "./hooks.ts";

/** UTF-8 bytes of the longest text that an atom compares with. */
export const LONGEST_TEXT = 255;

/** From one rule to several hundred: word boundaries of rule vectors lie at 64, 128, ... */
export const SHAPES: readonly HookShape[] = [
  { rules: 1, blocks: 1, depth: 5, textBytes: LONGEST_TEXT, globs: true },
  { rules: 2, blocks: 2, depth: 5, textBytes: LONGEST_TEXT, globs: true },
  { rules: 8, blocks: 3, depth: 5, textBytes: LONGEST_TEXT, globs: true },
  { rules: 24, blocks: 24, depth: 4, textBytes: LONGEST_TEXT, globs: true },
  { rules: 63, blocks: 5, depth: 2, textBytes: LONGEST_TEXT, globs: true },
  { rules: 64, blocks: 8, depth: 1, textBytes: LONGEST_TEXT, globs: true },
  { rules: 65, blocks: 16, depth: 3, textBytes: LONGEST_TEXT, globs: false },
  { rules: 129, blocks: 40, depth: 2, textBytes: LONGEST_TEXT, globs: false },
  { rules: 300, blocks: 60, depth: 1, textBytes: LONGEST_TEXT, globs: false },
];

/** A hook of any of the shapes. */
export function anyHook(shapes: readonly HookShape[] = SHAPES): fc.Arbitrary<RandomHook> {
  // fast-check's bias towards small values would give hooks of one field and rules that hold for everything.
  return fc.noBias(fc.oneof(...shapes.map(hookOf)));
}
