/** Sections of 64-bit little-endian ELF files: kernels and BPF objects. */

/** A section; `offset` and `size` are bytes in the file. */
export interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly offset: number;
  readonly size: number;
  /** Index of another section that belongs to it. */
  readonly link: number;
}

/** Offsets in a file header and in a section header. */
const SECTION_TABLE_OFFSET = 0x28;
const SECTION_HEADER_BYTES = 0x3a;
const SECTION_COUNT = 0x3c;
const SECTION_NAMES_INDEX = 0x3e;
const HEADER_TYPE = 0x04;
const HEADER_FILE_OFFSET = 0x18;
const HEADER_FILE_BYTES = 0x20;
const HEADER_LINK = 0x28;

/** All sections, in the order of the file. Throws a RangeError where the file is cut short. */
export function readElfSections(elf: Uint8Array): readonly ElfSection[] {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const number = (at: number): number => Number(view.getBigUint64(at, true));
  const table = number(SECTION_TABLE_OFFSET);
  const headerBytes = view.getUint16(SECTION_HEADER_BYTES, true);
  const header = (index: number): number => table + index * headerBytes;
  const names = number(header(view.getUint16(SECTION_NAMES_INDEX, true)) + HEADER_FILE_OFFSET);
  return Array.from({ length: view.getUint16(SECTION_COUNT, true) }, (_, index) => {
    const at = header(index);
    return {
      name: elfString(elf, names + view.getUint32(at, true)),
      type: view.getUint32(at + HEADER_TYPE, true),
      offset: number(at + HEADER_FILE_OFFSET),
      size: number(at + HEADER_FILE_BYTES),
      link: view.getUint32(at + HEADER_LINK, true),
    };
  });
}

/** The bytes of a named section; undefined when the file has none of that name. */
export function readElfSection(elf: Uint8Array, name: string): Buffer | undefined {
  const section = readElfSections(elf).find((each) => each.name === name);
  return section === undefined
    ? undefined
    : Buffer.from(elf.buffer, elf.byteOffset + section.offset, section.size);
}

/** The text at an offset, up to its NUL. */
export function elfString(elf: Uint8Array, offset: number): string {
  return Buffer.from(elf.subarray(offset, elf.indexOf(0, offset))).toString("utf8");
}
