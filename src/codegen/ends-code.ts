/** C of the cheap test of a path: what its first and last component rule out. */
import { elementAt } from "../source/invariant.ts";
import { allBits, type HookBits } from "./bits.ts";
import { type CWriter, cWord } from "./c-writer.ts";
import { isWide, writeAnd } from "./live-code.ts";
import { writeIntegerLookup } from "./match-code.ts";
import { endsName, type HookParts, type PathEnds } from "./parts.ts";
import type { EndFilter } from "./path-ends.ts";

/** Writes the filters of one path; `value` is its `struct path_value`, `writeMissing` what holds without a path. */
export function writeEndFilters(
  writer: CWriter,
  part: HookParts,
  field: number,
  { head, tail }: PathEnds,
  value: string,
  writeMissing: () => void,
): void {
  writer.line("struct path_ends ends;");
  writer.line();
  writer.line(`path_ends(&${value}, &ends, ${head !== undefined}, ${tail !== undefined});`);
  writer.block("if (ends.status == PATH_MISSING) {", writeMissing);
  if (tail !== undefined) {
    writer.block("if (ends.has_tail) {", () => {
      writeFilter(writer, part.bits, endsName(part, field, "tail"), tail, tailWord, tailFits);
    });
  }
  if (head !== undefined) {
    writer.block("if (ends.has_head) {", () => {
      writeFilter(writer, part.bits, endsName(part, field, "head"), head, headWord, () => undefined);
    });
  }
}

function headWord(bytes: number): string {
  return bytes === 8 ? "ends.head" : `(ends.head & ${cWord((1n << BigInt(8 * bytes)) - 1n)})`;
}

function tailWord(bytes: number): string {
  return bytes === 8 ? "ends.tail" : `(ends.tail >> ${64 - 8 * bytes})`;
}

/** A shorter component has other bytes before it. */
function tailFits(bytes: number): string {
  return `ends.tail_length >= ${bytes}`;
}

function writeFilter(
  writer: CWriter,
  bits: HookBits,
  name: string,
  { vectors, words }: EndFilter,
  wordOf: (bytes: number) => string,
  fits: (bytes: number) => string | undefined,
): void {
  if (words.kind === "table") {
    const fit = fits(words.bytes);
    const key = fit === undefined ? wordOf(words.bytes) : `(${fit} ? ${wordOf(words.bytes)} : 0)`;
    writeIntegerLookup(writer, name, words.table, key, vectors.length - 1);
  } else {
    writer.line("u64 class = 0;");
    writer.line();
    words.entries.forEach(({ word, bytes, class: found }, index) => {
      const fit = fits(bytes);
      const same = `${wordOf(bytes)} == ${cWord(word)}`;
      writer.line(`${index === 0 ? "" : "else "}if (${fit === undefined ? same : `${fit} && ${same}`})`);
      writer.line(`\tclass = ${found};`);
    });
    if (vectors.length === 2 && !isWide(bits) && elementAt(vectors, 1) === allBits(bits)) {
      // The usual case, every rule named by these words: no table.
      writer.line("if (forget(class, noise) == 0) {");
      writer.block("", () => {
        writeAnd(writer, bits, `${name}_vectors[0]`);
      });
      return;
    }
    writer.line(`class = bounded(forget(class, noise), ${vectors.length - 1});`);
  }
  writeAnd(writer, bits, `${name}_vectors[class]`);
}
