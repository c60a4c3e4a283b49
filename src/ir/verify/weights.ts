/** Weights of the estimate, as `node scripts/calibrate.mjs` printed them. */
import type { Measure, Weights } from "./estimate.ts";

/** How many times too high the estimate was at worst, over everything that was measured. */
export const worstOverestimate: Readonly<Record<Measure, number>> = {
  instructions: 1.4,
  callbacksOnce: 4.1,
  callbacksAsLoops: 2.6,
  stackBytes: 1.3,
};

export const weights: Readonly<Record<Measure, Weights>> = {
  instructions: {
    program: 150,
    old: 39,
    guard: 113,
    sockets: 43,
    pathReads: 37,
    pathFields: 194,
    captures: 43,
    words: 18.9,
    pathEnds: 5.9,
    integers: 5.9,
    residues: 21,
    loopWords: 4.4,
    pathLoopWords: 23,
  },
  callbacksOnce: {
    guard: 1877,
    pathReads: 3046,
    pathFields: 3560,
    words: 1275,
    integers: 51,
    residues: 1998,
    loopWords: 1799,
    pathLoopWords: 4262,
  },
  callbacksAsLoops: {
    program: 579,
    guard: 441,
    sockets: 11.1,
    pathReads: 5305,
    pathFields: 7713,
    pathEnds: 1261,
    integers: 190,
    residues: 2851,
    loopWords: 15778,
    pathLoopWords: 47404,
  },
  stackBytes: {
    program: 196,
    guard: 16.6,
    sockets: 3,
    pathReads: 22,
    pathFields: 39,
    words: 5.9,
    lookupWords: 1,
    residues: 0.2,
    pathLoopWords: 0.7,
  },
};
