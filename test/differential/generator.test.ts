import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { atomsOf } from "../../src/ir/bool.ts";
import { evaluate, type HookEvent } from "../../src/ir/evaluate.ts";
import type { Bool } from "../../src/ir/ir.ts";
import { integerBounds } from "./conditions.ts";
import { eventOf } from "./events.ts";
import type { RandomHook } from "./hooks.ts";
import { anyHook } from "./sizes.ts";

const SEED = 20_242;
const HOOKS = fc.sample(anyHook(), { numRuns: 60, seed: SEED });
const RUNS: readonly { readonly random: RandomHook; readonly events: readonly HookEvent[] }[] = HOOKS.map(
  (random) => ({ random, events: fc.sample(fc.noBias(eventOf(random.hook)), { numRuns: 100, seed: SEED }) }),
);

function count<T>(items: readonly T[], name: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) {
    counts[name(item)] = (counts[name(item)] ?? 0) + 1;
  }
  return counts;
}

function depthOf(condition: Bool): number {
  switch (condition.kind) {
    case "and":
    case "or":
      return 1 + Math.max(0, ...condition.operands.map(depthOf));
    case "not":
      return 1 + depthOf(condition.operand);
    case "constant":
    case "atom":
      return 0;
  }
}

describe("random hooks have everything that the language has", () => {
  const rules = HOOKS.flatMap(({ hook }) => hook.blocks.flatMap((block) => block.rules));
  const tests = rules.flatMap((rule) => atomsOf(rule.condition).map((atom) => atom.test));

  test("every kind of test, with none, few and many values", () => {
    const kinds = count(tests, (each) => {
      switch (each.kind) {
        case "ranges":
          return `ranges ${amount(each.ranges.length)}`;
        case "bits":
          return `bits ${each.every ? "every" : "any"}`;
        case "text":
          return `text ${each.match} ${amount(each.values.length)}`;
        case "glob":
          return `glob${each.ignoreCase ? " ignoring case" : ""}`;
        case "networks":
          return `networks ${amount(each.networks.length)}`;
      }
    });
    const amounts = ["none", "few", "many"];
    expect(Object.keys(kinds).sort()).toEqual(
      [
        ...["ranges", "networks", "text exact", "text prefix", "text suffix"].flatMap((kind) =>
          amounts.map((each) => `${kind} ${each}`),
        ),
        "bits any",
        "bits every",
        "glob",
        "glob ignoring case",
      ].sort(),
    );
  });

  test("every field type, every verdict, both modes and both postures towards the unresolved", () => {
    const types = new Set(HOOKS.flatMap(({ hook }) => hook.fields.map(({ type }) => JSON.stringify(type))));
    expect(types.size).toBe(12);
    expect(Object.keys(count(rules, (rule) => `${rule.verdict.kind} ${rule.onUnresolved}`))).toHaveLength(6);
    expect(new Set(HOOKS.flatMap(({ policies }) => policies.map(({ mode }) => mode))).size).toBe(2);
  });

  test("conditions nest to depth 5 under those of workloads, constants included", () => {
    expect(Math.max(...rules.map((rule) => depthOf(rule.condition)))).toBe(6);
    expect(rules.some((rule) => rule.condition.kind === "constant")).toBe(true);
    expect(JSON.stringify(rules.map((rule) => withoutSpans(rule.condition)))).toContain('"constant"');
  });

  test("extreme integers, long and foreign texts, the widest and the narrowest network", () => {
    const bounds = tests.flatMap((each) => (each.kind === "ranges" ? each.ranges : []));
    expect(
      bounds.some(({ high }) => high === integerBounds({ kind: "integer", bits: 64, signed: false }).high),
    ).toBe(true);
    expect(
      bounds.some(({ low }) => low === integerBounds({ kind: "integer", bits: 64, signed: true }).low),
    ).toBe(true);
    const texts = tests.flatMap((each) => (each.kind === "text" ? each.values.map(({ text }) => text) : []));
    expect(new Set(texts.map((text) => Buffer.byteLength(text))).size).toBeGreaterThan(20);
    expect(texts.some((text) => text === "")).toBe(true);
    expect(texts.some((text) => text.includes("日"))).toBe(true);
    const lengths = new Set(
      tests.flatMap((each) => (each.kind === "networks" ? each.networks.map((one) => one.prefixLength) : [])),
    );
    expect([0, 1, 96, 104, 127, 128].filter((length) => !lengths.has(length))).toEqual([]);
  });

  test("up to several hundred rules, in up to sixty blocks", () => {
    const sizes = HOOKS.map(({ hook }) => hook.blocks.flatMap((block) => block.rules).length);
    expect([Math.min(...sizes), Math.max(...sizes)]).toEqual([1, 300]);
    expect(Math.max(...HOOKS.map(({ hook }) => hook.blocks.length))).toBe(60);
  });
});

describe("random events reach what they are aimed at", () => {
  test("every kind of value, texts of every interesting length", () => {
    const values = RUNS.flatMap(({ events }) => events.flatMap((event) => event.values));
    expect(Object.keys(count(values, ({ kind }) => kind)).sort()).toEqual(
      ["address", "integer", "missing", "several", "text", "unresolved"].sort(),
    );
    // Each length is rare: enough events that the seed does not matter.
    const withPath = HOOKS.find(({ hook }) => hook.fields.some(({ type }) => type.kind === "path"));
    expect(withPath).toBeDefined();
    const many =
      withPath === undefined
        ? []
        : fc.sample(fc.noBias(eventOf(withPath.hook)), { numRuns: 20_000, seed: SEED });
    const lengths = new Set(
      many.flatMap((event) =>
        event.values.flatMap((value) => (value.kind === "text" ? [value.bytes.length] : [])),
      ),
    );
    expect([1, 2, 254, 255, 256, 257, 4095, 4096].filter((length) => !lengths.has(length))).toEqual([]);
    expect(Math.max(...lengths)).toBe(4096);
  });

  test("every path begins with a slash, and none has a NUL in it", () => {
    const texts = RUNS.flatMap(({ events }) => events.flatMap((event) => event.values)).flatMap((value) =>
      value.kind === "text" ? [Buffer.from(value.bytes)] : [],
    );
    expect(texts.filter((bytes) => bytes[0] !== 0x2f || bytes.includes(0))).toEqual([]);
  });

  test("rules hold, do not hold and are decided by what is unresolved, all of them often", () => {
    const decisions = RUNS.flatMap(({ random, events }) =>
      events.flatMap((event) => evaluate(random.hook, random.policies, event).decisions),
    );
    const blocks = RUNS.reduce(
      (sum, { random, events }) => sum + random.hook.blocks.length * events.length,
      0,
    );
    const share = decisions.length / blocks;
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(0.9);
    expect(count(decisions, ({ because }) => because)).toMatchObject({
      condition: expect.any(Number) as number,
      unresolved: expect.any(Number) as number,
    });
  });

  test("most rules decide some event", () => {
    const shares = RUNS.map(({ random, events }) => {
      const decided = events.flatMap((event) =>
        evaluate(random.hook, random.policies, event).decisions.map(({ rule }) => rule),
      );
      const rules = random.hook.blocks.flatMap((block) => block.rules).length;
      return new Set(decided).size / rules;
    });
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    expect(mean).toBeGreaterThan(0.4);
  });
});

function amount(values: number): string {
  if (values === 0) {
    return "none";
  }
  return values < 8 ? "few" : "many";
}

function withoutSpans(condition: Bool): unknown {
  switch (condition.kind) {
    case "and":
    case "or":
      return [condition.kind, ...condition.operands.map(withoutSpans)];
    case "not":
      return ["not", withoutSpans(condition.operand)];
    case "constant":
    case "atom":
      return condition.kind;
  }
}
