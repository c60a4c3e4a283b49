/** Tracking workloads for bundles that are loaded. */
import { ok } from "../failure.ts";
import type { Result } from "../failure.ts";
import { SCOPE_MAPS } from "../manifest.ts";
import { type LoadRecord, openMap, readRecord } from "../pins.ts";
import { type WorkloadFlags, complain, openWorkloads } from "./options.ts";
import { type ScopedBundle, type WorkloadTracker, createTracker } from "./tracker.ts";

/**
 * A tracker for bundles by name. Without flags the feed is the one that they were loaded with. Fails where a bundle
 * needs workloads that can't be told; without such a bundle events just don't tell them.
 */
export async function trackLoaded(
  names: readonly string[],
  flags: WorkloadFlags,
): Promise<Result<WorkloadTracker>> {
  const records = names.flatMap((name) => {
    const record = readRecord(name);
    return record.kind === "ok" ? [record.value] : [];
  });
  const bundles: ScopedBundle[] = [];
  for (const record of records) {
    const bundle = openScope(record, flags);
    if (bundle.kind === "failed") {
      return bundle;
    }
    bundles.push(...bundle.value);
  }
  const workloads =
    flags.workloads ?? records.map((record) => record.workloads).find((path) => path !== undefined);
  const { feed } = await openWorkloads(workloads === undefined ? {} : { workloads });
  const tracker = createTracker(feed, bundles, complain);
  const refreshed = tracker.refresh();
  return refreshed.kind === "failed" && bundles.length > 0 ? refreshed : ok(tracker);
}

function openScope(
  { name, manifest, unidentified }: LoadRecord,
  flags: WorkloadFlags,
): Result<readonly ScopedBundle[]> {
  const { scope } = manifest;
  if (scope === undefined) {
    return ok([]);
  }
  const cgroups = openMap(name, SCOPE_MAPS.cgroups);
  if (cgroups.kind === "failed") {
    return cgroups;
  }
  const rows = openMap(name, SCOPE_MAPS.rows);
  if (rows.kind === "failed") {
    return rows;
  }
  const counts = openMap(name, SCOPE_MAPS.counts);
  if (counts.kind === "failed") {
    return counts;
  }
  const maps = { cgroups: cgroups.value, rows: rows.value, counts: counts.value };
  return ok([{ name, scope, maps, unidentified: flags.unidentified ?? unidentified ?? "leave" }]);
}
