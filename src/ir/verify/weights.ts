/** Weights of the estimate, as `node scripts/calibrate.mjs` printed them, and how far off they are. */
import type { Measure, Weights } from "./estimate.ts";

/** How many times too high the estimate was at worst, over everything that was measured; rounded up. */
export const worstOverestimate: Readonly<Record<Measure, number>> = {
  instructions: 1.4,
  callbacksOnce: 2.3,
  callbacksAsLoops: 1.8,
  boundedLoops: 3.4,
  stackBytes: 1.2,
};

export const weights: Readonly<Record<Measure, Weights>> = {
  instructions: {
    program: 157,
    old: 40,
    guard: 100,
    sockets: 35,
    pathReads: 48,
    pathFields: 224,
    captures: 49,
    wide: 1183,
    lookupWords: 8.5,
    pathEnds: 10.7,
    comparisons: 10.1,
    residues: 16.4,
    loopWords: 14.8,
    pathLoopWords: 19,
  },
  callbacksOnce: {
    guard: 1849,
    pathReads: 9945,
    pathFields: 3457,
    words: 326,
    comparisons: 254,
    residues: 686,
    loopWords: 1641,
    pathLoopWords: 1595,
  },
  callbacksAsLoops: {
    program: 757,
    guard: 349,
    sockets: 7.2,
    pathReads: 7459,
    pathFields: 1751,
    lookups: 3654,
    pathEnds: 2642,
    residues: 1406,
    loopWords: 10850,
    pathLoopWords: 17662,
  },
  boundedLoops: { pathReads: 5687, rules: 2812, pathEnds: 3968, residues: 6697 },
  stackBytes: {
    program: 197,
    guard: 9.7,
    sockets: 2.3,
    pathReads: 26,
    pathFields: 37,
    words: 3.9,
    loopWords: 5.3,
    pathLoopWords: 4.4,
  },
};
