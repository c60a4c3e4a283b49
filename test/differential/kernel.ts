/** Decides events with generated code, in the kernel of this machine. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MapPlan, WELL_KNOWN_MAPS } from "../../runtime/manifest.ts";
import { findClang } from "../../src/bundle/clang.ts";
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

/** Where decisions can be made: a program that runs them, or why this machine can't. */
export type Runner =
  { readonly kind: "ready"; readonly path: string } | { readonly kind: "absent"; readonly why: string };

/** Why BPF programs can't be made and loaded on this machine, as far as that is seen without trying. */
export function whyNotHere(): string | undefined {
  if (process.platform !== "linux") {
    return "needs Linux";
  }
  if (process.getuid?.() !== 0) {
    return "needs root, to load BPF programs";
  }
  return findClang() === undefined ? "needs clang, to compile BPF programs" : undefined;
}

/** Compiles the runner with the system's C compiler and libbpf, and tries whether the kernel takes programs. */
export async function buildRunner(directory: string): Promise<Runner> {
  const absent = (why: string): Runner => ({ kind: "absent", why });
  const why = whyNotHere();
  if (why !== undefined) {
    return absent(why);
  }
  const path = join(directory, "runner");
  const source = join(import.meta.dirname, "runner.c");
  const flags = ["-O2", "-Wall", "-Wextra", "-Werror"];
  const compiled = await run("cc", [...flags, "-o", path, source, "-lbpf"]);
  if (compiled.status !== 0) {
    return absent(`needs a C compiler and libbpf-dev: ${lastWords(compiled)}`);
  }
  const tried = await run(path, []);
  return tried.status === 0
    ? { kind: "ready", path }
    : absent(`this kernel takes no BPF programs from here: ${lastWords(tried)}`);
}

/** A directory that `use` may write to; it is gone afterwards. */
export async function inScratchDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "policyc-differential-"));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs every event through the program. Throws with the kernel's words when it refuses the program. */
export async function decideInKernel(
  runner: string,
  program: TestProgram,
  events: readonly HookEvent[],
): Promise<KernelRun> {
  return inScratchDirectory(async (directory) => {
    const path = (name: string): string => join(directory, name);
    await writeFile(path("program.o"), program.object);
    await writeFile(path("plan"), planText(program));
    await writeFile(path("events"), encodeEvents(program.hook, events));
    const files = ["program.o", "plan", "events", "results"].map(path);
    const numbers = [events.length, eventSize(program.hook), resultSize(program.hook)].map(String);
    const ended = await run(runner, [...files, ...numbers]);
    if (ended.status !== 0) {
      throw new Error(`the kernel refuses the program: ${lastWords(ended)}`);
    }
    const [load = 0, all = 0] = ended.output.trim().split(" ").map(Number);
    return {
      results: decodeResults(program.hook, await readFile(path("results"))),
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

interface Ended {
  readonly status: number | undefined;
  readonly output: string;
  readonly messages: string;
}

function lastWords({ status, messages }: Ended): string {
  return messages === "" ? `status ${status ?? "none"}` : messages.trim().slice(-1000);
}

function run(command: string, parameters: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command, parameters, { stdio: ["ignore", "pipe", "pipe"], timeout: 120_000 });
    let output = "";
    let messages = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      // A verifier's log can be megabytes long; its end says what is wrong.
      messages = (messages + chunk).slice(-8000);
    });
    child.on("error", (error) => {
      resolve({ status: undefined, output, messages: error.message });
    });
    child.on("close", (status) => {
      resolve({ status: status ?? undefined, output, messages });
    });
  });
}
