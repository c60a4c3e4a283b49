import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { storeBundle } from "../../src/bundle/bundle.ts";
import type { GuestFile, GuestStep, StepResult } from "../../src/vm/guest-job.ts";
import { KERNEL_NAMES, type KernelName, kernelByName } from "../../src/vm/kernel-catalog.ts";
import { prepareKernel } from "../../src/vm/prepare-kernel.ts";
import { DEFAULT_SHAPE, type MachineShape } from "../../src/vm/qemu-arguments.ts";
import { runGuestSteps } from "../../src/vm/run-guest.ts";

/** The root of the repository, which the guest sees at the same path. */
export const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

/** Command line of the built runtime, for steps in a guest. */
export const RUNTIME = [process.execPath, `${REPOSITORY}dist/policyc-runtime.js`] as const;

/**
 * The kernels that a suite is tried on: `usual` ones, with POLICYC_ALL_KERNELS all, with POLICYC_TEST_KERNELS=5.10,7.2
 * those. Prints which are left out: with every kernel for every suite the tests take more than twenty minutes.
 */
export function testKernels(suite: string, usual: readonly KernelName[]): readonly KernelName[] {
  const named = process.env["POLICYC_TEST_KERNELS"]?.split(",").flatMap((word) => kernelByName(word) ?? []);
  const chosen = named ?? (process.env["POLICYC_ALL_KERNELS"] === undefined ? usual : KERNEL_NAMES);
  const left = KERNEL_NAMES.filter((name) => !chosen.includes(name));
  if (left.length > 0) {
    process.stdout.write(`${suite}: not tried on ${left.join(", ")} (POLICYC_ALL_KERNELS=1 tries all)\n`);
  }
  return chosen;
}

export interface GuestTestOptions {
  readonly files?: readonly GuestFile[];
  readonly emptyDirectories?: readonly string[];
  readonly shape?: Partial<MachineShape>;
  readonly timeoutSeconds?: number;
}

/**
 * Compiles with the built command line to `build/NAME.policyc`; gives its path. The bundle is not compressed: in a guest,
 * unpacking is a quarter of what loading takes. Throws with the diagnostics.
 */
export function compileForGuest(name: string, args: readonly string[]): string {
  const bundle = `${REPOSITORY}build/${name}.policyc`;
  mkdirSync(dirname(bundle), { recursive: true });
  const { status, stderr } = spawnSync(
    process.execPath,
    [`${REPOSITORY}dist/policyc.js`, "compile", ...args, "-o", bundle],
    { encoding: "utf8" },
  );
  if (status !== 0) {
    throw new Error(`${name} does not compile (status ${status ?? -1}):\n${stderr}`);
  }
  writeFileSync(bundle, storeBundle(readFileSync(bundle)));
  return bundle;
}

/**
 * Boots one guest, runs steps in it as root and gives their results in order. Throws, with the guest's
 * console, when it does not get through all of them: a test of a dead guest has proved nothing.
 */
export async function runInGuest(
  kernelName: KernelName,
  steps: readonly GuestStep[],
  options: GuestTestOptions = {},
): Promise<readonly StepResult[]> {
  const kernel = await prepareKernel(kernelName, () => undefined);
  const { end, results } = await runGuestSteps(
    {
      kernel,
      shape: { ...DEFAULT_SHAPE, ...options.shape },
      timeoutSeconds: options.timeoutSeconds ?? 240,
      ...(options.files === undefined ? {} : { files: options.files }),
      ...(options.emptyDirectories === undefined ? {} : { emptyDirectories: options.emptyDirectories }),
    },
    steps,
    { cwd: "/", environment: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", HOME: "/root" } },
  );
  if (end.kind !== "finished") {
    const done = results.map((result) => result.name).join(", ");
    throw new Error(`guest with kernel ${kernelName}: ${JSON.stringify(end, null, 2)}\nsteps done: ${done}`);
  }
  return results;
}
