/** What a glob means: a regular expression over code points. */
import { unreachable } from "../source/invariant.ts";
import type { CharacterRange, Glob, GlobPart } from "./ir.ts";

/** Whether the whole text has the form of the glob. */
export function globHolds(glob: Glob, ignoreCase: boolean, bytes: Uint8Array): boolean {
  return expressionOf(glob, ignoreCase).test(decode(bytes));
}

// The same few globs are compared with every event of a simulation.
const expressions = new WeakMap<Glob, Map<boolean, RegExp>>();

function expressionOf(glob: Glob, ignoreCase: boolean): RegExp {
  const known = expressions.get(glob) ?? new Map<boolean, RegExp>();
  expressions.set(glob, known);
  const expression = known.get(ignoreCase) ?? new RegExp(`^(?:${sequence(glob.parts, ignoreCase)})$`, "su");
  known.set(ignoreCase, expression);
  return expression;
}

function sequence(parts: readonly GlobPart[], ignoreCase: boolean): string {
  return parts.map((part) => pattern(part, ignoreCase)).join("");
}

/** Bytes that are no UTF-8, as decode() gives them back. */
const NO_CHARACTER = "\\u{dc80}-\\u{dcff}";

function pattern(part: GlobPart, ignoreCase: boolean): string {
  switch (part.kind) {
    case "text":
      return Array.from(part.text, (character) => letter(character, ignoreCase)).join("");
    case "character":
      return `[^${part.slash ? "" : "/"}${NO_CHARACTER}]`;
    case "characters":
      return part.slash ? ".*" : "[^/]*";
    case "class": {
      const ranges = part.ranges.flatMap((range) => [range, ...(ignoreCase ? otherCase(range) : [])]);
      const members = ranges.map(({ low, high }) => `${codePoint(low)}-${codePoint(high)}`).join("");
      return part.negated ? `[^/${NO_CHARACTER}${members}]` : `(?![/${NO_CHARACTER}])[${members}]`;
    }
    case "directories":
      return "(?:.*/)?";
    case "choice":
      return `(?:${part.alternatives.map((option) => sequence(option, ignoreCase)).join("|")})`;
    default:
      return unreachable(part);
  }
}

function letter(character: string, ignoreCase: boolean): string {
  const point = codePoint(character.codePointAt(0) ?? 0);
  return ignoreCase && /^[A-Za-z]$/.test(character)
    ? `[${character.toLowerCase()}${character.toUpperCase()}]`
    : point;
}

function codePoint(point: number): string {
  return `\\u{${point.toString(16)}}`;
}

/** The letters of a range in the other case. */
function otherCase({ low, high }: CharacterRange): readonly CharacterRange[] {
  const shifted = (first: number, shift: number): CharacterRange => ({
    low: Math.max(low, first) + shift,
    high: Math.min(high, first + 25) + shift,
  });
  return [shifted(0x41, 0x20), shifted(0x61, -0x20)].filter((range) => range.low <= range.high);
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 to text; a byte that is no part of a character becomes a lone surrogate, U+DC80 to U+DCFF. */
function decode(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at] ?? 0;
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const character = decodeOne(bytes.subarray(at, at + length));
    text += character ?? String.fromCharCode(0xdc00 + first);
    at += character === undefined ? 1 : length;
  }
  return text;
}

function decodeOne(bytes: Uint8Array): string | undefined {
  try {
    const text = decoder.decode(bytes);
    return Array.from(text).length === 1 ? text : undefined;
  } catch {
    return undefined;
  }
}
