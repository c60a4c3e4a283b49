/** Perfect hashes of a few words: one multiplication finds the only place where a word can be. */
import { invariant } from "../source/invariant.ts";

/** `word * multiplier`, its upper `sizeBits` bits: no two of the words have the same place. */
export interface PerfectHash {
  readonly multiplier: bigint;
  readonly sizeBits: number;
}

/** Multipliers that are tried before the table grows. */
const TRIES = 64;
/** A table of 64 words has at most so many places. */
const SIZE_BITS_MAX = 12;

/** A perfect hash of distinct words that are not 0; the same words always have the same one. */
export function perfectHash(words: readonly bigint[]): PerfectHash {
  let state = 0x9e37_79b9_7f4a_7c15n;
  for (
    let sizeBits = Math.max(1, Math.ceil(Math.log2(words.length)));
    sizeBits <= SIZE_BITS_MAX;
    sizeBits++
  ) {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      state = next(state);
      const multiplier = state | 1n;
      if (isPerfect(words, { multiplier, sizeBits })) {
        return { multiplier, sizeBits };
      }
    }
  }
  invariant(false, `no perfect hash of ${words.length} words`);
}

function isPerfect(words: readonly bigint[], { multiplier, sizeBits }: PerfectHash): boolean {
  const places = new Set<number>();
  return words.every((word) => places.size < places.add(placeOf(word, multiplier, sizeBits)).size);
}

/** The place of a word. */
export function placeOf(word: bigint, multiplier: bigint, sizeBits: number): number {
  return Number(BigInt.asUintN(64, word * multiplier) >> BigInt(64 - sizeBits));
}

/** Marsaglia's xorshift. */
function next(state: bigint): bigint {
  let x = state;
  x ^= BigInt.asUintN(64, x << 13n);
  x ^= x >> 7n;
  return x ^ BigInt.asUintN(64, x << 17n);
}
