/** Whether the estimates of budgets are near what clang and this machine's kernel make of policies. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { estimate } from "../../src/ir/verify/estimate.ts";
import { helpersOf } from "../../src/ir/verify/calls.ts";
import { worstOverestimate } from "../../src/ir/verify/weights.ts";
import { helperFeatures } from "../../src/kernel/features.ts";
import { elementAt } from "../../src/source/invariant.ts";
import { buildRunner } from "../differential/kernel.ts";
import {
  type CompiledSample,
  buildLoader,
  compileSample,
  compileTestRun,
  isOld,
  parseWalks,
} from "./calibration/measure.ts";
import { samples } from "./calibration/samples.ts";

/** A small and a large sample of some kinds: `node scripts/calibrate.mjs` has them all. */
const chosen = samples.filter(({ name }) =>
  /^(?:prefixes|ranges|residues|addresses|policies)-(?:1|100)$/.test(name),
);

let compiled: readonly CompiledSample[] = [];
let directory = "";

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "policyc-fit-"));
  const results: CompiledSample[] = [];
  for (const sample of chosen) {
    const result = await compileSample(sample);
    if (typeof result === "string") {
      throw new Error(`${sample.name}: ${result}`);
    }
    results.push(result);
  }
  compiled = results;
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe("what clang makes of policies", () => {
  const ratios = (): readonly (readonly [number, string])[] =>
    compiled.flatMap(({ name, programs }) =>
      programs.map((program) => [
        estimate(program.shape).instructions / program.built.instructions,
        `${name} ${program.name}`,
      ]),
    );

  it("has about as many instructions as the estimate says", () => {
    const sorted = [...ratios()].sort(([a], [b]) => a - b);
    const [lowest, median, highest] = [0, sorted.length >> 1, sorted.length - 1].map((at) =>
      elementAt(sorted, at),
    );
    const shown = (ratio: readonly [number, string] | undefined): string =>
      `${(ratio?.[0] ?? 0).toFixed(2)} (${ratio?.[1] ?? ""})`;
    console.log(
      `instructions, estimate/actual: ${shown(lowest)} to ${shown(highest)}, median ${shown(median)}`,
    );
    expect(lowest?.[0]).toBeGreaterThan(0.5);
    expect(highest?.[0]).toBeLessThan(2);
    expect(Math.abs((median?.[0] ?? 0) - 1)).toBeLessThan(0.25);
  });

  it("calls no helper that the budget does not name", () => {
    for (const { name, programs } of compiled) {
      for (const { built } of programs) {
        const known = helpersOf(isOld(built.name) ? "5.10" : "6.1").map(
          (helper) => helperFeatures[helper].id,
        );
        expect({ name, unknown: built.helpers.filter((id) => !known.includes(id)) }).toEqual({
          name,
          unknown: [],
        });
      }
    }
  });

  it("needs no more stack than the estimate says, by far", () => {
    for (const { programs } of compiled) {
      for (const { shape, built } of programs) {
        expect(estimate(shape).stackBytes * worstOverestimate.stackBytes).toBeGreaterThan(built.stack);
      }
    }
  });
});

describe("what this machine's verifier walks", () => {
  it("is what the estimate says, within the margins that are known", async (context) => {
    const runner = await buildRunner(directory);
    if (runner.kind === "absent") {
      console.log(`skipped: what this machine's verifier walks: ${runner.why}`);
      context.skip();
      return;
    }
    const objects: string[] = [];
    for (const sample of chosen) {
      const object = await compileTestRun(sample);
      if (typeof object === "string") {
        throw new Error(`${sample.name}: ${object}`);
      }
      const path = join(directory, `${sample.name}.o`);
      writeFileSync(path, object);
      objects.push(path);
    }
    const loader = buildLoader(directory);
    const { stdout, stderr } = spawnSync(loader, ["new", ...objects], { encoding: "utf8" });
    const walks = parseWalks(stdout);
    expect(stderr).toBe("");
    expect(walks.size).toBeGreaterThan(0);
    const ratios = compiled.flatMap(({ name, programs }): readonly number[] => {
      const walk = walks.get(`${name} test_hook_0`);
      const shape = programs.find((program) => !isOld(program.name) && program.shape.guard === 0)?.shape;
      return walk === undefined || shape === undefined
        ? []
        : [estimate(shape).walked.callbacksAsLoops / walk.walked];
    });
    const sorted = [...ratios].sort((a, b) => a - b);
    console.log(
      `walked here, estimate/actual of test-run builds: ${sorted.map((ratio) => ratio.toFixed(2)).join(", ")}`,
    );
    // These builds read ready-made paths in place of the kernel's, so they walk less.
    expect(elementAt(sorted, 0)).toBeGreaterThan(0.1);
    expect(elementAt(sorted, sorted.length - 1)).toBeLessThan(20);
  });
});
