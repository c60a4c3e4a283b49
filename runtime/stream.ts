/** From ring buffer to lines of text. */
import { hostname } from "node:os";
import { writeSync } from "node:fs";
import { compactLine } from "./events/compact.ts";
import { wallClock } from "./events/clock.ts";
import { decodeRecord } from "./events/decode.ts";
import { eventJson } from "./events/json.ts";
import { kubearmorAlert } from "./events/kubearmor.ts";
import { observe } from "./events/observed.ts";
import type { Observed } from "./events/observed.ts";
import { readProcess } from "./events/proc.ts";
import { createStackNames } from "./events/stack.ts";
import type { WorkloadOf } from "./events/workload-json.ts";
import { createProcessTable } from "./events/processes.ts";
import type { ProcessTable } from "./events/processes.ts";
import { jsonLine } from "./events/quote.ts";
import { accountText, readAccounts, totalOf } from "./accounts.ts";
import type { Account, AccountMaps } from "./accounts.ts";
import { LIMIT_STATE } from "./event-layout.ts";
import { createThrottleWatch } from "./events/throttle-watch.ts";
import { bootTime, mapLookup, millisecondsSinceBoot } from "./libbpf.ts";
import type { Manifest } from "./manifest.ts";
import { readCounters } from "./maps.ts";
import type { Counts } from "./maps.ts";
import { createAsk } from "./requests.ts";
import { openRing } from "./ring.ts";
import type { WorkloadTracker } from "./workloads/tracker.ts";

/** `kubearmor`: alerts as KubeArmor prints them, one JSON object a line; other events are left out. */
export type OutputFormat = "compact" | "json" | "kubearmor";

export interface StreamOptions {
  readonly format: OutputFormat;
  readonly color: boolean;
  /** Events of hooks are kept when their policy has this name. */
  readonly policy?: string | undefined;
  /** Whether what rules ask for is fetched and resolved. */
  readonly requests: boolean;
  /** Where the lines go. */
  readonly fd: number;
  /** Tells containers and pods of processes; absent: nothing is told. */
  readonly workloads?: WorkloadTracker | undefined;
}

export interface EventStream {
  /** Prints what is there; the number of records. */
  readonly drain: () => number;
  /** What the kernel counted, after a last look. */
  readonly counts: () => Counts & { readonly malformed: number; readonly alerts: Account };
  /** Prints closing notices of limits that still leave out alerts: nobody will look any more. */
  readonly close: () => void;
}

/** File descriptors of a loaded bundle's maps. */
export interface StreamSource {
  readonly manifest: Manifest;
  readonly eventsFd: number;
  readonly countersFd: number;
  /** What limits remember; undefined for policies without limits. */
  readonly statesFd: number | undefined;
  readonly accounts: AccountMaps;
}

/** A table of processes that knows their cgroups where a tracker does. */
export function createProcesses(workloads?: WorkloadTracker): ProcessTable {
  return createProcessTable((tgid) => {
    const found = readProcess(tgid);
    return found && { ...found, process: { ...found.process, cgroup: workloads?.cgroupOf(tgid) } };
  });
}

/** Undefined when the ring buffer can't be read. */
export function openStream(
  source: StreamSource,
  processes: ProcessTable,
  options: StreamOptions,
): EventStream | undefined {
  const ring = openRing(source.eventsFd);
  if (ring === undefined) {
    return undefined;
  }
  const workloadOf: WorkloadOf = (cgroup) => options.workloads?.workloadOf(cgroup);
  const stackNames = createStackNames();
  const node = { name: hostname(), clock: wallClock(bootTime()), workloadOf, stackNames };
  const style = { source: node.name, workloadOf, color: options.color, stackNames };
  const ask = options.requests ? createAsk() : undefined;
  const render = (event: Observed): string | undefined => {
    switch (options.format) {
      case "compact":
        return compactLine(event, style);
      case "json":
        return jsonLine(eventJson(event, node));
      case "kubearmor": {
        const alert = kubearmorAlert(event, node);
        return alert === undefined ? undefined : jsonLine(alert);
      }
    }
  };
  const watch = createThrottleWatch((key) => readState(source.statesFd, key));
  let lost = readCounters(source.countersFd).lost;
  let malformed = 0;
  const rendered = (events: readonly Observed[]): readonly string[] =>
    events.map(render).filter((line) => line !== undefined);
  const wanted = (event: Observed): boolean =>
    (event.kind !== "throttle" || watch.see(event)) && isWanted(event, options.policy);
  const print = (lines: readonly string[]): void => {
    if (lines.length > 0) {
      writeAll(options.fd, `${lines.join("\n")}\n`);
    }
  };
  const drain = (): number => {
    const lines: string[] = [];
    const records = ring.drain((bytes) => {
      const record = decodeRecord(bytes, source.manifest);
      if (record.kind === "malformed") {
        malformed++;
        lines.push(malformedLine(record.reason, options.format));
        return;
      }
      const events = observe(record, processes).filter(wanted);
      lines.push(...rendered(events));
      for (const event of ask === undefined ? [] : events) {
        (event.kind === "hook" ? (event.decision.rule.requests ?? []) : []).forEach((one) => ask?.(one));
      }
    });
    if (source.statesFd !== undefined) {
      const over = watch.sweep(millisecondsSinceBoot());
      lines.push(...rendered(over.filter((event) => isWanted(event, options.policy))));
    }
    const now = readCounters(source.countersFd).lost;
    if (now > lost) {
      lines.push(lostLine(now - lost, options.format));
      lost = now;
    }
    print(lines);
    return records;
  };
  return {
    drain,
    counts: () => ({
      ...readCounters(source.countersFd),
      malformed,
      alerts: totalOf(readAccounts(source.accounts, source.manifest)),
    }),
    close: () => {
      const last = watch.close().filter((event) => isWanted(event, options.policy));
      print(rendered(last));
    },
  };
}

function readState(fd: number | undefined, key: Uint8Array): Uint8Array | undefined {
  const state = new Uint8Array(LIMIT_STATE.size);
  return fd !== undefined && mapLookup(fd, key, state) === 0 ? state : undefined;
}

function isWanted(event: Observed, policy: string | undefined): boolean {
  switch (event.kind) {
    case "exec":
    case "exit":
      return true;
    case "hook":
      return policy === undefined || event.decision.policy.name === policy;
    case "throttle":
      return policy === undefined || event.record.policy.name === policy;
  }
}

/** What became of all alerts, as the last line. */
export function accountLine(account: Account, format: OutputFormat): string {
  return format === "compact" ? accountText(account) : JSON.stringify({ alerts: account });
}

function lostLine(count: number, format: OutputFormat): string {
  return format !== "compact" ? JSON.stringify({ lost: count }) : `⚠ ${count} events lost`;
}

function malformedLine(reason: string, format: OutputFormat): string {
  return format !== "compact" ? jsonLine({ malformed: reason }) : `⚠ event not understood: ${reason}`;
}

/** Writes all of a text: the reader sets the pace, the ring buffer holds what comes meanwhile. */
export function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(fd, bytes, written);
    } catch (thrown) {
      if (!(thrown instanceof Error && "code" in thrown && thrown.code === "EAGAIN")) {
        throw thrown;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

const SOONEST = 10;
const LATEST = 100;

/**
 * Drains for as long as nobody stops it, more often while there is something, and keeps workloads up to date; the
 * function stops it.
 */
export function follow(streams: readonly EventStream[], workloads?: WorkloadTracker): () => void {
  let timer: NodeJS.Timeout | undefined;
  const step = (wait: number): void => {
    // First: a container that has just come is then known by its first events.
    workloads?.poll();
    const records = streams.reduce((sum, stream) => sum + stream.drain(), 0);
    const next = records > 0 ? SOONEST : Math.min(wait * 2, LATEST);
    timer = setTimeout(step, next, next);
  };
  timer = setTimeout(step, SOONEST, SOONEST);
  return () => {
    clearTimeout(timer);
  };
}
