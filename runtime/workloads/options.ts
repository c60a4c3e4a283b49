/** What an operator says of workloads on the command line. */
import type { WorkloadSource } from "./feed.ts";
import { openFeed } from "./feed.ts";
import type { Unidentified } from "./rows.ts";

export interface WorkloadOptions {
  /** Who tells workloads besides the engines. */
  readonly feed: WorkloadSource | undefined;
  readonly unidentified: Unidentified;
}

/** As the command line has them. */
export interface WorkloadFlags {
  /** A file or a socket. */
  readonly workloads?: string;
  readonly unidentified?: Unidentified;
}

/** Milliseconds that a socket has for what it tells at once, and those of silence that end it. */
const LONGEST_START = 2000;
const SILENCE = 200;

/** Opens the feed and waits for what it tells at once. */
export async function openWorkloads({ workloads, unidentified }: WorkloadFlags): Promise<WorkloadOptions> {
  const feed = workloads === undefined ? undefined : openFeed(workloads, complain);
  if (feed !== undefined) {
    await untilSilent(feed);
  }
  return { feed, unidentified: unidentified ?? "leave" };
}

async function untilSilent(feed: WorkloadSource): Promise<void> {
  const deadline = Date.now() + LONGEST_START;
  let before = "";
  while (!feed.isWhole() && Date.now() < deadline && (before === "" || feed.version() !== before)) {
    before = feed.version() === "0" ? "" : feed.version();
    await new Promise((resolve) => setTimeout(resolve, SILENCE));
  }
}

/** Tells what could not be used. */
export function complain(message: string): void {
  process.stderr.write(`policyc-runtime: ${message}\n`);
}
