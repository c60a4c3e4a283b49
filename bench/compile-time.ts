/** How long a compilation takes, and how much of that is clang. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ObjectCache } from "../src/bundle/cache.ts";
import { compileObject } from "../src/bundle/clang.ts";
import { PROGRAM_FILE } from "../src/codegen/generate.ts";
import { median } from "./commands.ts";
import { manyPolicies } from "./many-policies.ts";
import { benchFile, workDirectory } from "./place.ts";
import { formatTable } from "./table.ts";
import { compileText } from "./variant.ts";

export interface CompileTime {
  readonly name: string;
  /** Milliseconds, the middle of some runs. */
  readonly cold: number;
  readonly clang: number;
  readonly cached: number;
}

const ROUNDS = 3;

/** Times some policies in this process, once it is warm: what starting costs is measured elsewhere. */
export async function measureCompileTimes(): Promise<readonly CompileTime[]> {
  const texts: readonly (readonly [string, string])[] = [
    ["file-observe", readFileSync(benchFile("policies/file-observe.policy"), "utf8")],
    ["1 policy", manyPolicies(1)],
    ["10 policies", manyPolicies(10)],
    ["100 policies", manyPolicies(100)],
  ];
  await compileText("warm-up.policy", manyPolicies(1));
  const times: CompileTime[] = [];
  for (const [name, text] of texts) {
    times.push(await measureOne(name, text));
  }
  return times;
}

async function measureOne(name: string, text: string): Promise<CompileTime> {
  const cache: ObjectCache = { directory: join(workDirectory, "objects"), maximumBytes: 1 << 30 };
  rmSync(cache.directory, { recursive: true, force: true });
  const { program } = await compileText("timed.policy", text, cache);
  const cold = await middle(() => compileText("timed.policy", text));
  const clang = await middle(() => compileObject(PROGRAM_FILE, program.text));
  const cached = await middle(() => compileText("timed.policy", text, cache));
  return { name, cold, clang, cached };
}

async function middle(run: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return median(times);
}

/** The table. */
export function renderCompileTimes(times: readonly CompileTime[]): string {
  return [
    "\nMilliseconds to compile to a bundle\n\n",
    formatTable(
      ["", "cold", "of which clang", "", "with the cache"],
      times.map(({ name, cold, clang, cached }) => [
        name,
        cold.toFixed(0),
        clang.toFixed(0),
        `${((100 * clang) / cold).toFixed(0)} %`,
        cached.toFixed(0),
      ]),
    ),
  ].join("");
}
