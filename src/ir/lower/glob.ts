/** Globs as policies write them: `*`, `**`, `?`, `[a-z]`, `{one,other}`, and `\` before what is meant as it is. */
import type { CharacterRange, GlobPart } from "../ir.ts";

/** What a fault in a glob is and what to write instead. */
export interface GlobFault {
  readonly message: string;
  readonly help: string;
}

export type ParsedGlob =
  | { readonly kind: "glob"; readonly parts: readonly GlobPart[] }
  | { readonly kind: "fault"; readonly fault: GlobFault };

/** Levels of `{…}` in one another. */
const MAXIMUM_NESTING = 16;

/** A reading position in a glob. */
interface Cursor {
  readonly characters: readonly string[];
  at: number;
}

/**
 * Parses a glob. In a path, `*` and `?` stay inside a component, `**` crosses, and a component `**` stands for
 * any number of directories, also none; in other texts there are no components.
 */
export function parseGlob(text: string, inPath: boolean): ParsedGlob {
  const cursor = { characters: Array.from(text), at: 0 };
  const parsed = parseSequence(cursor, inPath, 0);
  return Array.isArray(parsed) ? { kind: "glob", parts: parsed } : { kind: "fault", fault: parsed };
}

/** Up to the end, or in a choice up to its next `,` or `}`. */
function parseSequence(cursor: Cursor, inPath: boolean, nesting: number): GlobPart[] | GlobFault {
  const parts: GlobPart[] = [];
  while (cursor.at < cursor.characters.length) {
    const character = cursor.characters[cursor.at] ?? "";
    if (nesting > 0 && (character === "," || character === "}")) {
      return parts;
    }
    const part = parsePart(cursor, character, inPath, nesting);
    if ("message" in part) {
      return part;
    }
    append(parts, part);
  }
  return nesting > 0
    ? { message: "a `{` is not closed", help: "close it with `}`, or write `\\{` for the character" }
    : parts;
}

/** Neighbouring texts become one. */
function append(parts: GlobPart[], part: GlobPart): void {
  const last = parts.at(-1);
  if (part.kind === "text" && last?.kind === "text") {
    parts[parts.length - 1] = { kind: "text", text: last.text + part.text };
  } else {
    parts.push(part);
  }
}

function parsePart(
  cursor: Cursor,
  character: string,
  inPath: boolean,
  nesting: number,
): GlobPart | GlobFault {
  switch (character) {
    case "*":
      return parseStars(cursor, inPath);
    case "?":
      cursor.at++;
      return { kind: "character", slash: !inPath };
    case "[":
      return parseClass(cursor);
    case "{":
      return parseChoice(cursor, inPath, nesting);
    case "\\":
      return parseEscape(cursor);
    default:
      cursor.at++;
      return { kind: "text", text: character };
  }
}

function parseStars(cursor: Cursor, inPath: boolean): GlobPart {
  const { characters } = cursor;
  const before = characters[cursor.at - 1];
  const first = cursor.at;
  while (characters[cursor.at] === "*") {
    cursor.at++;
  }
  const crosses = cursor.at - first > 1;
  if (inPath && crosses && (before === undefined || before === "/") && characters[cursor.at] === "/") {
    cursor.at++;
    return { kind: "directories" };
  }
  return { kind: "characters", slash: crosses || !inPath };
}

function parseEscape(cursor: Cursor): GlobPart | GlobFault {
  const escaped = cursor.characters[cursor.at + 1];
  cursor.at += 2;
  return escaped === undefined
    ? { message: "a `\\` at the end means nothing", help: "write `\\\\` for the character" }
    : { kind: "text", text: escaped };
}

function parseChoice(cursor: Cursor, inPath: boolean, nesting: number): GlobPart | GlobFault {
  if (nesting >= MAXIMUM_NESTING) {
    return {
      message: `\`{…}\` is nested more than ${MAXIMUM_NESTING} deep`,
      help: "list the texts in several values instead",
    };
  }
  const alternatives: (readonly GlobPart[])[] = [];
  let closed = false;
  while (!closed) {
    cursor.at++;
    const alternative = parseSequence(cursor, inPath, nesting + 1);
    if (!Array.isArray(alternative)) {
      return alternative;
    }
    alternatives.push(alternative);
    closed = cursor.characters[cursor.at] === "}";
  }
  cursor.at++;
  return { kind: "choice", alternatives };
}

const unclosedClass: GlobFault = {
  message: "a `[` is not closed",
  help: "close it with `]`, or write `\\[` for the character",
};

function parseClass(cursor: Cursor): GlobPart | GlobFault {
  const { characters } = cursor;
  cursor.at++;
  const negated = characters[cursor.at] === "!" || characters[cursor.at] === "^";
  if (negated) {
    cursor.at++;
  }
  const ranges: CharacterRange[] = [];
  // A `]` that comes first is meant as it is.
  for (let first = true; first || characters[cursor.at] !== "]"; first = false) {
    const low = classCharacter(cursor);
    if (low === undefined) {
      return unclosedClass;
    }
    const isRange = characters[cursor.at] === "-" && characters[cursor.at + 1] !== "]";
    if (isRange) {
      cursor.at++;
    }
    const high = isRange ? classCharacter(cursor) : low;
    if (high === undefined) {
      return unclosedClass;
    }
    if (high < low) {
      const text = `${String.fromCodePoint(low)}-${String.fromCodePoint(high)}`;
      return { message: `the range \`${text}\` ends before it starts`, help: "swap its ends" };
    }
    ranges.push({ low, high });
  }
  cursor.at++;
  return { kind: "class", negated, ranges };
}

function classCharacter(cursor: Cursor): number | undefined {
  if (cursor.characters[cursor.at] === "\\") {
    cursor.at++;
  }
  const point = cursor.characters[cursor.at]?.codePointAt(0);
  cursor.at++;
  return point;
}
