/** `policyc-runtime events`: what the loaded bundles report, until stopped. */
import { openSync } from "node:fs";
import { rememberAll } from "../events/proc.ts";
import { failed, ok } from "../failure.ts";
import type { Result } from "../failure.ts";
import { lockFile } from "../libbpf.ts";
import { LIMIT_MAPS } from "../manifest.ts";
import { totalOf } from "../accounts.ts";
import { openMap, openMaps, pinDirectory, readRecord } from "../pins.ts";
import { accountLine, createProcesses, follow, openStream, writeAll } from "../stream.ts";
import type { EventStream, OutputFormat } from "../stream.ts";
import { trackLoaded } from "../workloads/loaded.ts";
import type { WorkloadFlags } from "../workloads/options.ts";
import type { WorkloadTracker } from "../workloads/tracker.ts";

export interface EventFlags {
  readonly format: OutputFormat;
  readonly color: boolean;
  readonly policy: string | undefined;
  readonly workloads: WorkloadFlags;
  readonly requests: boolean;
}

const STANDARD_OUTPUT = 1;
const LOCK_EXCLUSIVE = 2;
const LOCK_AT_ONCE = 4;

/** Prints events of the named bundles until a signal says stop. */
export async function followLoaded(names: readonly string[], flags: EventFlags): Promise<Result<number>> {
  if (names.length === 0) {
    return failed(3, "nothing is loaded");
  }
  const tracked = await trackLoaded(names, flags.workloads);
  if (tracked.kind === "failed") {
    return tracked;
  }
  const tracker = tracked.value;
  const processes = createProcesses(tracker);
  const streams: EventStream[] = [];
  for (const name of names) {
    const stream = openLoaded(name, processes, flags, tracker);
    if (stream.kind === "failed") {
      return stream;
    }
    streams.push(stream.value);
  }
  rememberAll(processes, tracker.cgroupOf);
  const stop = follow(streams, tracker);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => {
        resolve();
      });
    }
  });
  stop();
  for (const stream of streams) {
    stream.drain();
    stream.close();
  }
  const total = totalOf(streams.map((stream) => stream.counts().alerts));
  writeAll(STANDARD_OUTPUT, `${accountLine(total, flags.format)}\n`);
  return ok(0);
}

function openLoaded(
  name: string,
  processes: ReturnType<typeof createProcesses>,
  flags: EventFlags,
  workloads: WorkloadTracker,
): Result<EventStream> {
  const record = readRecord(name);
  if (record.kind === "failed") {
    return record;
  }
  // A record in the ring can be read once: two readers would each see half. The lock goes with the process.
  const directory = openSync(pinDirectory(name), "r");
  if (lockFile(directory, LOCK_EXCLUSIVE | LOCK_AT_ONCE) !== 0) {
    return failed(3, `another process is reading the events of \`${name}\``);
  }
  const { manifest } = record.value;
  const maps = openMaps(name, ["events", "counters", "hits", "alerts"]);
  const states = manifest.limits.length === 0 ? ok(undefined) : openMap(name, LIMIT_MAPS.states);
  if (maps.kind === "failed") {
    return maps;
  }
  if (states.kind === "failed") {
    return states;
  }
  const { events, counters, hits, alerts } = maps.value;
  const stream = openStream(
    {
      manifest,
      eventsFd: events,
      countersFd: counters,
      statesFd: states.value,
      accounts: { hits, alerts },
    },
    processes,
    { ...flags, fd: STANDARD_OUTPUT, workloads },
  );
  return stream === undefined ? failed(3, `the events of \`${name}\` can't be read`) : ok(stream);
}
