/** A text that the user wrote, with its name and the offsets at which its lines start. */
export interface Source {
  readonly kind: "source";
  /** What messages call it: a path as the user gave it, or `<stdin>`. */
  readonly name: string;
  /** What compiled things call it: the same wherever the text is compiled, so no directories of the machine. */
  readonly storedName: string;
  readonly text: string;
  /** UTF-16 offset of the first character of each line; the first is 0. */
  readonly lineStarts: readonly number[];
}

/** A half-open range of UTF-16 offsets in one source. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** A place for people: line and column count from 1, columns in UTF-16 units; offset counts from 0. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** Makes a source; lines end at `\n`, `\r\n` or a lone `\r`. */
export function createSource(name: string, text: string, storedName = name): Source {
  const lineStarts = [0];
  for (const match of text.matchAll(/\r\n|\n|\r/g)) {
    lineStarts.push(match.index + match[0].length);
  }
  return { kind: "source", name, storedName, text, lineStarts };
}

/** A span over `[start, end)`, clamped into the text. */
export function createSpan(source: Source, start: number, end: number): Span {
  const clampedStart = Math.max(0, Math.min(start, source.text.length));
  return { source, start: clampedStart, end: Math.max(clampedStart, Math.min(end, source.text.length)) };
}

/** The line and column of an offset. Binary search: O(log lines). */
export function positionAt(source: Source, offset: number): Position {
  let low = 0;
  let high = source.lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((source.lineStarts[middle] ?? 0) <= offset) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return { line: low + 1, column: offset - (source.lineStarts[low] ?? 0) + 1, offset };
}

/** The text that a span covers. */
export function spanText(span: Span): string {
  return span.source.text.slice(span.start, span.end);
}

/** `file:line:column` of where a span starts, for what is compiled. */
export function formatSpan(span: Span): string {
  const { line, column } = positionAt(span.source, span.start);
  return `${span.source.storedName}:${line}:${column}`;
}
