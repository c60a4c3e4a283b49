import fc from "fast-check";
import { expect, test } from "vitest";
import { didYouMean, editDistance, suggestions } from "../../src/diagnostics/suggest.ts";

test("counts the edits between two words", () => {
  expect(editDistance("kprobe", "kprobe", 4)).toBe(0);
  expect(editDistance("kprobe", "kprobes", 4)).toBe(1);
  expect(editDistance("kporbe", "kprobe", 4)).toBe(1);
  expect(editDistance("abc", "xyz", 2)).toBe(3);
});

test("the distance is symmetric and zero only for equal words", () => {
  const word = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, b, 20)).toBe(editDistance(b, a, 20));
      expect(editDistance(a, b, 20) === 0).toBe(a === b);
    }),
  );
});

test("suggests the nearest words, at most three, and nothing far away", () => {
  expect(suggestions("selector", ["selectors", "args", "call"])).toEqual(["selectors"]);
  expect(suggestions("MATCHARGS", ["matchArgs", "matchPIDs"])).toEqual(["matchArgs"]);
  expect(suggestions("Sigkil", ["Sigkill", "Signal", "Post"])).toEqual(["Sigkill"]);
  expect(suggestions("zebra", ["selectors", "args"])).toEqual([]);
  expect(suggestions("aa", ["ab", "ac", "ad", "ae", "af"])).toHaveLength(3);
  expect(suggestions("", ["a"])).toEqual([]);
  expect(suggestions("x".repeat(10_000), ["x"])).toEqual([]);
});

test("lists short choices when nothing is near", () => {
  expect(didYouMean("banana", ["enforce", "monitor"])).toBe("use `enforce` or `monitor`");
  expect(didYouMean("monitr", ["enforce", "monitor"])).toBe("did you mean `monitor`?");
  expect(didYouMean("banana", [])).toBeUndefined();
});
