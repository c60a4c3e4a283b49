/** The line table of a BPF object: sections `.BTF` and `.BTF.ext` of its ELF file. */
import type { TableLine } from "./verifier-log.ts";

/** Every line that the object's instructions come from; empty when it has no line table or a broken one. */
export function readLineTable(object: Uint8Array): readonly TableLine[] {
  const bytes = Buffer.from(object.buffer, object.byteOffset, object.byteLength);
  try {
    const sections = elfSections(bytes);
    const types = sections.get(".BTF");
    const extension = sections.get(".BTF.ext");
    return types === undefined || extension === undefined ? [] : lineRecords(extension, btfTexts(types));
  } catch (thrown) {
    if (thrown instanceof RangeError) {
      return [];
    }
    throw thrown;
  }
}

function elfSections(elf: Buffer): ReadonlyMap<string, Buffer> {
  const start = Number(elf.readBigUInt64LE(0x28));
  const size = elf.readUInt16LE(0x3a);
  const count = elf.readUInt16LE(0x3c);
  const section = (index: number): { readonly name: number; readonly content: Buffer } => {
    const header = elf.subarray(start + index * size, start + (index + 1) * size);
    const offset = Number(header.readBigUInt64LE(0x18));
    return {
      name: header.readUInt32LE(0),
      content: elf.subarray(offset, offset + Number(header.readBigUInt64LE(0x20))),
    };
  };
  const names = section(elf.readUInt16LE(0x3e)).content;
  return new Map(
    Array.from({ length: count }, (_, index) => {
      const { name, content } = section(index);
      return [textAt(names, name), content] as const;
    }),
  );
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
