/** `policyc-runtime load`: bundles that stay in the kernel when the runtime has ended. */
import { resolve } from "node:path";
import { readBundle } from "../bundle/read.ts";
import type { Bundle } from "../bundle/read.ts";
import { failed, ok } from "../failure.ts";
import type { Result } from "../failure.ts";
import { openHost } from "../host.ts";
import { load, release } from "../load.ts";
import type { Loaded } from "../load.ts";
import { farewell } from "../farewell.ts";
import { followsNode, throttlingText } from "../throttling.ts";
import type { Throttling } from "../throttling.ts";
import { isLoaded, isName, nameOfBundle, publish, readRecord, removePins, stage, unload } from "../pins.ts";
import type { LoadRecord, Staged } from "../pins.ts";
import { followLoaded } from "./events.ts";
import type { Manifest, ScopeTest } from "../manifest.ts";
import { requestNotes } from "../requests.ts";
import type { OutputFormat } from "../stream.ts";
import { type WorkloadFlags, type WorkloadOptions, openWorkloads } from "../workloads/options.ts";

export interface LoadFlags {
  readonly format: OutputFormat;
  readonly color: boolean;
  readonly follow: boolean;
  readonly monitor: boolean;
  readonly throttling: Throttling;
  readonly replace: boolean;
  readonly name: string | undefined;
  readonly workloads: WorkloadFlags;
  readonly requests: boolean;
}

interface Named {
  readonly name: string;
  readonly bundle: Bundle;
}

interface Placed extends Named {
  readonly loaded: Loaded;
  readonly staged: Staged;
}

/** Loads all of the bundles or none. */
export async function loadBundles(paths: readonly string[], flags: LoadFlags): Promise<Result<number>> {
  const named = readAll(paths, flags);
  if (named.kind === "failed") {
    return named;
  }
  const placed: Placed[] = [];
  const workloads = await openWorkloads(flags.workloads);
  for (const one of named.value) {
    const next = await place(one, flags, workloads);
    if (next.kind === "failed") {
      placed.forEach(undo);
      return next;
    }
    placed.push(next.value);
  }
  for (const one of placed) {
    const before = isLoaded(one.name) ? readRecord(one.name) : undefined;
    if (before?.kind === "ok") {
      process.stderr.write(farewell(one.name, before.value.manifest).join(""));
    }
    publish(one.staged, recordOf(one, flags));
    process.stderr.write(summary(one, flags));
  }
  workloads.feed?.close();
  if (!flags.follow) {
    placed.forEach(({ loaded }) => {
      release(loaded);
    });
    return ok(0);
  }
  return followUntilStopped(placed, flags);
}

function readAll(paths: readonly string[], flags: LoadFlags): Result<readonly Named[]> {
  if (flags.name !== undefined && (paths.length > 1 || !isName(flags.name))) {
    return failed(2, "--name takes one bundle and a name of letters, digits, `_` and `-`");
  }
  const named: Named[] = [];
  for (const path of paths) {
    const name = flags.name ?? nameOfBundle(path);
    if ((isLoaded(name) && !flags.replace) || named.some((one) => one.name === name)) {
      return failed(2, `\`${name}\` is loaded already`, ["use --replace, or --name for another name"]);
    }
    const bundle = readBundle(path);
    if (bundle.kind === "failed") {
      return bundle;
    }
    named.push({ name, bundle: bundle.value });
  }
  return ok(named);
}

async function place(named: Named, flags: LoadFlags, workloads: WorkloadOptions): Promise<Result<Placed>> {
  const loaded = await load(named.bundle, openHost(), {
    monitor: flags.monitor,
    throttling: flags.throttling,
    workloads,
  });
  if (loaded.kind === "failed") {
    return loaded;
  }
  const staged = stage(loaded.value, named.name);
  if (staged.kind === "failed") {
    release(loaded.value);
    return staged;
  }
  const placed = { ...named, loaded: loaded.value, staged: staged.value };
  if (staged.value.unpinnable.length > 0 && !flags.follow) {
    undo(placed);
    return failed(3, "this kernel can't pin every program: enforcement would end with this command", [
      `not pinned: ${staged.value.unpinnable.join(", ")}`,
      "use --follow to enforce for as long as the command runs",
    ]);
  }
  return ok(placed);
}

function undo(placed: Placed): void {
  removePins(placed.staged.directory);
  release(placed.loaded);
}

function recordOf({ name, bundle, loaded, staged }: Placed, { workloads: told }: LoadFlags): LoadRecord {
  const { workloads, unidentified } = told;
  return {
    name,
    manifest: bundle.manifest,
    digest: bundle.digest,
    attached: loaded.links.map((link) => ({ purpose: link.attachment.purpose, program: link.name })),
    loadedAt: new Date().toISOString(),
    ...(workloads === undefined ? {} : { workloads: resolve(workloads) }),
    ...(unidentified === undefined ? {} : { unidentified }),
    ...(staged.unpinnable.length > 0 ? { heldBy: process.pid } : {}),
  };
}

function summary({ name, bundle, loaded, staged }: Placed, flags: LoadFlags): string {
  const { manifest } = bundle;
  const modes = flags.monitor
    ? "monitor only"
    : manifest.policies.map((one) => `${one.name} (${one.mode})`).join(", ");
  const lines = [
    `loaded ${name}: ${counted(loaded.links.length, "program")}, ${counted(manifest.rules.length, "rule")}; ${modes}`,
    ...loaded.skipped.map(({ purpose }) => `not on this kernel, so not needed: ${purpose}`),
    ...(followsNode(manifest) ? [`alert throttling ${throttlingText(flags.throttling)}`] : []),
    ...manifest.notes.map((note) => `note: ${note}`),
    ...requestNotes(manifest, flags.requests),
    ...(asksForIdentity(manifest) && !flags.follow ? [IDENTITY_NOTE] : []),
    ...(staged.unpinnable.length > 0
      ? [`enforcement ends with this process: this kernel can't pin ${staged.unpinnable.join(", ")}`]
      : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** Without a process that looks, only what the kernel knows of a new container counts. */
const IDENTITY_NOTE =
  "note: containers that start from now on are identified while `load --follow` or `events` runs; until then " +
  "policies for certain containers leave them alone, unless `--unidentified guard` is given";

/** Whether some condition asks which container it is. */
function asksForIdentity({ scope }: Manifest): boolean {
  return scope?.conditions.some(({ test }) => namesContainers(test)) === true;
}

function namesContainers(test: ScopeTest): boolean {
  switch (test.kind) {
    case "and":
    case "or":
      return test.operands.some(namesContainers);
    case "not":
      return namesContainers(test.operand);
    case "texts":
    case "globs":
    case "truth":
      return test.field !== "container";
  }
}

function counted(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}

/** What could be pinned stays when the following ends; the rest goes, and its record with it. */
async function followUntilStopped(placed: readonly Placed[], flags: LoadFlags): Promise<Result<number>> {
  const followed = await followLoaded(
    placed.map(({ name }) => name),
    {
      format: flags.format,
      color: flags.color,
      policy: undefined,
      workloads: flags.workloads,
      requests: flags.requests,
    },
  );
  for (const { name, loaded, staged } of placed) {
    release(loaded);
    if (staged.unpinnable.length > 0) {
      unload(name);
    }
  }
  return followed;
}
