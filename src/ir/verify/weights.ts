/**
 * Weights of the estimate, as `node scripts/calibrate.mjs` printed them, and how far off they are. Those of path reads, of
 * tables of path ends and of unrolled rules are adapted to what the file policy takes now, on 6.1: calibrate again.
 */
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
    pathReads: 278,
    pathFields: 224,
    captures: 49,
    wide: 1183,
    lookupWords: 8.5,
    pathEnds: 10.7,
    pathEndTables: 45,
    comparisons: 10.1,
    residues: 16.4,
    unrolledRules: 120,
    calledRules: 4,
    loopWords: 14.8,
    pathLoopWords: 19,
  },
  callbacksOnce: {
    guard: 1849,
    pathReads: 20945,
    pathFields: 3457,
    pathEndTables: 2500,
    words: 326,
    comparisons: 254,
    residues: 686,
    unrolledRules: 5500,
    loopWords: 1641,
    pathLoopWords: 1595,
  },
  callbacksAsLoops: {
    program: 757,
    guard: 349,
    sockets: 7.2,
    pathReads: 18459,
    pathFields: 1751,
    lookups: 3654,
    pathEnds: 2642,
    pathEndTables: 2642,
    residues: 1406,
    unrolledRules: 5500,
    loopWords: 10850,
    pathLoopWords: 17662,
  },
  boundedLoops: {
    pathReads: 16687,
    rules: 2812,
    pathEnds: 3968,
    pathEndTables: 3968,
    residues: 6697,
    unrolledRules: 2700,
  },
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
