import { type Command, InvalidArgumentError } from "commander";
import { DEFAULT_KERNEL } from "../vm/kernel-catalog.ts";
import { DEFAULT_SHAPE } from "../vm/qemu-arguments.ts";
import { type GuestSetting, runGuestCommand } from "../vm/run-guest.ts";
import { EXIT_ENVIRONMENT } from "./exit-codes.ts";
import { guestEnvironment, interruptSignal, openKernel, reportGuestEnd } from "./guest-session.ts";

/** Seconds that a guest may take unless told otherwise. */
export const DEFAULT_TIMEOUT = 120;

interface VmOptions {
  readonly kernel: string;
  readonly timeout: number;
  readonly cpus: number;
  readonly memory: number;
  readonly icount: boolean;
  readonly append: readonly string[];
  readonly lsm: string;
  readonly share: readonly string[];
  readonly tmpfs: readonly string[];
  readonly stdin: boolean;
}

const append = (value: string, previous: readonly string[]): readonly string[] => [...previous, value];

/** Adds `policyc vm`, which runs a command on another kernel with no policy: for work on policyc itself. */
export function registerVm(program: Command): void {
  program
    .command("vm", { hidden: true })
    .description("run a command in a throw-away virtual machine, as root, with no policy")
    .argument("<command...>", "the command and its arguments, after --")
    .option("--kernel <version>", "kernel to boot", DEFAULT_KERNEL)
    .option("--timeout <seconds>", "end the machine after this long", parseCount, DEFAULT_TIMEOUT)
    .option("--cpus <count>", "processors", parseCount, DEFAULT_SHAPE.cpus)
    .option("--memory <MiB>", "memory", parseCount, DEFAULT_SHAPE.memoryMiB)
    .option("--icount", "count instructions: one nanosecond each, one processor", false)
    .option("--append <argument>", "kernel argument (repeatable)", append, [])
    .option("--lsm <list>", "security modules", DEFAULT_SHAPE.securityModules.join(","))
    .option("--share <directory>", "directory that the guest may change for good (repeatable)", append, [])
    .option("--tmpfs <directory>", "empty directory in the guest (repeatable)", append, [])
    .option("--stdin", "pass standard input on", false)
    .action(async (command: readonly string[], options: VmOptions) => {
      process.exitCode = await runVm(command, options);
    });
}

async function runVm(argv: readonly string[], options: VmOptions): Promise<number> {
  const kernel = await openKernel(options.kernel);
  if (typeof kernel === "number") {
    return kernel;
  }
  const setting: GuestSetting = {
    kernel,
    shape: {
      cpus: options.cpus,
      memoryMiB: options.memory,
      countInstructions: options.icount,
      securityModules: options.lsm.split(","),
      kernelArguments: options.append,
    },
    timeoutSeconds: options.timeout,
    sharedDirectories: options.share,
    emptyDirectories: options.tmpfs,
    abort: interruptSignal(),
  };
  const end = await runGuestCommand(
    setting,
    { argv, cwd: process.cwd(), environment: guestEnvironment() },
    {
      stdout: (chunk) => process.stdout.write(chunk),
      stderr: (chunk) => process.stderr.write(chunk),
      events: () => undefined,
      ...(options.stdin ? { stdin: process.stdin } : {}),
    },
  );
  if (end.kind !== "finished") {
    reportGuestEnd(end);
    return EXIT_ENVIRONMENT;
  }
  return end.exit;
}

/** Reads a count of at least one from the command line. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new InvalidArgumentError("expected a whole number above 0");
  }
  return count;
}
