/** The line with which the runtime ends its events file once the command has ended. */
export interface ClosingLine {
  /** Events that found no room in the ring buffer. */
  readonly lost: number;
  /** Signal that killed the command. */
  readonly signal: string | undefined;
}

/** Reads a closing line; undefined for any other line. */
export function parseClosingLine(line: string): ClosingLine | undefined {
  const lost = /^\{"lost":(\d+)[,}]/.exec(line)?.[1];
  if (lost === undefined) {
    return undefined;
  }
  return { lost: Number(lost), signal: /"signal":"(SIG\w+)"/.exec(line)?.[1] };
}

/** What `policyc-runtime run` wrote to its events file. */
export interface RuntimeReport {
  /** One line an event, in the form that was asked for. */
  readonly lines: readonly string[];
  /** Undefined when the command never ran. */
  readonly closing: ClosingLine | undefined;
}

/** Reads a whole events file. */
export function parseRuntimeReport(text: string): RuntimeReport {
  const lines = text.split("\n").filter((line) => line !== "");
  const closing = parseClosingLine(lines.at(-1) ?? "");
  return { lines: closing === undefined ? lines : lines.slice(0, -1), closing };
}
