/** User text in messages and ids. */

/** A name for messages and ids: nothing that could move a terminal's cursor or turn its text around. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
