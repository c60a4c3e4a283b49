/** From lines of the generated program back to the policies. */
import type { LineOrigin } from "../codegen/c-writer.ts";
import { PROGRAM_FILE } from "../codegen/generate.ts";
import { type Span, formatSpan, positionAt } from "../source/source.ts";
import type { LineOrigins, PolicyPlace } from "../../runtime/manifest.ts";

/** Longest part of a policy's line that a bundle carries, in UTF-16 units. */
const MOST_TEXT = 160;

/** What the runtime needs to blame a policy for what the kernel refuses. */
export function lineOrigins(origins: readonly LineOrigin[]): LineOrigins {
  const indexes = new Map<string, number>();
  const places: PolicyPlace[] = [];
  const lines = origins.map(({ line, span }): readonly [number, number] => {
    const key = formatSpan(span);
    const known = indexes.get(key);
    if (known !== undefined) {
      return [line, known];
    }
    indexes.set(key, places.length);
    return [line, places.push(placeOf(span)) - 1];
  });
  return { program: PROGRAM_FILE, places, lines };
}

function placeOf({ source, start }: Span): PolicyPlace {
  const { line, column } = positionAt(source, start);
  const text = source.text.slice(source.lineStarts[line - 1], source.lineStarts[line]).trim();
  return { file: source.storedName, line, column, text: text.slice(0, MOST_TEXT) };
}

/** The part of a policy that a line of the program comes from. */
export function originOfLine(origins: readonly LineOrigin[], line: number): Span | undefined {
  return origins.find((origin) => origin.line === line)?.span;
}
