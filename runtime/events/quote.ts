/**
 * Texts out of events, made fit for a terminal. Paths and arguments are chosen by whoever is observed:
 * none of their control characters may reach the reader's terminal.
 */

const PLAIN = /^[!-~]*$/;
const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;
/** Characters that JSON leaves alone and that can still steer a terminal or reorder its text. */
const JSON_UNSAFE = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** The text as it is when every character of it can be seen, else quoted with escapes. */
export function shown(text: string): string {
  return (PLAIN.test(text) && !text.includes('"')) || !needsQuotes(text) ? text : quoted(text);
}

/** The text in double quotes, with everything that can't be seen as an escape. */
export function quoted(text: string): string {
  return `"${Array.from(text, escapeCharacter).join("")}"`;
}

/** The text without quotes, with everything that can't be seen as an escape. */
export function visible(text: string): string {
  return Array.from(text, (character) =>
    UNPRINTABLE.test(character) ? escapeCharacter(character) : character,
  ).join("");
}

function needsQuotes(text: string): boolean {
  return text.includes(" ") || text.includes('"') || UNPRINTABLE.test(text);
}

function escapeCharacter(character: string): string {
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) {
    return short;
  }
  if (!UNPRINTABLE.test(character)) {
    return character;
  }
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) {
    return `\\x${hex(code, 2)}`;
  }
  return code < 0x1_0000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}

/** One line of JSON that a terminal can be trusted with. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    JSON_UNSAFE,
    (character) => `\\u${hex(character.codePointAt(0) ?? 0, 4)}`,
  );
}
