/** What the runtime needs to know of 64-bit ELF files: where addresses and functions lie in them. */
import { constants } from "node:fs";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Part of the file that is loaded into memory. */
interface Segment {
  readonly offset: number;
  readonly address: number;
  readonly bytes: number;
}

export interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly address: number;
  readonly offset: number;
  readonly bytes: number;
  /** Index of the section that this one refers to. */
  readonly link: number;
}

/** An open ELF file. */
export interface ElfFile {
  readonly path: string;
  readonly sections: readonly ElfSection[];
  readonly contentOf: (section: ElfSection) => Buffer;
  /** Where in the file an address lies; undefined when it is not loaded from there. */
  readonly offsetOf: (address: number) => number | undefined;
}

/** What is wrong with the file. */
export class ElfFault extends Error {}

const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
const SECTION_BYTES = 64;
const LOADED = 1;
const X86_64 = 62;
const SYMBOL_TABLES: ReadonlySet<number> = new Set([2, 11]);
const SYMBOL_BYTES = 24;

/** Types of symbols. */
export const OBJECT = 1;
export const FUNCTION = 2;

/** Looks into an ELF file; what is wrong with it is thrown as an `ElfFault`. */
export function withElf<T>(path: string, look: (file: ElfFile) => T): T {
  const fd = openRegular(path);
  try {
    return look(readElf(fd, path));
  } finally {
    closeSync(fd);
  }
}

function openRegular(path: string): number {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "?";
    throw new ElfFault(code === "ENOENT" ? `there is no file ${path}` : `${path} can't be opened: ${code}`);
  }
  if (!fstatSync(fd).isFile()) {
    closeSync(fd);
    throw new ElfFault(`${path} is no regular file`);
  }
  return fd;
}

function readElf(fd: number, path: string): ElfFile {
  const { size } = fstatSync(fd);
  const read = (offset: number, bytes: number): Buffer => {
    const inside = Number.isSafeInteger(offset) && offset >= 0 && bytes >= 0 && offset + bytes <= size;
    const buffer = inside ? Buffer.alloc(bytes) : undefined;
    if (buffer === undefined || readSync(fd, buffer, 0, bytes, offset) !== bytes) {
      throw new ElfFault(`${path} is a damaged ELF file`);
    }
    return buffer;
  };
  const header = size < HEADER_BYTES ? undefined : read(0, HEADER_BYTES);
  const isElf = header?.readUInt32BE(0) === 0x7f454c46 && header[4] === 2 && header[5] === 1;
  if (header === undefined || !isElf || header.readUInt16LE(18) !== X86_64) {
    throw new ElfFault(`${path} is no ELF file for x86-64`);
  }
  const segments = readSegments(header, read);
  return {
    path,
    sections: readSections(header, read),
    contentOf: ({ offset, bytes }) => read(offset, bytes),
    offsetOf: (address) => {
      const found = segments.find((each) => address >= each.address && address < each.address + each.bytes);
      return found === undefined ? undefined : address - found.address + found.offset;
    },
  };
}

type Read = (offset: number, bytes: number) => Buffer;

/** A 64-bit number; one that no file can hold becomes one that no file has. */
function word(buffer: Buffer, at: number): number {
  return Number(buffer.readBigUInt64LE(at));
}

function readSegments(header: Buffer, read: Read): readonly Segment[] {
  const count = header.readUInt16LE(54) === SEGMENT_BYTES ? header.readUInt16LE(56) : 0;
  const table = count === 0 ? Buffer.alloc(0) : read(word(header, 32), count * SEGMENT_BYTES);
  return Array.from({ length: count }, (_, index) => table.subarray(index * SEGMENT_BYTES))
    .filter((entry) => entry.readUInt32LE(0) === LOADED)
    .map((entry) => ({ offset: word(entry, 8), address: word(entry, 16), bytes: word(entry, 32) }));
}

function readSections(header: Buffer, read: Read): readonly ElfSection[] {
  const count = header.readUInt16LE(58) === SECTION_BYTES ? header.readUInt16LE(60) : 0;
  const table = count === 0 ? Buffer.alloc(0) : read(word(header, 40), count * SECTION_BYTES);
  const entries = Array.from({ length: count }, (_, index) => table.subarray(index * SECTION_BYTES));
  const named = entries[header.readUInt16LE(62)];
  const names = named === undefined ? Buffer.alloc(0) : read(word(named, 24), word(named, 32));
  return entries.map((entry) => ({
    name: textAt(names, entry.readUInt32LE(0)),
    type: entry.readUInt32LE(4),
    address: word(entry, 16),
    offset: word(entry, 24),
    bytes: word(entry, 32),
    link: entry.readUInt32LE(40),
  }));
}

/** The text up to its NUL. */
export function textAt(bytes: Buffer, at: number): string {
  const end = bytes.indexOf(0, at);
  return bytes.toString("utf8", at, end === -1 ? bytes.length : end);
}

/** Where an address of the file's memory lies in the file. */
export function offsetOfAddress(file: ElfFile, address: number): number {
  const offset = file.offsetOf(address);
  if (offset === undefined) {
    throw new ElfFault(`${file.path} has no address 0x${address.toString(16)}`);
  }
  return offset;
}

/** Where a function of the file begins. */
export function offsetOfSymbol(file: ElfFile, symbol: string): number {
  const [address, another] = addressesOf(file, symbol, FUNCTION);
  if (address === undefined) {
    throw new ElfFault(`${file.path} has no function \`${symbol}\``);
  }
  if (another !== undefined) {
    throw new ElfFault(`${file.path} has several functions \`${symbol}\`: name one by its address`);
  }
  return offsetOfAddress(file, address);
}

/** The addresses that a symbol has, each once. */
export function addressesOf(file: ElfFile, symbol: string, type: number): readonly number[] {
  const addresses = new Set<number>();
  for (const table of file.sections) {
    const texts = file.sections[table.link];
    if (SYMBOL_TABLES.has(table.type) && texts !== undefined) {
      const found = findSymbol(file.contentOf(table), file.contentOf(texts), symbol, type);
      found.forEach((address) => addresses.add(address));
    }
  }
  return [...addresses];
}

/** Addresses of the symbols of a name. In tables of whole programs names end in their version: `read@@GLIBC_2.2.5`. */
function findSymbol(table: Buffer, texts: Buffer, symbol: string, type: number): readonly number[] {
  const wanted = Buffer.from(symbol);
  const found: number[] = [];
  for (let at = 0; at + SYMBOL_BYTES <= table.length; at += SYMBOL_BYTES) {
    const name = table.readUInt32LE(at);
    const isDefined = table.readUInt16LE(at + 6) !== 0;
    const isMeant = ((table[at + 4] ?? 0) & 0xf) === type;
    if (isDefined && isMeant && texts.subarray(name, name + wanted.length).equals(wanted)) {
      const text = textAt(texts, name);
      if (text === symbol || text.slice(symbol.length).startsWith("@")) {
        found.push(word(table, at + 8));
      }
    }
  }
  return found;
}
