/** Many random hooks, each with many random events, decided both ways. */
import fc from "fast-check";
import type { HookEvent } from "../../src/ir/evaluate.ts";
import { elementAt } from "../../src/source/invariant.ts";
import { explainDifference, tryHook } from "./agree.ts";
import { eventOf } from "./events.ts";
import { hookOf, type HookShape, type RandomHook } from "./hooks.ts";

/** One hook and its events: what is drawn depends on nothing else. */
export interface Round {
  readonly shape: HookShape;
  readonly seed: number;
  /** How many events. */
  readonly events: number;
}

/** What a campaign has done so far. */
export interface Tally {
  readonly hooks: number;
  /** An event at a hook, decided both ways. */
  readonly decisions: number;
  /** In the kernel, with the system call that asks for a decision. */
  readonly nanoseconds: number;
  /** Of the program that took longest to load. */
  readonly slowestLoadMilliseconds: number;
}

export const EMPTY_TALLY: Tally = { hooks: 0, decisions: 0, nanoseconds: 0, slowestLoadMilliseconds: 0 };

/** Small enough that a test's report does not wait for it. */
const SHRINK_LIMITS = { attempts: 400, milliseconds: 60_000 };

/** The hook and events of a round. */
export function drawRound({ shape, seed, events }: Round): {
  readonly random: RandomHook;
  readonly events: readonly HookEvent[];
} {
  // fast-check's bias towards small values would give hooks of one field and rules that hold for everything.
  const random = elementAt(fc.sample(fc.noBias(hookOf(shape)), { numRuns: 1, seed }), 0);
  return { random, events: fc.sample(fc.noBias(eventOf(random.hook)), { numRuns: events, seed }) };
}

/**
 * Runs rounds, `atOnce` of them at a time, until there are no more. Throws at the first difference, with what is
 * needed to look into it, and when clang or the kernel refuses a program. `report` is told after each round.
 */
export async function runRounds(
  runner: string,
  rounds: Iterable<Round>,
  atOnce: number,
  report: (tally: Tally) => void,
): Promise<Tally> {
  const queue = rounds[Symbol.iterator]();
  let tally = EMPTY_TALLY;
  let failed = false;
  const work = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true && !failed; next = queue.next()) {
      try {
        const one = await runRound(runner, next.value);
        tally = add(tally, one);
      } catch (error) {
        failed = true;
        throw error;
      }
      report(tally);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return tally;
}

async function runRound(runner: string, round: Round): Promise<Tally> {
  const { random, events } = drawRound(round);
  const place = `a hook of ${round.shape.rules} rules, seed ${round.seed}`;
  const { run, differences } = await tryHook(runner, random, events).catch((error: unknown) => {
    throw new Error(`${place} can't be tried: ${error instanceof Error ? error.message : String(error)}`);
  });
  const [first] = differences;
  if (first !== undefined) {
    const explained = await explainDifference(runner, random, first, SHRINK_LIMITS);
    throw new Error(`${place}: ${differences.length} of ${events.length} events differ\n${explained}`);
  }
  return {
    hooks: 1,
    decisions: events.length,
    nanoseconds: run.nanosecondsPerEvent * events.length,
    slowestLoadMilliseconds: run.loadMilliseconds,
  };
}

/** Both together. */
export function add(one: Tally, other: Tally): Tally {
  return {
    hooks: one.hooks + other.hooks,
    decisions: one.decisions + other.decisions,
    nanoseconds: one.nanoseconds + other.nanoseconds,
    slowestLoadMilliseconds: Math.max(one.slowestLoadMilliseconds, other.slowestLoadMilliseconds),
  };
}

export function describeTally({ hooks, decisions, nanoseconds, slowestLoadMilliseconds }: Tally): string {
  const each = Math.round(nanoseconds / Math.max(1, decisions));
  return (
    `${decisions.toLocaleString("en")} decisions at ${hooks} hooks, ` +
    `${each} ns each, slowest load ${Math.round(slowestLoadMilliseconds)} ms`
  );
}
