/**
 * `make fuzz`: random hooks and events decided both ways, and random texts for the parsers, in turn, until it is told
 * to stop (Ctrl-C, or after POLICYC_FUZZ_SECONDS) or finds a fault. POLICYC_FUZZ_SEED starts at the seed of an
 * earlier run.
 */
import { test } from "vitest";
import { add, describeTally, EMPTY_TALLY, runRounds, type Tally } from "../differential/campaign.ts";
import { buildRunner, inScratchDirectory } from "../differential/kernel.ts";
import { SHAPES } from "../differential/sizes.ts";
import { tryTexts } from "./texts.ts";

const EVENTS_PER_HOOK = 3000;
const TEXTS_PER_TURN = 300;
const HOOKS_AT_ONCE = 2;

function numberFrom(variable: string): number | undefined {
  const text = process.env[variable];
  return text === undefined || text === "" ? undefined : Number(text);
}

const firstSeed = numberFrom("POLICYC_FUZZ_SEED") ?? Date.now() % 1_000_000_000;
const seconds = numberFrom("POLICYC_FUZZ_SECONDS") ?? Infinity;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

test("until told to stop", { timeout: 0 }, async ({ signal }) => {
  const end = performance.now() + seconds * 1000;
  const stopped = (): boolean => signal.aborted;
  await inScratchDirectory(async (directory) => {
    const runner = await buildRunner(directory);
    if (runner.kind === "absent") {
      say(`decisions are not tried in the kernel: ${runner.why}`);
    }
    let decided: Tally = EMPTY_TALLY;
    let texts = 0;
    for (let seed = firstSeed; !stopped() && performance.now() < end; seed++) {
      try {
        if (runner.kind === "ready") {
          const rounds = SHAPES.map((shape) => ({ shape, seed, events: EVENTS_PER_HOOK }));
          decided = add(decided, await runRounds(runner.path, rounds, HOOKS_AT_ONCE, () => undefined));
        }
        texts += await tryTexts(seed, TEXTS_PER_TURN);
      } catch (error) {
        // Ctrl-C ends clang and the runner as well: that is no fault.
        if (!stopped()) {
          throw error;
        }
      }
      say(`seed ${seed}: ${describeTally(decided)}; ${texts.toLocaleString("en")} texts`);
    }
  });
});
