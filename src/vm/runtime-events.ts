import { constants } from "node:os";

/** What `policyc-runtime run` wrote to its events file. */
export interface RuntimeReport {
  /** One line an event, in the form that was asked for. */
  readonly lines: readonly string[];
  /** Events that found no room in the ring buffer; undefined when the command never ran. */
  readonly lost: number | undefined;
}

/** Reads an events file: a line for each event and, once the command has ended, `{"lost":N}`. */
export function parseRuntimeReport(text: string): RuntimeReport {
  const lines = text.split("\n").filter((line) => line !== "");
  const last = lostCount(lines.at(-1));
  return last === undefined ? { lines, lost: undefined } : { lines: lines.slice(0, -1), lost: last };
}

/** The count in a closing line; undefined for any other line. */
export function lostCount(line: string | undefined): number | undefined {
  const count = /^\{"lost":(\d+)[,}]/.exec(line ?? "")?.[1];
  return count === undefined ? undefined : Number(count);
}

/** Name of the signal that an exit status of a shell or of the runtime stands for: 137 is SIGKILL. */
export function signalOfExit(exit: number): string | undefined {
  const number = exit - 128;
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
}
