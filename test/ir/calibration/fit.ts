/** Weights that fit what was measured, and how well weights fit. */
import { type Weights, weigh } from "../../../src/ir/verify/estimate.ts";
import { type Part, type Shape, parts } from "../../../src/ir/verify/shape.ts";

/** A program's parts and what it really costs. */
export interface Observation {
  readonly name: string;
  readonly shape: Shape;
  readonly actual: number;
}

/** Estimate divided by actual cost, over all observations. */
export interface Quality {
  readonly programs: number;
  readonly lowest: Ratio;
  readonly median: number;
  readonly highest: Ratio;
}

export interface Ratio {
  readonly name: string;
  readonly ratio: number;
}

const ROUNDS = 4000;

/**
 * The weights, none below 0, with the smallest sum of squared relative errors: every program counts the same,
 * small or large. Each weight in turn is set to its best value while the others stay. Then all are scaled so that
 * half of the estimates are too high. Parts that are `unused` get no weight.
 */
export function fitWeights(observations: readonly Observation[], unused: readonly Part[] = []): Weights {
  const rows = observations.map(({ shape, actual }) =>
    parts.map((part) => (unused.includes(part) ? 0 : shape[part] / actual)),
  );
  const weights = parts.map(() => 0);
  const errors = rows.map(() => -1);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let part = 0; part < parts.length; part += 1) {
      const column = rows.map((row) => row[part] ?? 0);
      const square = column.reduce((sum, value) => sum + value * value, 0);
      const slope = column.reduce((sum, value, row) => sum + value * (errors[row] ?? 0), 0);
      const old = weights[part] ?? 0;
      const better = square === 0 ? 0 : Math.max(0, old - slope / square);
      weights[part] = better;
      column.forEach((value, row) => {
        errors[row] = (errors[row] ?? 0) + value * (better - old);
      });
    }
  }
  // Relative errors are smaller below than above: put the middle one where it belongs.
  const ratios = rows.map((row) => row.reduce((sum, value, part) => sum + value * (weights[part] ?? 0), 0));
  const median = ratios.sort((a, b) => a - b)[ratios.length >> 1] ?? 1;
  const entries = parts.map((part, index): readonly [Part, number] => [
    part,
    rounded((weights[index] ?? 0) / median),
  ]);
  return Object.fromEntries(entries.filter(([, weight]) => weight > 0));
}

function rounded(weight: number): number {
  return weight >= 20 ? Math.round(weight) : Math.round(weight * 10) / 10;
}

/** How well weights fit. */
export function qualityOf(observations: readonly Observation[], weights: Weights): Quality {
  const ratios = observations
    .map(({ name, shape, actual }) => ({ name, ratio: weigh(shape, weights) / actual }))
    .sort((a, b) => a.ratio - b.ratio);
  const none = { name: "", ratio: 1 };
  return {
    programs: ratios.length,
    lowest: ratios[0] ?? none,
    median: ratios[ratios.length >> 1]?.ratio ?? 1,
    highest: ratios.at(-1) ?? none,
  };
}
