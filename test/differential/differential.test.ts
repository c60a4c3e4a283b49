/** The reference evaluator and the generated decide code, run by this machine's kernel, agree on random hooks. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { describeTally, type Round, runRounds } from "./campaign.ts";
import { buildRunner } from "./kernel.ts";
import { SHAPES } from "./sizes.ts";

const DECISIONS = 100_000;
/** Another hook costs a compilation, another event a microsecond. */
const HOOKS_PER_SHAPE = 4;
const SEED = 1;

const directory = mkdtempSync(join(tmpdir(), "policyc-differential-"));
const runner = await buildRunner(directory);
if (runner.kind === "absent") {
  console.log(`decisions are not tried in the kernel: ${runner.why}`);
}

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** Hooks of each shape in turn, so that two at once are rarely both large. */
const rounds: readonly Round[] = Array.from({ length: HOOKS_PER_SHAPE }, (_, index) => SEED + index).flatMap(
  (seed) =>
    SHAPES.map((shape) => ({
      shape,
      seed,
      events: Math.ceil(DECISIONS / (SHAPES.length * HOOKS_PER_SHAPE)),
    })),
);

test.skipIf(runner.kind === "absent")(
  `${DECISIONS.toLocaleString("en")} decisions are the same`,
  { timeout: 600_000 },
  async () => {
    const tally = await runRounds(runner.kind === "ready" ? runner.path : "", rounds, 2, () => undefined);
    console.log(describeTally(tally));
    expect(tally.decisions).toBeGreaterThanOrEqual(DECISIONS);
  },
);
