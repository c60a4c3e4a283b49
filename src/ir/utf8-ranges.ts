/** Ranges of code points as sequences of byte ranges in UTF-8. */
import type { CharacterRange } from "./ir.ts";

/** Inclusive. */
export interface ByteRange {
  readonly low: number;
  readonly high: number;
}

const LAST_POINT = 0x10ffff;
const SURROGATES = { low: 0xd800, high: 0xdfff };
/** The last code point of each encoded length. */
const LENGTH_ENDS = [0x7f, 0x7ff, 0xffff, LAST_POINT];

/** What valid UTF-8 can hold of the ranges, each alternative a byte range for each byte. */
export function utf8Sequences(ranges: readonly CharacterRange[]): readonly (readonly ByteRange[])[] {
  return ranges
    .flatMap((range) => without(range, SURROGATES))
    .flatMap((range) => byLength(range))
    .flatMap((range) => sequences(encode(range.low), encode(range.high)));
}

/** All code points that are in none of the ranges. */
export function complement(ranges: readonly CharacterRange[]): readonly CharacterRange[] {
  return ranges.reduce<readonly CharacterRange[]>(
    (left, range) => left.flatMap((piece) => without(piece, range)),
    [{ low: 0, high: LAST_POINT }],
  );
}

function without(range: CharacterRange, hole: CharacterRange): readonly CharacterRange[] {
  return [
    { low: range.low, high: Math.min(range.high, hole.low - 1) },
    { low: Math.max(range.low, hole.high + 1), high: range.high },
  ].filter(({ low, high }) => low <= high);
}

function byLength({ low, high }: CharacterRange): readonly CharacterRange[] {
  return LENGTH_ENDS.map((end, index) => ({
    low: Math.max(low, (LENGTH_ENDS[index - 1] ?? -1) + 1),
    high: Math.min(high, end),
  })).filter((piece) => piece.low <= piece.high);
}

/** UTF-8 of one code point. */
function encode(point: number): readonly number[] {
  return [...new TextEncoder().encode(String.fromCodePoint(point))];
}

/** Alternatives for everything between two encodings of one length. */
function sequences(low: readonly number[], high: readonly number[]): readonly (readonly ByteRange[])[] {
  const [first = 0, ...restLow] = low;
  const [last = 0, ...restHigh] = high;
  if (restLow.length === 0) {
    return [[{ low: first, high: last }]];
  }
  const lowest = restLow.map(() => 0x80);
  const highest = restLow.map(() => 0xbf);
  const lead = (from: number, to: number, rest: readonly (readonly ByteRange[])[]): ByteRange[][] =>
    from > to ? [] : rest.map((tail) => [{ low: from, high: to }, ...tail]);
  if (first === last) {
    return lead(first, first, sequences(restLow, restHigh));
  }
  const fromLow = equal(restLow, lowest) ? first : first + 1;
  const toHigh = equal(restHigh, highest) ? last : last - 1;
  return [
    ...lead(first, fromLow - 1, sequences(restLow, highest)),
    ...lead(fromLow, toHigh, [highest.map(() => ({ low: 0x80, high: 0xbf }))]),
    ...lead(toHigh + 1, last, sequences(lowest, restHigh)),
  ];
}

function equal(left: readonly number[], right: readonly number[]): boolean {
  return left.every((byte, index) => byte === right[index]);
}
