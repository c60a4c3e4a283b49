import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FIRST_ARGUMENT, LATER_ARGUMENTS, elementTest } from "../../src/ir/element-test.ts";
import type { Atom, Test } from "../../src/ir/ir.ts";
import { testHolds } from "../../src/ir/test-holds.ts";
import type { ProcessSource } from "../../src/kernel/hook.ts";
import { globTest } from "../differential/globs.ts";
import { SPAN } from "./conditions-by-hand.ts";

const WORDS = ["a", "B", "/x", "é", "LD_", "0x", ""];
const texts = fc.array(fc.constantFrom(...WORDS), { maxLength: 3 }).map((parts) => parts.join(""));

const tests: fc.Arbitrary<Test> = fc.oneof(
  fc
    .tuple(fc.constantFrom("exact" as const, "prefix" as const, "suffix" as const), texts)
    .map(([match, text]): Test => ({ kind: "text", match, values: [{ text, span: SPAN }] })),
  globTest(["LD_", "aB/x", "é0x"], SPAN),
);

function holds(test: Test, bytes: Buffer): boolean {
  return testHolds(test, { kind: "string" }, { kind: "text", bytes });
}

function atomOf(test: Test): Atom {
  return { kind: "atom", field: 0, test, span: SPAN };
}

const source = (part: "args" | "env", element?: string): ProcessSource => ({
  kind: "process",
  level: 0,
  part,
  ...(element === undefined ? {} : { element }),
});

/** As the walk sees an argument: behind a byte for its number. */
function numbered(number: number, text: string): Buffer {
  return Buffer.concat([
    Buffer.from([Math.min(FIRST_ARGUMENT + number, LATER_ARGUMENTS)]),
    Buffer.from(text),
  ]);
}

describe("comparisons with texts of a list", () => {
  it("hold for an argument of any number, or of one, as they hold for the text", () => {
    fc.assert(
      fc.property(tests, texts, fc.nat(40), fc.nat(31), (test, text, number, wanted) => {
        const meant = holds(test, Buffer.from(text));
        const element = numbered(number, text);
        expect(holds(elementTest(source("args"), atomOf(test)), element)).toBe(meant);
        expect(holds(elementTest(source("args", String(wanted)), atomOf(test)), element)).toBe(
          meant && number === wanted,
        );
      }),
      { numRuns: 2000 },
    );
  });

  it("hold for a variable as they hold for its value, and never for one of another name", () => {
    fc.assert(
      fc.property(tests, texts, fc.constantFrom("A", "a", "LD_A", "AA"), (test, text, name) => {
        const one = elementTest(source("env", "A"), atomOf(test));
        expect(holds(one, Buffer.from(`${name}=${text}`))).toBe(
          name === "A" && holds(test, Buffer.from(text)),
        );
        expect(holds(one, Buffer.from(name))).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});
