/** Writes C text line by line and remembers which part of a policy each line comes from. */
import type { Span } from "../source/source.ts";

/** A line of the C text, counted from 1, and what it was generated for. */
export interface LineOrigin {
  readonly line: number;
  readonly span: Span;
}

/** Collects the lines of one C file. */
export interface CWriter {
  /** Appends lines at the current indentation; `origin` is what a fault in them is to be blamed on. */
  readonly line: (text?: string, origin?: Span) => void;
  /** Appends `opening` (unless empty), what `body` writes one level deeper, and `closing`. */
  readonly block: (opening: string, body: () => void, closing?: string) => void;
  /** Everything that `body` writes without an origin of its own comes from `origin`. */
  readonly within: (origin: Span | undefined, body: () => void) => void;
  readonly text: () => string;
  /** Ascending by line. `#line` would not do: before clang 17 BPF line tables know one file a function. */
  readonly origins: () => readonly LineOrigin[];
}

/** An empty writer. */
export function createCWriter(): CWriter {
  const lines: string[] = [];
  const origins: LineOrigin[] = [];
  let depth = 0;
  let around: Span | undefined;
  const line = (text = "", origin = around): void => {
    lines.push(text === "" || text.startsWith("#") ? text : "\t".repeat(depth) + text);
    if (origin !== undefined) {
      origins.push({ line: lines.length, span: origin });
    }
  };
  return {
    line,
    block: (opening, body, closing = "}") => {
      if (opening !== "") {
        line(opening);
      }
      depth++;
      body();
      depth--;
      line(closing);
    },
    within: (origin, body) => {
      const before = around;
      around = origin;
      body();
      around = before;
    },
    text: () => `${lines.join("\n")}\n`,
    origins: () => origins,
  };
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
  const plain = text.replace(/[^A-Za-z0-9_]/g, "_");
  return plain.length <= LONGEST_NAME && plain === text
    ? text
    : `${plain.slice(0, LONGEST_NAME)}_${hash(text)}`;
}

/** With a prefix and a suffix still short enough for a pin's name. */
const LONGEST_NAME = 60;

/** FNV-1a, of texts that differ only in what no identifier can have. */
function hash(text: string): string {
  let sum = 0x811c9dc5;
  for (const byte of Buffer.from(text)) {
    sum = Math.imul(sum ^ byte, 0x01000193) >>> 0;
  }
  return sum.toString(16).padStart(8, "0");
}
