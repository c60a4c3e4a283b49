/** One entry of a cpio archive. Paths have no leading slash. */
export type CpioEntry =
  | { readonly kind: "directory"; readonly path: string; readonly mode: number }
  | { readonly kind: "file"; readonly path: string; readonly mode: number; readonly content: Uint8Array }
  | {
      readonly kind: "character-device";
      readonly path: string;
      readonly mode: number;
      readonly major: number;
      readonly minor: number;
    };

const TYPE_BITS = { directory: 0o040000, file: 0o100000, "character-device": 0o020000 } as const;
const TRAILER: CpioEntry = { kind: "file", path: "TRAILER!!!", mode: 0, content: new Uint8Array() };

/** Writes a cpio archive in the `newc` form that the kernel unpacks. All entries belong to root. */
export function writeCpio(entries: readonly CpioEntry[]): Buffer {
  const chunks: Uint8Array[] = [];
  for (const [index, entry] of [...entries, TRAILER].entries()) {
    const name = Buffer.from(`${entry.path}\0`);
    const content = entry.kind === "file" ? entry.content : new Uint8Array();
    const device = entry.kind === "character-device" ? [entry.major, entry.minor] : [0, 0];
    const mode = entry === TRAILER ? 0 : TYPE_BITS[entry.kind] | entry.mode;
    const fields = [index + 1, mode, 0, 0, 1, 0, content.length, 0, 0, ...device, name.length, 0];
    const header = Buffer.from(
      `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`,
    );
    chunks.push(header, name, padding(header.length + name.length), content, padding(content.length));
  }
  return Buffer.concat(chunks);
}

/** Names and contents end at multiples of 4. */
function padding(length: number): Uint8Array {
  return new Uint8Array(-length & 3);
}
