import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { storeBundle } from "../bundle/bundle.ts";
import { GUEST_DIRECTORY, GUEST_EVENTS_PATH } from "../vm/guest-job.ts";
import { DEFAULT_KERNEL } from "../vm/kernel-catalog.ts";
import { DEFAULT_SHAPE } from "../vm/qemu-arguments.ts";
import { type GuestStreams, runGuestCommand } from "../vm/run-guest.ts";
import { runHostCommand } from "../vm/run-host.ts";
import { type ClosingLine, parseClosingLine, parseRuntimeReport } from "../vm/runtime-events.ts";
import { type CommonOptions, addCommonOptions, wantsColor } from "./common-options.ts";
import { complain, reasonOf } from "./complain.ts";
import { EXIT_ENVIRONMENT, EXIT_USAGE } from "./exit-codes.ts";
import { guestEnvironment, interruptSignal, openKernel, reportGuestEnd } from "./guest-session.ts";
import { DEFAULT_TIMEOUT, parseCount } from "./vm.ts";

/** Compiles inputs to the bytes of a bundle, or prints the diagnostics and gives the exit code. */
export type CompileInputs = (
  inputs: readonly string[],
  options: CommonOptions,
) => Promise<Uint8Array | number>;

interface TryOptions extends CommonOptions {
  readonly kernel: string;
  readonly json: boolean;
  readonly timeout: number;
  readonly cpus: number;
  readonly memory: number;
}

/** What became of the command. */
interface Trial {
  readonly kernel: string;
  readonly exit: number;
}

const NEVER_RAN = "the command never ran";
const HOST = "host";
const BUNDLE_PATH = `${GUEST_DIRECTORY}/policy.policyc`;
const BUNDLE_EXTENSION = ".policyc";

/** Adds `policyc try`. */
export function registerTry(program: Command, compileInputs: CompileInputs): void {
  addCommonOptions(
    program
      .command("try")
      .description("enforce policies around one command, in a throw-away virtual machine or on this host")
      .usage("[options] INPUT... -- COMMAND ARG...")
      .argument("[words...]", "policy files, directories or one bundle, then -- and the command"),
  )
    .option("--kernel <version>", "kernel to boot, or `host` for this machine", DEFAULT_KERNEL)
    .option("--json", "print one JSON object and nothing else", false)
    .option("--timeout <seconds>", "end the virtual machine after this long", parseCount, DEFAULT_TIMEOUT)
    .option("--cpus <count>", "processors of the virtual machine", parseCount, DEFAULT_SHAPE.cpus)
    .option("--memory <MiB>", "memory of the virtual machine", parseCount, DEFAULT_SHAPE.memoryMiB)
    .action(async (words: readonly string[], options: TryOptions) => {
      process.exitCode = await runTry(words, options, compileInputs);
    });
}

async function runTry(
  words: readonly string[],
  options: TryOptions,
  compileInputs: CompileInputs,
): Promise<number> {
  // commander drops the `--`; what follows it on the command line is the command.
  const separator = process.argv.indexOf("--");
  const command = separator < 0 ? [] : process.argv.slice(separator + 1);
  const inputs = words.slice(0, words.length - command.length);
  if (command.length === 0 || inputs.length === 0) {
    complain("expected policies, then -- and a command: policyc try POLICY... -- COMMAND ARG...");
    return EXIT_USAGE;
  }
  const bundle = await openBundle(inputs, options, compileInputs);
  if (typeof bundle === "number") {
    return options.json ? printNeverRan(bundle, "the policies do not compile") : bundle;
  }
  return options.json ? tryToJson(bundle, command, options) : tryForPeople(bundle, command, options);
}

/** A bundle that was compiled before is taken as it is. */
async function openBundle(
  inputs: readonly string[],
  options: CommonOptions,
  compileInputs: CompileInputs,
): Promise<Uint8Array | number> {
  const [first = "", ...others] = inputs;
  if (!first.endsWith(BUNDLE_EXTENSION)) {
    return compileInputs(inputs, options);
  }
  if (others.length > 0) {
    complain("a bundle is tried alone: give one bundle, or policies");
    return EXIT_USAGE;
  }
  try {
    return readFileSync(first);
  } catch (error) {
    complain(`cannot read ${first}: ${reasonOf(error)}`);
    return EXIT_ENVIRONMENT;
  }
}

async function tryForPeople(
  bundle: Uint8Array,
  command: readonly string[],
  options: TryOptions,
): Promise<number> {
  let pending = "";
  let closing: ClosingLine | undefined;
  const trial = await runTrial(bundle, command, options, "compact", {
    stdout: (chunk) => process.stdout.write(chunk),
    stderr: (chunk) => process.stderr.write(chunk),
    events: (chunk) => {
      const lines = (pending + chunk.toString("utf8")).split("\n");
      pending = lines.pop() ?? "";
      for (const line of lines) {
        closing = parseClosingLine(line);
        if (closing === undefined) {
          process.stderr.write(`${line}\n`);
        }
      }
    },
  });
  if (typeof trial === "number") {
    return trial;
  }
  if (closing === undefined) {
    complain(`${NEVER_RAN}: standard error tells why`);
    adviseAgainstHost(options);
    return trial.exit === 0 ? EXIT_ENVIRONMENT : trial.exit;
  }
  process.stderr.write(`${closingText(trial, closing, wantsColor(options.color, process.stderr.isTTY))}\n`);
  return trial.exit;
}

function closingText({ kernel, exit }: Trial, { lost, signal }: ClosingLine, colored: boolean): string {
  const ending = signal === undefined ? `exit ${exit}` : `killed by ${signal} (exit ${exit})`;
  const colour = exit === 0 ? "32" : "31";
  const shown = colored ? `\x1b[${colour}m${ending}\x1b[0m` : ending;
  return `kernel ${kernel}: ${shown}, ${lost} ${lost === 1 ? "event" : "events"} lost`;
}

async function tryToJson(
  bundle: Uint8Array,
  command: readonly string[],
  options: TryOptions,
): Promise<number> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const events: Buffer[] = [];
  const trial = await runTrial(bundle, command, options, "json", {
    stdout: (chunk) => stdout.push(chunk),
    stderr: (chunk) => stderr.push(chunk),
    events: (chunk) => events.push(chunk),
  });
  if (typeof trial === "number") {
    return printNeverRan(trial, NEVER_RAN);
  }
  const report = parseRuntimeReport(Buffer.concat(events).toString("utf8"));
  const { closing } = report;
  const printed = {
    kernel: trial.kernel,
    exit: closing === undefined ? null : trial.exit,
    signal: closing?.signal ?? null,
    stdout: Buffer.concat(stdout).toString("utf8"),
    stderr: Buffer.concat(stderr).toString("utf8"),
    events: report.lines.map((line): unknown => JSON.parse(line)),
    lost: closing?.lost ?? 0,
    ...(closing === undefined ? { error: `${NEVER_RAN}: standard error tells why` } : {}),
  };
  if (closing === undefined) {
    adviseAgainstHost(options);
  }
  process.stdout.write(`${JSON.stringify(printed)}\n`);
  return closing !== undefined || trial.exit !== 0 ? trial.exit : EXIT_ENVIRONMENT;
}

/** The object of `--json` for a command that was never started; standard error has said why. */
function printNeverRan(exit: number, error: string): number {
  const unknown = { kernel: null, exit: null, signal: null, stdout: "", stderr: "", events: [], lost: 0 };
  process.stdout.write(`${JSON.stringify({ ...unknown, error: `${error}: standard error tells why` })}\n`);
  return exit;
}

function adviseAgainstHost({ kernel }: TryOptions): void {
  if (kernel === HOST) {
    complain("this machine's kernel can't serve the policy: without `--kernel host` a virtual machine does");
  }
}

/** Runs the command under the bundle, or says why that can't be done and gives the exit code. */
async function runTrial(
  bundle: Uint8Array,
  command: readonly string[],
  options: TryOptions,
  output: "compact" | "json",
  streams: GuestStreams,
): Promise<Trial | number> {
  const runtime = findRuntime();
  if (runtime === undefined) {
    complain("policyc-runtime is not installed beside policyc");
    return EXIT_ENVIRONMENT;
  }
  const colour =
    output === "compact" && wantsColor(options.color, process.stderr.isTTY) ? ["--color", "always"] : [];
  const argv = (bundlePath: string, eventsPath: string): readonly string[] => [
    ...[process.execPath, runtime, "run", bundlePath, "--output", output, ...colour],
    ...["--events-file", eventsPath, "--", ...command],
  ];
  if (options.kernel === HOST) {
    return { kernel: release(), exit: await runHostCommand(bundle, argv, streams) };
  }
  const kernel = await openKernel(options.kernel);
  if (typeof kernel === "number") {
    return kernel;
  }
  const end = await runGuestCommand(
    {
      kernel,
      shape: { ...DEFAULT_SHAPE, cpus: options.cpus, memoryMiB: options.memory },
      timeoutSeconds: options.timeout,
      files: [{ path: BUNDLE_PATH, mode: 0o600, content: storeBundle(bundle) }],
      abort: interruptSignal(),
    },
    { argv: argv(BUNDLE_PATH, GUEST_EVENTS_PATH), cwd: process.cwd(), environment: guestEnvironment() },
    streams,
  );
  if (end.kind !== "finished") {
    reportGuestEnd(end);
    return EXIT_ENVIRONMENT;
  }
  return { kernel: kernel.release, exit: end.exit };
}

/** The runtime's program: beside this one when built, in `dist` when this runs from source. */
function findRuntime(): string | undefined {
  return ["policyc-runtime.js", "../policyc-runtime.js", "../../dist/policyc-runtime.js"]
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path));
}
