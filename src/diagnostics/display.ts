/** User text on a terminal: what it may do to the screen, and how wide it is. */

const tabWidth = 4;

/** Characters that would move the cursor, hide text or change its order. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** The text as it can be shown: tabs as spaces, unsafe characters by their number. */
export function shownText(text: string): string {
  return text.replaceAll("\t", " ".repeat(tabWidth)).replaceAll(unsafe, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
  });
}

/** User text for a message: on one line, safe to show, no longer than `limit` characters, no backticks. */
export function shortText(text: string, limit = 32): string {
  const line = shownText(text.slice(0, limit * 2).replaceAll(/\s+/g, " ")).replaceAll("`", "'");
  return line.length > limit || text.length > limit * 2 ? `${line.slice(0, limit - 1)}…` : line;
}

/** Columns that a shown text takes: none for combining marks, two for East Asian characters and emoji. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{Mn}|\p{Me}/u.test(character)) {
      continue;
    }
    width += isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
  }
  return width;
}

const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

function isWide(code: number): boolean {
  return code >= 0x1100 && wideRanges.some(([low, high]) => code >= low && code <= high);
}
