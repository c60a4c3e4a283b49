import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluate, type FieldValue, type HookEvent, type Truth } from "../../src/ir/evaluate.ts";
import type { Bool, IrHook } from "../../src/ir/ir.ts";
import { conditionTrail, truthOf } from "../../src/ir/truth.ts";
import { elementAt } from "../../src/source/invariant.ts";
import { eventOf } from "../differential/events.ts";
import { hookOf as randomHookOf } from "../differential/hooks.ts";
import { and, bits, event, hookOf, not, or, policiesOf, range, rule, text } from "./conditions-by-hand.ts";
import { FALSE, SIGNED, TRUE, UNSIGNED } from "./conditions-by-hand.ts";

const UNRESOLVED: FieldValue = { kind: "unresolved" };
const ANY_HOOK = hookOf([]);

/** Outcome of each atom, in order; those that are decisive in capitals. */
function shown(condition: Bool, happening: HookEvent): string {
  const { atoms } = conditionTrail(condition, ANY_HOOK, happening);
  return atoms.map(({ outcome, decisive }) => (decisive ? outcome.toUpperCase() : outcome)).join(" ");
}

const holds = range(SIGNED, 0n, 0n);
const fails = range(UNSIGNED, 1n, 1n);
const unknown = text("prefix", "/etc");
const zeroes = event({ signed: 0n, unsigned: 0n, path: UNRESOLVED });

describe("decisive atoms", () => {
  test.each([
    ["every operand of an `and` that holds", and(holds, holds), "TRUE TRUE"],
    ["the first operand that makes an `and` false", and(holds, fails, fails), "true FALSE false"],
    ["the first operand that makes an `or` true", or(fails, holds, holds), "false TRUE true"],
    ["every operand of an `or` that does not hold", or(fails, fails), "FALSE FALSE"],
    ["what a negation negates", not(and(holds, fails)), "true FALSE"],
    ["none beside a constant", or(TRUE, fails), "false"],
    ["none of an `and` beside a constant", and(holds, FALSE), "true"],
    ["the unknown ones of an unknown `and`", and(holds, unknown, unknown), "true UNKNOWN UNKNOWN"],
    ["the unknown ones of an unknown `or`", or(fails, not(unknown)), "false UNKNOWN"],
    ["not the unknown ones that can't matter", or(unknown, holds), "unknown TRUE"],
    [
      "those of nested conditions",
      or(and(fails, holds), and(holds, or(fails, holds))),
      "false true TRUE false TRUE",
    ],
  ] as const)("are %s", (_, condition, expected) => {
    expect(shown(condition, zeroes)).toBe(expected);
  });

  test("suffice: whatever the others were, the outcome would be the same", () => {
    let checked = 0;
    const shape = { rules: 12, blocks: 1, depth: 5, textBytes: 40, globs: true };
    for (const { hook } of fc.sample(fc.noBias(randomHookOf(shape)), { numRuns: 30, seed: 3 })) {
      for (const happening of fc.sample(fc.noBias(eventOf(hook)), { numRuns: 20, seed: 3 })) {
        for (const { condition } of elementAt(hook.blocks, 0).rules) {
          checked += expectToSuffice(condition, hook, happening);
        }
      }
    }
    expect(checked).toBeGreaterThan(1000);
  });
});

/** Gives the atoms that are not decisive each outcome in turn. Returns 1 where there are some. */
function expectToSuffice(condition: Bool, hook: IrHook, happening: HookEvent): number {
  const { outcome, atoms } = conditionTrail(condition, hook, happening);
  expect(outcome).toBe(truthOf(condition, hook, happening));
  if (outcome === "unknown") {
    const decisive = atoms.filter((atom) => atom.decisive).map((atom) => atom.outcome);
    expect([...new Set(decisive)]).toEqual(["unknown"]);
    return 0;
  }
  for (const other of [TRUE, FALSE]) {
    const left = [...atoms];
    const changed = replaceAtoms(condition, (atom) => {
      const trail = left.shift();
      expect(trail?.atom).toBe(atom);
      return trail?.decisive === true ? atom : other;
    });
    expect(truthOf(changed, hook, happening)).toBe(outcome);
  }
  return atoms.some(({ decisive }) => !decisive) ? 1 : 0;
}

function replaceAtoms(condition: Bool, replace: (atom: Bool) => Bool): Bool {
  switch (condition.kind) {
    case "constant":
      return condition;
    case "and":
    case "or":
      return { ...condition, operands: condition.operands.map((each) => replaceAtoms(each, replace)) };
    case "not":
      return { ...condition, operand: replaceAtoms(condition.operand, replace) };
    case "atom":
      return replace(condition);
  }
}

describe("a decision's trail", () => {
  test("is that of the rule that decided, with the values that its atoms saw", () => {
    const secret = text("prefix", "/etc");
    const reading = bits(UNSIGNED, true, 4n);
    const hook = hookOf([rule(and(reading, secret), { id: "a" }), rule(or(reading, secret), { id: "b" })]);
    const { decisions } = evaluate(hook, policiesOf(hook), event({ path: "/etc/shadow", unsigned: 2n }));
    expect(decisions).toMatchObject([
      {
        id: "b",
        trail: [
          { atom: reading, value: { kind: "integer", value: 2n }, outcome: "false", decisive: false },
          { atom: secret, value: { kind: "text" }, outcome: "true", decisive: true },
        ],
      },
    ]);
  });

  test("shows what was unknown to a rule that decides for the unresolved", () => {
    const condition = and(range(SIGNED, 0n, 9n), text("exact", "/a"));
    const hook = hookOf([rule(condition, { onUnresolved: "match" })]);
    const { decisions } = evaluate(hook, policiesOf(hook), event({ path: UNRESOLVED, signed: 3n }));
    const outcomes: readonly [Truth, boolean][] = [
      ["true", false],
      ["unknown", true],
    ];
    expect(decisions).toMatchObject([
      { because: "unresolved", trail: outcomes.map(([outcome, decisive]) => ({ outcome, decisive })) },
    ]);
  });

  test("is empty where a posture decides", () => {
    const hook = hookOf([rule(TRUE, { posture: true })]);
    expect(evaluate(hook, policiesOf(hook), event({})).decisions).toMatchObject([{ trail: [] }]);
  });
});
