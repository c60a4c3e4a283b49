/** Knows the workloads of this host, for events and for the policies that are for some of them. */
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { ok } from "../failure.ts";
import type { Result } from "../failure.ts";
import { lockFile } from "../libbpf.ts";
import type { ManifestScope } from "../manifest.ts";
import { findHierarchy, listCgroups } from "./cgroups.ts";
import { createEngineReader } from "./engines.ts";
import type { WorkloadSource } from "./feed.ts";
import { type PlacedWorkload, placeWorkloads } from "./registry.ts";
import {
  type RowFaults,
  type ScopeEntries,
  type ScopeMaps,
  readEntries,
  readScopeCount,
  writeRows,
} from "./rows-map.ts";
import { type Unidentified, rowOf } from "./rows.ts";
import { HOST, UNIDENTIFIED, type Workload, isIdentified } from "./workload.ts";

export interface WorkloadTracker {
  /** Looks at everything again. */
  readonly refresh: () => Result<readonly PlacedWorkload[]>;
  /** Looks again where something may have changed; cheap where nothing has. */
  readonly poll: () => void;
  /** The workload of a cgroup, also of one that is gone. */
  readonly workloadOf: (cgroup: bigint) => Workload | undefined;
  /** The id of the cgroup that a process is in. */
  readonly cgroupOf: (tgid: number) => bigint | undefined;
}

/** A loaded bundle whose rules ask for workloads. */
export interface ScopedBundle {
  readonly name: string;
  readonly scope: ManifestScope;
  readonly maps: ScopeMaps;
  readonly unidentified: Unidentified;
}

/** Milliseconds between looks when nothing has changed. */
const REGULAR = 2000;
/** The same while there are containers that nobody has identified, and for how long after they came. */
const SOON = 100;
const SOON_FOR = 10_000;
/** Cgroups that are gone and still known. */
const MOST_GONE = 4096;

/** A tracker that keeps the maps of bundles up to date. `complain` gets what goes wrong meanwhile. */
export function createTracker(
  feed: WorkloadSource | undefined,
  bundles: readonly ScopedBundle[],
  complain: (message: string) => void,
): WorkloadTracker {
  const readEngines = createEngineReader();
  const known = new Map<bigint, Workload>();
  const paths = new Map<string, bigint>();
  const complaints = new Set<string>();
  const once = (message: string): void => {
    if (!complaints.has(message)) {
      complaints.add(message);
      complain(message);
    }
  };
  let seen = "";
  let last = 0;
  let cameAt = 0;
  let strangers = 0;

  const stateOf = (): string =>
    [...bundles.map(({ maps }) => readScopeCount(maps.counts, "changed")), feed?.version() ?? ""].join(" ");
  const refresh = (): Result<readonly PlacedWorkload[]> =>
    inTurn(() => {
      seen = stateOf();
      last = Date.now();
      const before = bundles.map(({ maps }) => readEntries(maps.cgroups));
      const placed = place(readEngines, feed);
      if (placed.kind === "failed") {
        return placed;
      }
      remember(placed.value, known, paths);
      const found = placed.value.filter(
        ({ workload }) => workload.inContainer && !isIdentified(workload),
      ).length;
      cameAt = found > strangers ? last : cameAt;
      strangers = found;
      bundles.forEach((bundle, index) => {
        const faults = writeBundle(bundle, placed.value, before[index] ?? new Map());
        faultsOf(bundle, faults).forEach(once);
      });
      return placed;
    });
  return {
    refresh,
    poll: () => {
      const now = Date.now();
      const wait = strangers > 0 && now - cameAt < SOON_FOR ? SOON : REGULAR;
      if (now - last >= wait || stateOf() !== seen) {
        const refreshed = refresh();
        if (refreshed.kind === "failed") {
          once(refreshed.failure.message);
        }
      }
    },
    workloadOf: (cgroup) => known.get(cgroup),
    cgroupOf: (tgid) => {
      const path = pathOf(tgid);
      return path === undefined ? undefined : paths.get(path);
    },
  };
}

const LOCK_FILE = "/run/policyc/scope.lock";
const LOCK_EXCLUSIVE = 2;

/** Processes of the runtime that write rows do so one after the other. */
function inTurn<T>(action: () => T): T {
  mkdirSync(dirname(LOCK_FILE), { recursive: true, mode: 0o700 });
  const fd = openSync(LOCK_FILE, "w", 0o600);
  try {
    lockFile(fd, LOCK_EXCLUSIVE);
    return action();
  } finally {
    closeSync(fd);
  }
}

/** The workloads of all cgroups there are. */
function place(
  readEngines: ReturnType<typeof createEngineReader>,
  feed: WorkloadSource | undefined,
): Result<readonly PlacedWorkload[]> {
  const mounted = findHierarchy();
  if (mounted.kind === "failed") {
    return mounted;
  }
  const cgroups = listCgroups(mounted.value);
  return cgroups.kind === "failed"
    ? cgroups
    : ok(placeWorkloads(cgroups.value, [...readEngines(), ...(feed?.read() ?? [])]));
}

function writeBundle(
  { scope, maps, unidentified }: ScopedBundle,
  placed: readonly PlacedWorkload[],
  before: ScopeEntries,
): RowFaults {
  const made = new Map<string, Buffer>();
  const rowFor = ({ workload, owner }: PlacedWorkload): Buffer => {
    const known = made.get(owner) ?? rowOf(scope, workload, unidentified);
    made.set(owner, known);
    return known;
  };
  return writeRows(
    maps,
    {
      unidentified: rowOf(scope, UNIDENTIFIED, unidentified),
      host: rowOf(scope, HOST, unidentified),
      cgroups: new Map(placed.map((one) => [one.cgroup.id, rowFor(one)])),
    },
    before,
  );
}

function faultsOf({ name, maps }: ScopedBundle, { withoutRow, refused }: RowFaults): readonly string[] {
  const full = readScopeCount(maps.counts, "full");
  return [
    ...(withoutRow > 0
      ? [`${name}: no room for another combination of policies: some containers count as not identified`]
      : []),
    ...(full > 0n || refused.length > 0
      ? [`${name}: no room for another cgroup: new ones count as what is around them`]
      : []),
  ];
}

function remember(
  placed: readonly PlacedWorkload[],
  known: Map<bigint, Workload>,
  paths: Map<string, bigint>,
): void {
  paths.clear();
  for (const { cgroup, workload } of placed) {
    // Those that are still there move to the end; what is gone is forgotten from the front.
    known.delete(cgroup.id);
    known.set(cgroup.id, workload);
    paths.set(cgroup.path, cgroup.id);
  }
  for (const id of known.keys()) {
    if (known.size <= placed.length + MOST_GONE) {
      break;
    }
    known.delete(id);
  }
}

function pathOf(tgid: number): string | undefined {
  try {
    return /^0::(.*)$/m.exec(readFileSync(`/proc/${tgid}/cgroup`, "utf8"))?.[1];
  } catch {
    return undefined;
  }
}

/** The first look, twice: a cgroup that came while its parent was looked at is seen the second time. */
export function startTracking(tracker: WorkloadTracker): Result<readonly PlacedWorkload[]> {
  const first = tracker.refresh();
  return first.kind === "failed" ? first : tracker.refresh();
}
