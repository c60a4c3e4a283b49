/** Writes C text line by line and remembers which policy line each C line comes from. */
import { type Span, positionAt } from "../source/source.ts";

/** Collects the lines of one C file. */
export interface CWriter {
  /** Appends lines at the current indentation; with `origin`, the compiler will blame that policy line. */
  readonly line: (text?: string, origin?: Span) => void;
  /** Appends `opening` (unless empty), what `body` writes one level deeper, and `closing`. */
  readonly block: (opening: string, body: () => void, closing?: string) => void;
  readonly text: () => string;
}

/** A writer for a file that compiler messages will call `fileName`. */
export function createCWriter(fileName: string): CWriter {
  const lines: string[] = [];
  let depth = 0;
  const push = (text: string): void => {
    lines.push(text === "" || text.startsWith("#") ? text : "\t".repeat(depth) + text);
  };
  const line = (text = "", origin?: Span): void => {
    if (origin === undefined) {
      push(text);
      return;
    }
    push(`#line ${positionAt(origin.source, origin.start).line} ${cString(origin.source.storedName)}`);
    push(text);
    // The directive names the line after it: two further than the number of lines so far.
    push(`#line ${lines.length + 2} ${cString(fileName)}`);
  };
  return {
    line,
    block: (opening, body, closing = "}") => {
      if (opening !== "") {
        push(opening);
      }
      depth++;
      body();
      depth--;
      push(closing);
    },
    text: () => `${lines.join("\n")}\n`,
  };
}

/** A C string literal; control characters and quotes are escaped, so a file name can't leave it. */
export function cString(text: string): string {
  const escaped = [...new TextEncoder().encode(text)]
    .map((byte) =>
      byte < 0x20 || byte >= 0x7f || byte === 0x22 || byte === 0x5c || byte === 0x3f
        ? `\\${byte.toString(8).padStart(3, "0")}`
        : String.fromCharCode(byte),
    )
    .join("");
  return `"${escaped}"`;
}

/** Text that can stand in a C comment: printable ASCII without a comment's end. */
export function cComment(text: string): string {
  return text
    .replace(/[^\x20-\x7e]/g, "?")
    .replaceAll("*/", "* /")
    .replaceAll("/*", "/ *");
}

/** A 64-bit C constant. */
export function cWord(word: bigint): string {
  return `0x${word.toString(16)}ULL`;
}

/** A C identifier made of a text. */
export function cIdentifier(text: string): string {
  return text.replace(/[^A-Za-z0-9_]/g, "_");
}
