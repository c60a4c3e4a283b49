import { describe, expect, test } from "vitest";
import { globHolds } from "../../src/ir/glob-holds.ts";
import type { GlobPart } from "../../src/ir/ir.ts";
import { SPAN } from "./conditions-by-hand.ts";

const ANY: GlobPart = { kind: "characters", slash: false };
const ACROSS: GlobPart = { kind: "characters", slash: true };
const ONE: GlobPart = { kind: "character", slash: false };
const ONE_OR_SLASH: GlobPart = { kind: "character", slash: true };
const DIRECTORIES: GlobPart = { kind: "directories" };

function text(value: string): GlobPart {
  return { kind: "text", text: value };
}

function oneOf(from: number, to: number, negated = false): GlobPart {
  return { kind: "class", negated, ranges: [{ low: from, high: to }] };
}

function holds(parts: readonly GlobPart[], value: string | readonly number[], ignoreCase = false): boolean {
  const bytes = typeof value === "string" ? Buffer.from(value) : Uint8Array.from(value);
  return globHolds({ text: "", parts, span: SPAN }, ignoreCase, bytes);
}

describe("a glob takes in", () => {
  test.each<[string, readonly GlobPart[], string, string]>([
    ["its own text only", [text("/a.c")], "/a.c", "/abc"],
    ["the whole value", [text("/a")], "/a", "/ab"],
    ["the value from its start", [text("a")], "a", "/a"],
    ["any number of characters", [text("/"), ANY], "/", "/a/"],
    ["any bytes across slashes", [text("/"), ACROSS, text("x")], "/a/b/x", "/a/b/y"],
    ["one character that is no slash", [text("/a"), ONE], "/aé", "/a/"],
    ["one character, of four bytes too", [text("/"), ONE_OR_SLASH], "/😀", "/ab"],
    ["a slash where that may be", [text("/a"), ONE_OR_SLASH], "/a/", "/a"],
    ["no directory", [text("/"), DIRECTORIES, text("x")], "/x", "/ax"],
    ["several directories", [text("/"), DIRECTORIES, text("x")], "/a/b/x", "/a/bx"],
    ["characters of a range", [oneOf(0x61, 0x63)], "b", "d"],
    ["characters outside of a range", [oneOf(0x61, 0x63, true)], "d", "b"],
    ["no slash by a range", [oneOf(0x2e, 0x30)], "0", "/"],
    ["no slash outside of a range", [oneOf(0x61, 0x63, true)], "0", "/"],
    ["any of its alternatives", [{ kind: "choice", alternatives: [[text("a")], []] }, text("b")], "b", "cb"],
    ["what looks like a pattern as it is", [text("(.*)[a]\\d+$")], "(.*)[a]\\d+$", "xa1"],
    ["line ends", [text("a"), ANY], "a\n\nb", "\na"],
    ["capital letters as such", [text("a")], "a", "A"],
  ])("%s", (_, parts, taken, refused) => {
    expect(holds(parts, taken)).toBe(true);
    expect(holds(parts, refused)).toBe(false);
  });
});

describe("ignoring case", () => {
  test.each<[string, readonly GlobPart[], string, string]>([
    ["letters of ASCII are equal", [text("/Ab-")], "/aB-", "/aB_"],
    ["other letters are not", [text("é")], "é", "É"],
    ["a letter is not what Unicode folds to it", [text("k")], "K", "\u212a"],
    ["ranges have both cases", [oneOf(0x61, 0x63)], "B", "D"],
    ["what is left out is left out in both", [oneOf(0x61, 0x63, true)], "D", "B"],
    ["characters between the cases stay apart", [oneOf(0x5b, 0x60)], "_", "a"],
  ])("%s", (_, parts, taken, refused) => {
    expect(holds(parts, taken, true)).toBe(true);
    expect(holds(parts, refused, true)).toBe(false);
  });
});

describe("bytes that are no UTF-8", () => {
  const broken: readonly (readonly [string, readonly number[]])[] = [
    ["a lone byte of a sequence", [0xa9]],
    ["a sequence cut short", [0xe6, 0x97]],
    ["a byte that is never used", [0xff]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["a character in too many bytes", [0xc1, 0x81]],
    ["a code point that does not exist", [0xf4, 0x90, 0x80, 0x80]],
  ];
  test.each(broken)("%s is taken in by any number of bytes only", (_, bytes) => {
    expect(holds([ANY], bytes)).toBe(true);
    expect(holds([ACROSS], bytes)).toBe(true);
    expect(holds([DIRECTORIES], [...bytes, 0x2f])).toBe(true);
    const all = { kind: "class", negated: false, ranges: [{ low: 0, high: 0x10ffff }] } as const;
    for (const one of [ONE, ONE_OR_SLASH, all, oneOf(0x61, 0x61, true)]) {
      expect(holds([one], bytes)).toBe(false);
      expect(
        holds(
          bytes.map(() => one),
          bytes,
        ),
      ).toBe(false);
    }
  });

  test("what follows is read as usual", () => {
    expect(holds([ANY, text("é"), ONE], [0xc3, 0xc3, 0xa9, 0x61])).toBe(true);
  });
});
