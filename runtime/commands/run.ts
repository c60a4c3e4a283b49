/** `policyc-runtime run`: one command under a bundle that goes when the command ends. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { constants } from "node:os";
import { readBundle } from "../bundle/read.ts";
import { failed, ok, thrownMessage } from "../failure.ts";
import type { Result } from "../failure.ts";
import { openHost } from "../host.ts";
import { mapFd } from "../libbpf.ts";
import { load, release, trackScope } from "../load.ts";
import type { Loaded } from "../load.ts";
import { LIMIT_MAPS, WELL_KNOWN_MAPS } from "../manifest.ts";
import { accountLine, createProcesses, follow, openStream, writeAll } from "../stream.ts";
import type { Throttling } from "../throttling.ts";
import type { EventStream, OutputFormat } from "../stream.ts";
import { type WorkloadFlags, type WorkloadOptions, openWorkloads } from "../workloads/options.ts";
import { type WorkloadTracker, createTracker } from "../workloads/tracker.ts";

export interface RunOptions {
  readonly format: OutputFormat;
  readonly color: boolean;
  readonly monitor: boolean;
  readonly throttling: Throttling;
  readonly eventsFile: string | undefined;
  readonly workloads: WorkloadFlags;
  readonly requests: boolean;
}

const STANDARD_ERROR = 2;
/** Milliseconds between looks at records that were reserved and not yet written. */
const SETTLE = 2;
const PASSED_ON = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** The exit status of the command, 128 and the signal when one ended it. */
export async function run(
  bundlePath: string,
  command: readonly string[],
  options: RunOptions,
): Promise<Result<number>> {
  const bundle = readBundle(bundlePath);
  if (bundle.kind === "failed") {
    return bundle;
  }
  const fd = openOutput(options.eventsFile);
  if (fd.kind === "failed") {
    return fd;
  }
  const workloads = await openWorkloads(options.workloads);
  const loaded = await load(bundle.value, openHost(), {
    monitor: options.monitor,
    throttling: options.throttling,
    workloads,
  });
  if (loaded.kind === "failed") {
    return loaded;
  }
  try {
    return await runUnder(loaded.value, command, options, fd.value, workloads);
  } finally {
    release(loaded.value);
    if (fd.value !== STANDARD_ERROR) {
      closeSync(fd.value);
    }
  }
}

function openOutput(path: string | undefined): Result<number> {
  try {
    return ok(path === undefined ? STANDARD_ERROR : openSync(path, "w", 0o600));
  } catch (thrown) {
    return failed(3, `can't write \`${path ?? ""}\``, [thrownMessage(thrown)]);
  }
}

async function runUnder(
  loaded: Loaded,
  command: readonly string[],
  options: RunOptions,
  fd: number,
  workloads: WorkloadOptions,
): Promise<Result<number>> {
  const tracker = trackScope(loaded, workloads) ?? trackForEvents(workloads);
  const stream = openStream(
    {
      manifest: loaded.bundle.manifest,
      eventsFd: mapFd(loaded.object, WELL_KNOWN_MAPS.events),
      countersFd: mapFd(loaded.object, WELL_KNOWN_MAPS.counters),
      statesFd:
        loaded.bundle.manifest.limits.length === 0 ? undefined : mapFd(loaded.object, LIMIT_MAPS.states),
      accounts: {
        hits: mapFd(loaded.object, WELL_KNOWN_MAPS.hits),
        alerts: mapFd(loaded.object, WELL_KNOWN_MAPS.alerts),
      },
    },
    createProcesses(tracker),
    { format: options.format, color: options.color, fd, workloads: tracker, requests: options.requests },
  );
  if (stream === undefined) {
    return failed(3, "the ring buffer of events can't be read");
  }
  const stop = follow([stream], tracker);
  const ended = await runCommand(command);
  stop();
  workloads.feed?.close();
  await settle(stream);
  stream.close();
  if (ended.kind === "failed") {
    return ended;
  }
  const { status, signal } = ended.value;
  const { lost, ...counts } = stream.counts();
  if (options.eventsFile === undefined) {
    writeAll(fd, `${accountLine(counts.alerts, options.format)}\n`);
  } else {
    // `lost` first: that is how the closing line is told from an event.
    writeAll(fd, `${JSON.stringify({ lost, ...counts, exit: status, signal })}\n`);
  }
  return ok(status);
}

/** Where rules are for everything, workloads are told in events where they can be known. */
function trackForEvents({ feed }: WorkloadOptions): WorkloadTracker {
  const tracker = createTracker(feed, [], () => undefined);
  tracker.refresh();
  return tracker;
}

async function settle(stream: EventStream): Promise<void> {
  let quiet = 0;
  while (quiet < 2) {
    quiet = stream.drain() > 0 ? 0 : quiet + 1;
    await new Promise((resolve) => setTimeout(resolve, SETTLE));
  }
}

interface Ended {
  readonly status: number;
  readonly signal: NodeJS.Signals | undefined;
}

function runCommand(command: readonly string[]): Promise<Result<Ended>> {
  const [program = "", ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: "inherit" });
    const passOn = (signal: NodeJS.Signals): void => {
      child.kill(signal);
    };
    for (const signal of PASSED_ON) {
      process.on(signal, passOn);
    }
    const finish = (result: Result<Ended>): void => {
      for (const signal of PASSED_ON) {
        process.off(signal, passOn);
      }
      resolve(result);
    };
    child.once("error", (error) => {
      finish(failed(3, `can't run \`${program}\``, [error.message]));
    });
    child.once("exit", (code, signal) => {
      finish(
        ok(
          signal === null
            ? { status: code ?? 0, signal: undefined }
            : { status: 128 + constants.signals[signal], signal },
        ),
      );
    });
  });
}
