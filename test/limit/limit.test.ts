/** What a limit means, and that the kernel's side comes to the same: in order, and on several processors at once. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { admit, type LimitNumbers, type LimitState, noState } from "../../src/ir/limit.ts";
import { elementAt } from "../../src/source/invariant.ts";
import { whyNotHere } from "../differential/kernel.ts";
import { type Alert, type LimitRun, type LimitTrial, type Notice, runInKernel } from "./in-kernel.ts";

/** What becomes of alerts of one key, by their times: `+` posted, `-` left out, notices before. */
function story(limit: LimitNumbers, times: readonly number[]): string {
  let state = noState;
  return times
    .map((time) => {
      const { posted, notice, state: next } = admit(limit, state, time);
      state = next;
      const told = notice === undefined ? "" : notice.kind === "start" ? "<" : `>${notice.suppressed}`;
      return `${told}${posted ? "+" : "-"}`;
    })
    .join("");
}

describe("a limit", () => {
  const two = { count: 2, window: 1000, mute: 0 };

  test("posts up to its count in a window, leaves out the rest, and tells how many", () => {
    expect(story(two, [0, 1, 2, 999, 1000, 1001, 1002])).toBe("++<-->2++<-");
  });

  test("begins a window with the first alert after the one before, not by the clock", () => {
    expect(story(two, [900, 1899, 1900, 2899, 2900])).toBe("+++++");
    expect(story(two, [900, 1000, 1899, 1900])).toBe("++<->1+");
  });

  test("is silent after a window that had too many, and only then", () => {
    const muted = { ...two, mute: 2000 };
    expect(story(muted, [0, 1, 2, 1000, 2999, 3000, 3001, 3002])).toBe("++<---" + ">3++<-");
    expect(story(muted, [0, 1, 1000, 1001])).toBe("++++");
  });

  test("that is lifted posts everything, and tells what it left out", () => {
    const throttled = admit(
      { ...two, count: 1 },
      { began: 0, posted: 1, throttled: false, suppressed: 0 },
      5,
    );
    expect(admit({ ...two, count: 0 }, throttled.state, 6)).toMatchObject({
      posted: true,
      notice: { kind: "stop", suppressed: 1 },
      state: noState,
    });
  });
});

interface Told {
  readonly posted: readonly boolean[];
  readonly notices: readonly Notice[];
  /** Of each rule. */
  readonly suppressed: readonly number[];
}

/** The alerts in order, by `admit`. */
function expected({ limits, alerts }: LimitTrial): Told {
  const states = new Map<string, LimitState>();
  const notices: Notice[] = [];
  const suppressed = limits.map(() => 0);
  const posted = alerts.map(({ time, rule, scope, text }) => {
    const limit = elementAt(limits, rule);
    const key = `${rule} ${scope} ${limit.alike ? text : ""}`;
    const before = states.get(key) ?? noState;
    const outcome = admit(limit, before, time);
    states.set(key, outcome.state);
    suppressed[rule] = (suppressed[rule] ?? 0) + (outcome.posted ? 0 : 1);
    if (outcome.notice !== undefined && !limit.alike) {
      const { kind } = outcome.notice;
      const left = outcome.notice.kind === "stop" ? outcome.notice.suppressed : 0;
      notices.push({ type: kind, limit: rule, scope, began: before.began, suppressed: left });
    }
    return outcome.posted;
  });
  return { posted, notices, suppressed };
}

const directory = mkdtempSync(join(tmpdir(), "policyc-limit-"));
const runner = join(directory, "runner");
const why = whyNotHere();
if (why !== undefined) {
  console.log(`limits are not tried in the kernel: ${why}`);
}

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** Times at which windows end, a millisecond before and after, and any others. */
const pause = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 3 }) },
  { weight: 2, arbitrary: fc.constantFrom(99, 100, 101, 149, 150, 151) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 1000 }) },
);

const RULES = 6;

const trials = fc.record({
  limits: fc.array(
    fc.record({
      count: fc.constantFrom(0, 1, 1, 2, 3, 10),
      window: fc.constantFrom(1, 50, 100, 1000),
      mute: fc.constantFrom(0, 50, 51, 300),
      alike: fc.boolean(),
    }),
    { minLength: RULES, maxLength: RULES },
  ),
  alerts: fc
    .array(
      fc.tuple(
        pause,
        fc.nat(RULES - 1),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(1, 256, 0x10001, 0xffffff),
      ),
      { minLength: 3000, maxLength: 3000, size: "max" },
    )
    .map((steps): readonly Alert[] => {
      let time = 5_000;
      return steps.map(([wait, rule, scope, text]) => {
        time += wait;
        return { time, rule, scope, text };
      });
    }),
});

describe.skipIf(why !== undefined)("limits in the kernel", () => {
  beforeAll(() => {
    const flags = ["-O2", "-Wall", "-Wextra", "-Werror"];
    const source = join(import.meta.dirname, "runner.c");
    execFileSync("cc", [...flags, "-o", runner, source, "-lbpf", "-lpthread"]);
  });

  const run = (trial: LimitTrial): Promise<LimitRun> => runInKernel(runner, directory, trial);

  test.each(["6.1", "5.10"] as const)("decide alerts in order as the model does (%s)", async (generation) => {
    for (const sample of fc.sample(trials, { numRuns: 4, seed: 11 })) {
      const trial = { ...sample, generation, threads: 1 };
      const found = await run(trial);
      const wanted = expected(trial);
      expect(found.posted).toEqual(wanted.posted);
      expect(found.notices).toEqual(wanted.notices);
      expect(found.suppressed).toEqual(wanted.suppressed);
      expect(found.lost).toEqual(sample.limits.map(() => 0));
      expect(found.counters).toEqual({ lost: 0, unresolved: 0, scratch_busy: 0, unlimited: 0 });
    }
  });

  test.each(["6.1", "5.10"] as const)(
    "post exactly their count on several processors (%s)",
    async (generation) => {
      // One long window each: how many are posted does not depend on who comes first.
      const limits = [1, 2, 100, 5000, 100_000].map((count) => ({
        count,
        window: 60_000,
        mute: 0,
        alike: false,
      }));
      const alerts = Array.from({ length: 100_000 }, (_, index): Alert => {
        return { time: 10_000, rule: index % limits.length, scope: 1 + (index % 3), text: 1 };
      });
      const found = await run({ generation, limits, alerts, threads: 4 });
      const keys = new Map<string, { all: number; posted: number; rule: number }>();
      alerts.forEach(({ rule, scope }, index) => {
        const key = `${rule} ${scope}`;
        const sum = keys.get(key) ?? { all: 0, posted: 0, rule };
        keys.set(key, {
          ...sum,
          all: sum.all + 1,
          posted: sum.posted + (found.posted[index] === true ? 1 : 0),
        });
      });
      let over = 0;
      for (const { all, posted, rule } of keys.values()) {
        const most = Math.min(all, elementAt(limits, rule).count);
        expect(posted).toBeGreaterThanOrEqual(most);
        over += posted - most;
      }
      // More is posted only where the state could not be had, and that is counted.
      expect(over).toBeLessThanOrEqual(found.counters.unlimited);
      expect(found.counters.unlimited).toBeLessThan(alerts.length / 1000);
      expectSums(alerts, found);
      const throttled = [...keys.values()].filter(({ all, rule }) => all > elementAt(limits, rule).count);
      expect(found.notices.map(({ type }) => type)).toEqual(throttled.map(() => "start"));
    },
  );

  test.each(["6.1", "5.10"] as const)(
    "add up while windows end on several processors (%s)",
    async (generation) => {
      const limits = [1, 5, 20].map((count) => ({ count, window: 10, mute: 5, alike: count === 5 }));
      const alerts = Array.from({ length: 60_000 }, (_, index): Alert => {
        return { time: 10_000 + Math.floor(index / 100), rule: index % 3, scope: 1, text: 1 + (index % 2) };
      });
      const found = await run({ generation, limits, alerts, threads: 4 });
      expectSums(alerts, found);
      for (const limit of [0, 2]) {
        const own = found.notices.filter((notice) => notice.limit === limit);
        const stops = own.filter(({ type }) => type === "stop");
        const starts = own.length - stops.length;
        expect(stops.length).toBeGreaterThan(10);
        expect(starts - stops.length).toBeGreaterThanOrEqual(0);
        expect(starts - stops.length).toBeLessThanOrEqual(1);
        const told = stops.reduce((sum, { suppressed }) => sum + suppressed, 0);
        expect(told).toBeGreaterThan(0);
        expect(told).toBeLessThanOrEqual(elementAt(found.suppressed, limit));
      }
    },
  );
});

/** Every alert is posted or counted as left out, for each rule. */
function expectSums(alerts: readonly Alert[], found: LimitRun): void {
  found.suppressed.forEach((suppressed, rule) => {
    const own = alerts.flatMap((alert, index) => (alert.rule === rule ? [found.posted[index]] : []));
    expect(own.filter((posted) => posted === false).length).toBe(suppressed);
  });
  expect(found.lost.every((lost) => lost === 0)).toBe(true);
}
