/** Upper and lower case, as comparisons that ignore it see them. */
import type { CharacterRange } from "./ir.ts";

/** The letters of a range as they are in the other case: only A to Z and a to z have one. */
export function inOtherCase({ low, high }: CharacterRange): readonly CharacterRange[] {
  return [
    { first: 0x41, shift: 0x20 },
    { first: 0x61, shift: -0x20 },
  ]
    .map(({ first, shift }) => ({
      low: Math.max(low, first) + shift,
      high: Math.min(high, first + 25) + shift,
    }))
    .filter((range) => range.low <= range.high);
}
