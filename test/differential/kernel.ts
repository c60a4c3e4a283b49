/** Decides events with generated code, in the kernel of this machine. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MapPlan, WELL_KNOWN_MAPS } from "../../runtime/manifest.ts";
import type { HookEvent } from "../../src/ir/evaluate.ts";
import type { IrHook, IrPolicy } from "../../src/ir/ir.ts";
import { decodeResults, encodeEvents, eventSize, type KernelResult, resultSize } from "./layout.ts";

/** A test-run build of one hook. */
export interface TestProgram {
  readonly hook: IrHook;
  /** Of each policy. */
  readonly modes: readonly IrPolicy["mode"][];
  /** BPF object file. */
  readonly object: Uint8Array;
  readonly plan: MapPlan;
}

export interface KernelRun {
  readonly results: readonly KernelResult[];
  readonly loadMilliseconds: number;
  /** Mean of one decision, with the system call that asks for it. */
  readonly nanosecondsPerEvent: number;
}

/** Compiles the runner with the system's C compiler and libbpf; its path. */
export function buildRunner(directory: string): string {
  const runner = join(directory, "runner");
  const source = join(import.meta.dirname, "runner.c");
  run("cc", ["-O2", "-Wall", "-Wextra", "-Werror", "-o", runner, source, "-lbpf"]);
  return runner;
}

/** A directory that `use` may write to; it is gone afterwards. */
export function inScratchDirectory<T>(use: (directory: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), "policyc-differential-"));
  try {
    return use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Why test-run programs can't run on this machine; undefined where they can. */
export function whyNotHere(): string | undefined {
  if (process.platform !== "linux") {
    return "needs Linux";
  }
  if (process.getuid?.() !== 0) {
    return "needs root, to load BPF programs";
  }
  return spawnSync("cc", ["--version"]).error === undefined ? undefined : "needs a C compiler and libbpf-dev";
}

/** Runs every event through the program. Throws with the kernel's words when it refuses the program. */
export function decideInKernel(
  runner: string,
  program: TestProgram,
  events: readonly HookEvent[],
): KernelRun {
  return inScratchDirectory((directory) => {
    const path = (name: string): string => join(directory, name);
    writeFileSync(path("program.o"), program.object);
    writeFileSync(path("plan"), planText(program));
    writeFileSync(path("events"), encodeEvents(program.hook, events));
    const files = ["program.o", "plan", "events", "results"].map(path);
    const numbers = [events.length, eventSize(program.hook), resultSize(program.hook)].map(String);
    const [load = 0, all = 0] = run(runner, [...files, ...numbers])
      .trim()
      .split(" ")
      .map(Number);
    return {
      results: decodeResults(program.hook, readFileSync(path("results"))),
      loadMilliseconds: load / 1e6,
      nanosecondsPerEvent: all / events.length,
    };
  });
}

function planText({ plan, modes }: TestProgram): string {
  const planned = plan.maps.flatMap(({ name, entries }) =>
    entries.map(({ key, value }) => `${name} ${key} ${value}\n`),
  );
  const chosen = modes.map((mode, policy) => {
    const entry = Buffer.alloc(8);
    entry.writeUInt32LE(policy, 0);
    entry.writeUInt32LE(mode === "enforce" ? 1 : 0, 4);
    return `${WELL_KNOWN_MAPS.modes} ${entry.toString("hex", 0, 4)} ${entry.toString("hex", 4)}\n`;
  });
  return [...planned, ...chosen].join("");
}

function run(command: string, args: readonly string[]): string {
  const ended = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 28, timeout: 120_000 });
  if (ended.status !== 0) {
    const words = ended.error?.message ?? ended.stderr.slice(-4000);
    throw new Error(`${command} ended with ${ended.status ?? ended.signal ?? "an error"}: ${words}`);
  }
  return ended.stdout;
}
