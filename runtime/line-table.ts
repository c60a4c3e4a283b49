/** The line table of a BPF object (sections `.BTF` and `.BTF.ext` of its ELF file), and the policies behind it. */
import { basename } from "node:path";
import { checkLineOrigins } from "./bundle/check.ts";
import type { Bundle } from "./bundle/read.ts";
import { ShapeFault } from "./bundle/shape.ts";
import type { LineOrigins } from "./manifest.ts";
import type { ProgramExtent, SourceLine, TableLine } from "./verifier-log.ts";

/** Finds the policy's line behind a line of the table: of the generated program, or of a policy itself. */
export function policyOrigins(bundle: Bundle): (line: SourceLine) => SourceLine | undefined {
  const policyFiles = new Set(bundle.manifest.policies.map(({ file }) => file));
  const origins = bundle.lines === undefined ? undefined : parseOrigins(bundle.lines);
  const places = new Map(origins?.lines.map(([line, place]) => [line, origins.places[place]]));
  return (line) => {
    if (policyFiles.has(line.file)) {
      return line;
    }
    return basename(line.file) === origins?.program ? places.get(line.line) : undefined;
  };
}

/** A fault in what only explains another fault is passed over. */
function parseOrigins(bytes: Uint8Array): LineOrigins | undefined {
  try {
    return checkLineOrigins(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch (thrown) {
    if (thrown instanceof SyntaxError || thrown instanceof ShapeFault) {
      return undefined;
    }
    throw thrown;
  }
}

/** Every line that the object's instructions come from; empty when it has no line table or a broken one. */
export function readLineTable(object: Uint8Array): readonly TableLine[] {
  return unlessBroken(object, (sections) => {
    const types = sections.find(({ name }) => name === ".BTF");
    const extension = sections.find(({ name }) => name === ".BTF.ext");
    return types === undefined || extension === undefined
      ? []
      : lineRecords(extension.content, btfTexts(types.content));
  });
}

const SYMBOL_TABLE = 2;
const FUNCTION = 2;
const SYMBOL_BYTES = 24;

/** Every program and function of the object; empty when it has no symbols or broken ones. */
export function readPrograms(object: Uint8Array): readonly ProgramExtent[] {
  return unlessBroken(object, (sections) => {
    const symbols = sections.find(({ type }) => type === SYMBOL_TABLE);
    const names = symbols === undefined ? undefined : sections[symbols.link];
    if (symbols === undefined || names === undefined) {
      return [];
    }
    const table = symbols.content;
    const starts = Array.from(
      { length: Math.floor(table.length / SYMBOL_BYTES) },
      (_, at) => at * SYMBOL_BYTES,
    );
    return starts
      .filter((at) => (table.readUInt8(at + 4) & 0xf) === FUNCTION)
      .map((at) => ({
        name: textAt(names.content, table.readUInt32LE(at)),
        section: sections[table.readUInt16LE(at + 6)]?.name ?? "",
        start: Number(table.readBigUInt64LE(at + 8)) / 8,
        instructions: Number(table.readBigUInt64LE(at + 16)) / 8,
      }));
  });
}

function unlessBroken<T>(
  object: Uint8Array,
  read: (sections: readonly ElfSection[]) => readonly T[],
): readonly T[] {
  try {
    return read(elfSections(Buffer.from(object.buffer, object.byteOffset, object.byteLength)));
  } catch (thrown) {
    if (thrown instanceof RangeError) {
      return [];
    }
    throw thrown;
  }
}

interface ElfSection {
  readonly name: string;
  readonly type: number;
  /** Another section that this one refers to, by index. */
  readonly link: number;
  readonly content: Buffer;
}

function elfSections(elf: Buffer): readonly ElfSection[] {
  const start = Number(elf.readBigUInt64LE(0x28));
  const size = elf.readUInt16LE(0x3a);
  const count = elf.readUInt16LE(0x3c);
  const header = (index: number): Buffer => elf.subarray(start + index * size, start + (index + 1) * size);
  const content = (index: number): Buffer => {
    const offset = Number(header(index).readBigUInt64LE(0x18));
    return elf.subarray(offset, offset + Number(header(index).readBigUInt64LE(0x20)));
  };
  const names = content(elf.readUInt16LE(0x3e));
  return Array.from({ length: count }, (_, index) => ({
    name: textAt(names, header(index).readUInt32LE(0)),
    type: header(index).readUInt32LE(4),
    link: header(index).readUInt32LE(0x28),
    content: content(index),
  }));
}

function btfTexts(btf: Buffer): Buffer {
  const start = btf.readUInt32LE(4) + btf.readUInt32LE(16);
  return btf.subarray(start, start + btf.readUInt32LE(20));
}

function lineRecords(extension: Buffer, texts: Buffer): readonly TableLine[] {
  const start = extension.readUInt32LE(4) + extension.readUInt32LE(16);
  const end = start + extension.readUInt32LE(20);
  const recordSize = extension.readUInt32LE(start);
  const lines: TableLine[] = [];
  let at = start + 4;
  while (at < end) {
    const section = textAt(texts, extension.readUInt32LE(at));
    const count = extension.readUInt32LE(at + 4);
    at += 8;
    for (let index = 0; index < count; index++, at += recordSize) {
      lines.push({
        section,
        instruction: extension.readUInt32LE(at) / 8,
        file: textAt(texts, extension.readUInt32LE(at + 4)),
        text: textAt(texts, extension.readUInt32LE(at + 8)),
        line: extension.readUInt32LE(at + 12) >>> 10,
      });
    }
  }
  return lines;
}

function textAt(texts: Buffer, offset: number): string {
  const end = texts.indexOf(0, offset);
  return texts.toString("utf8", offset, end < 0 ? texts.length : end);
}
