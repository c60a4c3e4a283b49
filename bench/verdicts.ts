/** Goals, and whether they were reached. */
import { formatTable, grouped } from "./table.ts";

export interface Verdict {
  readonly goal: string;
  readonly measured: number;
  readonly limit: number;
  readonly reached: boolean;
}

/** A goal that is reached when no more than `limit` was measured. */
export function verdict(goal: string, measured: number, limit: number): Verdict {
  return { goal, measured, limit, reached: measured <= limit };
}

/** A table of goals. */
export function renderVerdicts(verdicts: readonly Verdict[]): string {
  const shown = (value: number, limit: number): string => (limit < 100 ? value.toFixed(2) : grouped(value));
  return formatTable(
    ["goal", "measured", "at most", "ratio", ""],
    verdicts.map(({ goal, measured, limit, reached }) => [
      goal,
      shown(measured, limit),
      shown(limit, limit),
      (measured / limit).toFixed(2),
      reached ? "reached" : "not reached",
    ]),
  );
}
