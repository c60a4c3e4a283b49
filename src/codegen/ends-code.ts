/** C of the cheap test of a path: what its first and last component rule out. */
import { elementAt } from "../source/invariant.ts";
import { allBits, type HookBits } from "./bits.ts";
import { type CWriter, cWord } from "./c-writer.ts";
import { isWide, writeAnd } from "./live-code.ts";
import { writeIntegerLookup } from "./match-code.ts";
import { endsName, type HookParts } from "./parts.ts";
import type { EndFilter, PathEnd } from "./path-ends.ts";
import { writeIntegerTable, writeVectors } from "./table-code.ts";

/**
 * Writes the filter on one end of a path; `value` is its `struct path_value`, `writeMissing` writes what holds
 * without a path.
 */
export function writeEndFilter(
  writer: CWriter,
  part: HookParts,
  field: number,
  end: PathEnd,
  filter: EndFilter,
  value: string,
  writeMissing: () => void,
): void {
  writer.line("struct path_ends ends;");
  writer.line();
  writer.line(`path_${end}(&${value}, &ends);`);
  writer.block("if (ends.status == PATH_MISSING) {", writeMissing, `} else if (ends.has_${end}) {`);
  writer.block("", () => {
    writeFilter(writer, part, field, end, filter);
  });
}

/** C expression for so many bytes of the end that was read. */
function endWord(end: PathEnd, bytes: number): string {
  if (bytes === 8) {
    return `ends.${end}`;
  }
  return end === "tail"
    ? `(ends.tail >> ${64 - 8 * bytes})`
    : `(ends.head & ${cWord((1n << BigInt(8 * bytes)) - 1n)})`;
}

function writeFilter(writer: CWriter, part: HookParts, field: number, end: PathEnd, filter: EndFilter): void {
  const { bits } = part;
  const name = endsName(part, field, end);
  const { vectors, words } = filter;
  switch (words.kind) {
    case "table":
      writeIntegerLookup(writer, name, words.table, endWord(end, words.bytes), vectors.length - 1);
      break;
    case "slots":
      writer.line(
        `u64 place = ${endWord(end, words.bytes)} * ${cWord(words.multiplier)} >> ${64 - words.sizeBits};`,
      );
      writer.line(`const struct end_slot *slot = &${name}_slots[place];`);
      writer.line(`u64 class = (ends.${end} & slot->mask) == slot->word ? slot->class : 0;`);
      writer.line();
      break;
    case "chain":
      writer.line("u64 class = 0;");
      writer.line();
      words.entries.forEach(({ word, bytes, class: found }, index) => {
        writer.line(`${index === 0 ? "" : "else "}if (${endWord(end, bytes)} == ${cWord(word)})`);
        writer.line(`\tclass = ${found};`);
      });
      break;
  }
  if (words.kind !== "table") {
    if (
      !decides(bits, filter) &&
      vectors.length === 2 &&
      !isWide(bits) &&
      elementAt(vectors, 1) === allBits(bits)
    ) {
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
  if (decides(bits, filter)) {
    for (let word = 0; word < bits.words; word++) {
      writer.line(`sure${field}[${word}] |= ${name}_sure[class][${word}];`);
    }
  }
}

/** Whether the filter spares some rule the look at the whole path; what wide vectors would spare is not kept. */
export function decides(bits: HookBits, filter: EndFilter | undefined): boolean {
  return !isWide(bits) && filter !== undefined && filter.sure.some((sure) => sure !== 0n);
}

/** Declares the tables of a filter. */
export function writeEndTables(writer: CWriter, name: string, filter: EndFilter, bits: HookBits): void {
  const { words } = filter;
  if (words.kind === "table") {
    writeIntegerTable(writer, name, words.table);
  } else if (words.kind === "slots") {
    writer.block(
      `const struct end_slot ${name}_slots[${words.slots.length}] = {`,
      () => {
        for (const { mask, word, class: found } of words.slots) {
          writer.line(`{ ${cWord(mask)}, ${cWord(word)}, ${found} },`);
        }
      },
      "};",
    );
    writer.line();
  }
  writeVectors(writer, `${name}_vectors`, filter.vectors, bits);
  if (decides(bits, filter)) {
    writeVectors(writer, `${name}_sure`, filter.sure, bits);
  }
}
