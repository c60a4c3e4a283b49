/** Runs the measuring program in a guest. */
import { join } from "node:path";
import type { GuestStep } from "../src/vm/guest-job.ts";
import type { KernelName } from "../src/vm/kernel-catalog.ts";
import { prepareKernel } from "../src/vm/prepare-kernel.ts";
import { DEFAULT_SHAPE } from "../src/vm/qemu-arguments.ts";
import { runGuestSteps } from "../src/vm/run-guest.ts";
import { runCommand } from "./commands.ts";
import { benchFile, workDirectory } from "./place.ts";
import type { Variant } from "./variant.ts";

/** What one file cost, in instructions per open + read + close. */
export interface FileCost {
  readonly file: string;
  readonly instructions: number;
  /** The same of the dearest pass. */
  readonly most: number;
  readonly eventsPerIteration: number;
}

export interface LoadedProgram {
  readonly name: string;
  readonly section: string;
  /** BPF instructions after the kernel has rewritten them. */
  readonly instructions: number;
  readonly machineBytes: number;
  /** Instructions that the verifier walked. */
  readonly verified: number;
  readonly runs: number;
  readonly instructionsPerRun: number;
}

export interface LoadedMap {
  readonly name: string;
  readonly entries: number;
  /** What the kernel has set aside for it. */
  readonly bytes: number;
}

/** What the measuring program prints. */
export interface Measurement {
  readonly loadNanoseconds?: number;
  readonly files: readonly FileCost[];
  readonly programs?: readonly LoadedProgram[];
  readonly maps?: readonly LoadedMap[];
}

/** A measurement, or why there is none. */
export type Measured =
  | { readonly kind: "measured"; readonly variant: Variant; readonly value: Measurement }
  | { readonly kind: "failed"; readonly variant: Variant; readonly reason: string };

export interface GuestRun {
  readonly kernel: KernelName;
  readonly files: readonly string[];
  readonly countInstructions: boolean;
}

/** Directories of the guest that are empty file systems in memory, so that a file costs the same on every host. */
const emptyDirectories = ["/data", "/boot"];

/** Measures every variant, one after the other, in one guest. */
export async function measureVariants(
  run: GuestRun,
  variants: readonly Variant[],
): Promise<readonly Measured[]> {
  const program = buildMeasure();
  const steps = variants.map(({ name, object, plan }): GuestStep => ({
    name,
    argv: [program, object ?? "-", plan, ...run.files],
    timeoutSeconds: 600,
  }));
  const kernel = await prepareKernel(run.kernel, () => undefined);
  const shape = { ...DEFAULT_SHAPE, countInstructions: run.countInstructions };
  const { end, results } = await runGuestSteps(
    { kernel, shape, timeoutSeconds: 900, emptyDirectories },
    steps,
    { cwd: "/", environment: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root" } },
  );
  return variants.map((variant): Measured => {
    const result = results.find(({ name }) => name === variant.name);
    if (result?.exit !== 0) {
      const reason = result?.stderr.trim() ?? `the guest ended early: ${JSON.stringify(end)}`;
      return { kind: "failed", variant, reason: reason.split("\n").slice(-12).join("\n") };
    }
    // The measuring program is part of the bench: what it prints is known.
    return { kind: "measured", variant, value: JSON.parse(result.stdout) as Measurement };
  });
}

function buildMeasure(): string {
  const program = join(workDirectory, "measure");
  runCommand("cc", ["-O2", "-Wall", "-Wextra", "-Werror", "-o", program, benchFile("measure.c"), "-lbpf"]);
  return program;
}
