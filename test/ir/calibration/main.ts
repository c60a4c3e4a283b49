/** Measures what programs cost, fits the weights of the estimate, and prints how good old and new ones are. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Measure, type Walked, measures } from "../../../src/ir/verify/estimate.ts";
import type { Part } from "../../../src/ir/verify/shape.ts";
import { weights } from "../../../src/ir/verify/weights.ts";
import type { KernelName } from "../../../src/vm/kernel-catalog.ts";
import { runInGuest } from "../../vm/guest.ts";
import { type Observation, type Quality, fitWeights, qualityOf } from "./fit.ts";
import {
  type CompiledSample,
  type Walk,
  compileSample,
  corpusSamples,
  isOld,
  parseWalks,
  prepareLoads,
  sampleName,
} from "./measure.ts";
import { samples } from "./samples.ts";

const directory = join(process.cwd(), "build/calibration");

/** Kernels whose verifiers are the three kinds that the estimate knows. */
const verifiers = {
  callbacksOnce: "6.1",
  callbacksAsLoops: "6.12",
  boundedLoops: "5.10",
} as const satisfies Readonly<Record<keyof Walked, KernelName>>;

/** Only the verifier of 5.10 walks rules one by one. */
const ruleless = ["rules"] as const;

/** What a program does one after the other takes no more stack the more there is of it. */
const stackless = ["rules", "comparisons", "pathEnds", "residues", "residueAtoms", "wideWords"] as const;

const unused = {
  instructions: ruleless,
  callbacksOnce: ruleless,
  callbacksAsLoops: ruleless,
  boundedLoops: ["words", "lookupWords", "loopWords", "pathLoopWords"],
  stackBytes: stackless,
} as const satisfies Readonly<Record<Measure, readonly Part[]>>;

async function main(reuse: boolean): Promise<void> {
  const compiled = await compileAll(reuse);
  const load = prepareLoads(directory, compiled);
  const once = await walksOn(verifiers.callbacksOnce, load("new"), reuse);
  const loops = await walksOn(verifiers.callbacksAsLoops, load("new"), reuse);
  const bounded = await walksOn(verifiers.boundedLoops, load("old"), reuse);
  const observed: Readonly<Record<Measure, readonly Observation[]>> = {
    instructions: observe(compiled, ({ built }) => built.instructions),
    callbacksOnce: observe(compiled, (_, walk) => once.get(walk)?.walked),
    callbacksAsLoops: observe(compiled, (_, walk) => loops.get(walk)?.walked),
    boundedLoops: observe(compiled, (_, walk) => bounded.get(walk)?.walked),
    stackBytes: observe(compiled, (_, walk) => loops.get(walk)?.stackBytes ?? once.get(walk)?.stackBytes),
  };
  for (const measure of measures) {
    if (observed[measure].length === 0) {
      console.log(`${measure}: nothing was measured`);
      continue;
    }
    const fitted = fitWeights(observed[measure], unused[measure]);
    console.log(`${measure}: ${JSON.stringify(fitted)},`);
    console.log(`  with these weights ${describe(qualityOf(observed[measure], fitted))}`);
    console.log(`  with weights.ts    ${describe(qualityOf(observed[measure], weights[measure]))}`);
  }
}

async function compileAll(reuse: boolean): Promise<readonly CompiledSample[]> {
  const compiled: CompiledSample[] = [];
  for (const sample of [...samples, ...corpusSamples()]) {
    const path = join(directory, `${sampleName(sample.name)}.o`);
    const known = reuse && existsSync(path) ? readFileSync(path) : undefined;
    const result = await compileSample(sample, known);
    if (typeof result !== "string") {
      compiled.push(result);
    } else if (samples.includes(sample)) {
      console.log(`${sample.name} is left out: ${result}`);
    }
  }
  console.log(`${compiled.length} policies compiled`);
  return compiled;
}

/** Walks on a kernel; with `reuse` those of the last time. */
async function walksOn(
  kernel: KernelName,
  command: readonly string[],
  reuse: boolean,
): Promise<ReadonlyMap<string, Walk>> {
  const file = join(directory, `${kernel}.tsv`);
  if (!reuse || !existsSync(file)) {
    const options = { timeoutSeconds: 1500 };
    const [result] = await runInGuest(
      kernel,
      [{ name: "load", argv: command, timeoutSeconds: 1400 }],
      options,
    );
    writeFileSync(file, result?.stdout ?? "");
  }
  const walks = parseWalks(readFileSync(file, "utf8"));
  console.log(`${walks.size} programs walked on ${kernel}`);
  return walks;
}

function observe(
  compiled: readonly CompiledSample[],
  actualOf: (program: CompiledSample["programs"][number], walk: string) => number | undefined,
): readonly Observation[] {
  return compiled.flatMap(({ name, programs }) =>
    programs.flatMap((program) => {
      const actual = actualOf(program, `${name} ${program.name}`);
      return actual === undefined || (isOld(program.name) && actual === 0)
        ? []
        : [{ name: `${name} ${program.name}`, shape: program.shape, actual }];
    }),
  );
}

function describe({ programs, lowest, median, highest }: Quality): string {
  const [low, middle, high] = [lowest.ratio, median, highest.ratio].map((ratio) => ratio.toFixed(2));
  return `estimate/actual of ${programs} programs: ${low} (${lowest.name}) to ${high} (${highest.name}), median ${middle}`;
}

await main(process.argv.includes("--reuse"));
