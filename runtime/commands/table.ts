/** Columns for people, on terminals with colour. */

/** A cell: its text and how it looks on a terminal. */
export interface Cell {
  readonly text: string;
  readonly color?: "red" | "green" | "yellow" | "bold";
}

const CODES = { bold: 1, red: 31, green: 32, yellow: 33 } as const;

/** The text, in its colour when `color` is set. */
export function painted({ text, color: name }: Cell, color: boolean): string {
  return name === undefined || !color ? text : `\u001b[${CODES[name]}m${text}\u001b[0m`;
}

/** Rows under a heading, two spaces in; columns whose name is in `numbers` end at their right edge. */
export function tableLines(
  heading: readonly string[],
  rows: readonly (readonly Cell[])[],
  options: { readonly color: boolean; readonly numbers?: readonly string[] },
): readonly string[] {
  const all = [heading.map((text): Cell => ({ text, color: "bold" })), ...rows];
  const widths = heading.map((_, column) => Math.max(...all.map((row) => row[column]?.text.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => {
        const room = " ".repeat((widths[column] ?? 0) - cell.text.length);
        const right = options.numbers?.includes(heading[column] ?? "") ?? false;
        const left = column === row.length - 1 && !right ? "" : room;
        return right ? room + painted(cell, options.color) : painted(cell, options.color) + left;
      })
      .reduce((line, cell) => `${line}  ${cell}`, ""),
  );
}

/** `1.1 MB`, `504 bytes` */
export function bytesText(bytes: number): string {
  if (bytes < 10_000) {
    return `${bytes} bytes`;
  }
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
