/** Offsets in a 64-bit little-endian ELF file header and section header. */
const SECTION_TABLE_OFFSET = 0x28;
const SECTION_HEADER_BYTES = 0x3a;
const SECTION_COUNT = 0x3c;
const SECTION_NAMES_INDEX = 0x3e;
const HEADER_FILE_OFFSET = 0x18;
const HEADER_FILE_BYTES = 0x20;

/** The bytes of a named section of a 64-bit little-endian ELF file; undefined when it has none of that name. */
export function readElfSection(elf: Buffer, name: string): Buffer | undefined {
  const table = Number(elf.readBigUInt64LE(SECTION_TABLE_OFFSET));
  const headerBytes = elf.readUInt16LE(SECTION_HEADER_BYTES);
  const header = (index: number): number => table + index * headerBytes;
  const content = (at: number): Buffer => {
    const offset = Number(elf.readBigUInt64LE(at + HEADER_FILE_OFFSET));
    return elf.subarray(offset, offset + Number(elf.readBigUInt64LE(at + HEADER_FILE_BYTES)));
  };
  const names = content(header(elf.readUInt16LE(SECTION_NAMES_INDEX)));
  for (let index = 0; index < elf.readUInt16LE(SECTION_COUNT); index++) {
    const nameStart = elf.readUInt32LE(header(index));
    const nameEnd = names.indexOf(0, nameStart);
    if (names.toString("latin1", nameStart, nameEnd) === name) {
      return content(header(index));
    }
  }
  return undefined;
}
