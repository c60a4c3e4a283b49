/**
 * The cost of a program, from how often each of its parts occurs: a sum of counts, each with its weight. The
 * weights are fitted to what clang and the kernels' verifiers report; `node scripts/calibrate.mjs` measures
 * again and prints new ones, with how good the old and the new ones are.
 */
import { type Part, type Shape, parts } from "./shape.ts";
import { weights } from "./weights.ts";

/** What a program costs. */
export interface Estimate {
  /** Instructions of the program, with the functions that it calls. */
  readonly instructions: number;
  /** Instructions that the verifier walks, over all paths. */
  readonly walked: Walked;
  /** Bytes of stack, of the deepest call path. */
  readonly stackBytes: number;
}

/**
 * Instructions walked by three kinds of verifiers. From 6.7 on the function that bpf_loop calls is walked like the
 * body of a loop; before, once. Programs for 5.10 have loops instead, which its verifier walks step by step.
 */
export interface Walked {
  readonly callbacksOnce: number;
  readonly callbacksAsLoops: number;
  readonly boundedLoops: number;
}

/** Weights of the parts of a program. A part that is not named costs nothing. */
export type Weights = Readonly<Partial<Record<Part, number>>>;

/** What the weights are for. */
export const measures = [
  "instructions",
  "callbacksOnce",
  "callbacksAsLoops",
  "boundedLoops",
  "stackBytes",
] as const;
export type Measure = (typeof measures)[number];

/** Estimates a program. */
export function estimate(shape: Shape): Estimate {
  return {
    instructions: weigh(shape, weights.instructions),
    walked: {
      callbacksOnce: weigh(shape, weights.callbacksOnce),
      callbacksAsLoops: weigh(shape, weights.callbacksAsLoops),
      boundedLoops: weigh(shape, weights.boundedLoops),
    },
    stackBytes: weigh(shape, weights.stackBytes),
  };
}

/** The sum of counts times weights. */
export function weigh(shape: Partial<Shape>, byPart: Weights): number {
  return Math.round(parts.reduce((sum, part) => sum + (byPart[part] ?? 0) * (shape[part] ?? 0), 0));
}
