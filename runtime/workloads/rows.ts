/** Rows of the scope stage: a bit for each rule that is for certain workloads only. */
import type { ManifestScope } from "../manifest.ts";
import { type Truth, holds } from "./condition.ts";
import type { Workload } from "./workload.ts";

/**
 * What becomes of the rules for certain workloads in a container of which it can't be told yet whether it is one
 * of those. `leave`: they don't apply. `guard`: each takes the outcome that it states for what can't be read, so
 * that rules which refuse apply and rules which allow don't.
 */
export type Unidentified = "leave" | "guard";

/** The row of a workload. */
export function rowOf(scope: ManifestScope, workload: Workload, unidentified: Unidentified): Buffer {
  return rowOfTruths(
    scope,
    scope.conditions.map(({ test }) => holds(test, workload)),
    unidentified,
  );
}

/** The row where the conditions, in their order, are worth this. */
export function rowOfTruths(
  scope: ManifestScope,
  truths: readonly Truth[],
  unidentified: Unidentified,
): Buffer {
  const row = Buffer.alloc(scope.words * 8, 0xff);
  scope.conditions.forEach(({ bits, unresolved }, index) => {
    const truth = truths[index] ?? "unknown";
    if (truth === "true") {
      return;
    }
    const staying = truth === "unknown" && unidentified === "guard" ? new Set(unresolved) : undefined;
    for (const bit of bits) {
      if (staying?.has(bit) !== true) {
        row.writeUInt8(row.readUInt8(bit >> 3) & ~(1 << (bit & 7)), bit >> 3);
      }
    }
  });
  return row;
}
