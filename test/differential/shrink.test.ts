import fc from "fast-check";
import { expect, test } from "vitest";
import { atomsOf } from "../../src/ir/bool.ts";
import { evaluate, type HookEvent } from "../../src/ir/evaluate.ts";
import { elementAt } from "../../src/source/invariant.ts";
import { describeHook } from "./describe.ts";
import { eventOf } from "./events.ts";
import { hookOf, type RandomHook } from "./hooks.ts";
import { type FindDifference, shrink } from "./shrink.ts";

/** As if the kernel got every prefix test of the value "/etc" wrong. */
function hasFault({ hook, policies }: RandomHook, event: HookEvent): boolean {
  return evaluate(hook, policies, event).decisions.some(({ block, rule, because }) => {
    const first = hook.blocks.slice(0, block).reduce((sum, each) => sum + each.rules.length, 0);
    const decided = elementAt(elementAt(hook.blocks, block).rules, rule - first);
    return (
      because === "condition" &&
      atomsOf(decided.condition).some((atom) => {
        const value = elementAt(event.values, atom.field);
        return (
          atom.test.kind === "text" &&
          atom.test.match === "prefix" &&
          atom.test.values.some(({ text }) => text === "/etc") &&
          value.kind === "text" &&
          Buffer.from(value.bytes).subarray(0, 4).toString() === "/etc"
        );
      })
    );
  });
}

test("a disagreement in a hook of many rules shrinks to one rule, one atom, one value", async () => {
  const shape = { rules: 60, blocks: 7, depth: 4, textBytes: 100, globs: true };
  const found = fc
    .sample(fc.noBias(hookOf(shape)), { numRuns: 100, seed: 7 })
    .flatMap((random) =>
      fc
        .sample(fc.noBias(eventOf(random.hook)), { numRuns: 100, seed: 7 })
        .map((event) => ({ random, event })),
    )
    .find(({ random, event }) => hasFault(random, event));
  if (found === undefined) {
    expect.unreachable("the generator makes hooks with a prefix /etc");
  }
  const find: FindDifference = (random, events) => {
    const index = events.findIndex((event) => hasFault(random, event));
    return Promise.resolve(index < 0 ? undefined : index);
  };
  const { random, event } = await shrink(found, find, { attempts: 2000, milliseconds: 60_000 });
  expect(hasFault(random, event)).toBe(true);
  expect(random.hook.blocks.map((block) => block.rules.length)).toEqual([1]);
  expect(describeHook(random)).toContain('prefix ["/etc" (4 bytes)]');
  expect(describeHook(random).split("\n").at(-1)).toMatch(/when path\d prefix \["\/etc" \(4 bytes\)\] /);
});

test("hooks that can't be tried are left alone", async () => {
  const [random] = fc.sample(hookOf({ rules: 4, blocks: 2, depth: 1, textBytes: 20, globs: true }), {
    numRuns: 1,
    seed: 1,
  });
  const start = {
    random: elementAt(
      [random].flatMap((each) => each ?? []),
      0,
    ),
    event: { values: [] },
  };
  const refuse = (): never => {
    throw new Error("too large");
  };
  expect(await shrink(start, refuse, { attempts: 50, milliseconds: 60_000 })).toBe(start);
});
