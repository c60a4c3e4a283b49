/** Lengths of time as they are written: `250ms`, `10s`, `5m`, `1h`, `1d`. */

/** Milliseconds of each unit, longest first. */
const units: ReadonlyMap<string, number> = new Map([
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
]);

/** Milliseconds of a duration that the lexer has taken; a very long one is only known to be long. */
export function millisecondsOf(image: string): number {
  const digits = /^\d+/.exec(image)?.[0] ?? "";
  return Number(digits) * (units.get(image.slice(digits.length)) ?? 1);
}

/** A duration in the longest unit that gives a whole number. */
export function spellDuration(milliseconds: number): string {
  for (const [unit, length] of units) {
    if (milliseconds >= length && milliseconds % length === 0) {
      return `${milliseconds / length}${unit}`;
    }
  }
  return `${milliseconds}ms`;
}
