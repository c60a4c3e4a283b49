import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { perfectHash, placeOf } from "../../src/codegen/perfect-hash.ts";

describe("a perfect hash", () => {
  test("no two words have the same place, and every place is in the table", () => {
    const words = fc.uniqueArray(fc.bigInt({ min: 1n, max: (1n << 64n) - 1n }), {
      minLength: 1,
      maxLength: 64,
    });
    fc.assert(
      fc.property(words, (some) => {
        const { multiplier, sizeBits } = perfectHash(some);
        const places = some.map((word) => placeOf(word, multiplier, sizeBits));
        expect(new Set(places).size).toBe(some.length);
        expect(Math.max(...places)).toBeLessThan(2 ** sizeBits);
      }),
      { numRuns: 200 },
    );
  });

  test("the same words have the same one, and a small table", () => {
    const words = Array.from({ length: 10 }, (_, index) => BigInt(`0x${index + 1}746578742e`));
    expect(perfectHash(words)).toEqual(perfectHash(words));
    expect(perfectHash(words).sizeBits).toBeLessThanOrEqual(6);
  });
});
