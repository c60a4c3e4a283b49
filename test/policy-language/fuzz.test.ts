import { describe, expect, test } from "vitest";
import { largePolicy } from "./large-policy.ts";
import { type Random, mutateCharacters, mutateTokens, pick, randomFrom } from "./mutate.ts";
import { expectSound, parse, soundPolicies } from "./sound.ts";

const inputsPerKind = 5_000;
const seeds = soundPolicies(7);

describe("whatever the text, there are findings and no exception", () => {
  const kinds: readonly [string, (text: string, random: Random) => string][] = [
    ["tokens", mutateTokens],
    ["characters", mutateCharacters],
  ];
  test.each(kinds)(`${inputsPerKind} texts with changed %s`, (_, mutate) => {
    const random = randomFrom(2024);
    let broken = 0;
    for (let run = 0; run < inputsPerKind; run += 1) {
      const text = mutate(pick(random, seeds), random);
      expectSound(text);
      broken += parse(text).diagnostics.length > 0 ? 1 : 0;
    }
    expect(broken).toBeGreaterThan(inputsPerKind / 4);
  });
});

describe("texts made to exhaust the parser", () => {
  const policy = (body: string): string => `policy "x" {\n${body}\n}\n`;
  const many = (piece: string, count = 50_000): string => piece.repeat(count);
  const chain = Array.from({ length: 3_000 }, (_, index) => `define d${index} = d${index + 1}`).join("\n");
  const doubling = Array.from(
    { length: 60 },
    (_, index) => `define d${index} = d${index + 1} or d${index + 1}`,
  );
  const doublingLists = Array.from(
    { length: 60 },
    (_, index) => `let l${index} = [l${index + 1}, l${index + 1}]`,
  );
  const texts: readonly [string, string][] = [
    ["nested parentheses", policy(`on a.b when ${many("(")}`)],
    ["negations", policy(`on a.b when ${many("not ")} x exists {}`)],
    ["nested lists", policy(`let a = ${many("[")}`)],
    ["quotes", many('"')],
    ["quotes on lines of their own", many('"\n')],
    ["strange characters", many("@ ")],
    ["open blocks", policy(many("on a.b {\n", 20_000))],
    ["open policies", many('policy "x" {\n', 20_000)],
    ["closing braces", many("} ")],
    ["stray words", policy(many("word ", 50_000))],
    ["broken rules", policy(`on a.b {\n${many("deny when == 1\n", 20_000)}\n}`)],
    ["unused names", policy(Array.from({ length: 150_000 }, (_, index) => `let l${index} = 1`).join("\n"))],
    ["a long list", policy(`let a = [${many('"x", ')}]`)],
    ["a long chain", policy(`on a.b when x exists ${many("and x exists ", 20_000)} { allow }`)],
    ["a long field", policy(`on a.b when x${many(".x")} exists { allow }`)],
    ["comments", policy(many("# comment\n"))],
    ["comments in a list", policy(`let a = [${many("# comment\n")}]`)],
    ["a long number", policy(`severity ${many("9", 500_000)}`)],
    ["definitions that use each other", policy(`${chain}\ndefine d3000 = x exists`)],
    ["definitions that double", policy(`${doubling.join("\n")}\ndefine d60 = x exists`)],
    ["lists that double", policy(`${doublingLists.join("\n")}\nlet l60 = ["x", "y"]`)],
  ];
  test.each(texts)("%s", (_, text) => {
    const start = process.cpuUsage();
    expectSound(text);
    const { system, user } = process.cpuUsage(start);
    expect((system + user) / 1_000).toBeLessThan(10_000);
    expect(parse(text).diagnostics.length).toBeLessThanOrEqual(200);
  });
});

test("time grows with the length of the text, not faster", () => {
  const measure = (lines: number): number => {
    const text = largePolicy(lines);
    // Processor time: what else the machine does is no matter.
    const times = [0, 1, 2].map(() => {
      const start = process.cpuUsage();
      expect(parse(text).diagnostics).toEqual([]);
      const { system, user } = process.cpuUsage(start);
      return (system + user) / 1_000;
    });
    return Math.min(...times);
  };
  const small = measure(5_000);
  const large = measure(20_000);
  console.log(`5,000 lines: ${small.toFixed(0)} ms, 20,000 lines: ${large.toFixed(0)} ms`);
  // Four times the text; twice that is left for a busy machine.
  expect(large).toBeLessThan(small * 8);
});
