/** Reads what an inspector wants to know of a BPF object: its programs, their size and their stack. */
import { elfString, readElfSections } from "../kernel/elf.ts";

/** A program of an object. */
export interface ObjectProgram {
  readonly name: string;
  readonly section: string;
  /** Instructions of the program itself, without functions that it calls. */
  readonly instructions: number;
  /** Bytes of stack that the program itself addresses. */
  readonly stack: number;
  /** Numbers of the BPF helpers that the program itself calls, ascending. */
  readonly helpers: readonly number[];
}

const SYMBOL_BYTES = 24;
const SYMBOL_TABLE = 2;
const FUNCTION = 2;
const INSTRUCTION_BYTES = 8;
const FRAME_POINTER = 10;

/** The programs of a 64-bit little-endian ELF object that clang wrote, by section and name. */
export function readPrograms(object: Uint8Array): readonly ObjectProgram[] {
  const view = new DataView(object.buffer, object.byteOffset, object.byteLength);
  const sections = readElfSections(object);
  const symbols = sections.find(({ type }) => type === SYMBOL_TABLE);
  const names = symbols === undefined ? undefined : sections[symbols.link];
  if (symbols === undefined || names === undefined) {
    return [];
  }
  const programs: ObjectProgram[] = [];
  for (let at = symbols.offset; at < symbols.offset + symbols.size; at += SYMBOL_BYTES) {
    const section = sections[view.getUint16(at + 6, true)];
    const isFunction = (view.getUint8(at + 4) & 0xf) === FUNCTION;
    if (isFunction && section !== undefined && section.name !== ".text") {
      const start = section.offset + Number(view.getBigUint64(at + 8, true));
      const size = Number(view.getBigUint64(at + 16, true));
      programs.push({
        name: elfString(object, names.offset + view.getUint32(at, true)),
        section: section.name,
        instructions: size / INSTRUCTION_BYTES,
        stack: stackBytes(view, start, size),
        helpers: calledHelpers(view, start, size),
      });
    }
  }
  return programs.sort((a, b) => (a.section + a.name < b.section + b.name ? -1 : 1));
}

const CALL = 0x85;

/** Calls whose source register is 0 are of helpers; others are of functions in the object or of the kernel. */
function calledHelpers(view: DataView, start: number, size: number): readonly number[] {
  const called = new Set<number>();
  for (let at = start; at < start + size; at += INSTRUCTION_BYTES) {
    if (view.getUint8(at) === CALL && view.getUint8(at + 1) >> 4 === 0) {
      called.add(view.getInt32(at + 4, true));
    }
  }
  return [...called].sort((a, b) => a - b);
}

/** The lowest offset from the frame pointer that an instruction names. */
function stackBytes(view: DataView, start: number, size: number): number {
  let lowest = 0;
  let copied: number | undefined;
  for (let at = start; at < start + size; at += INSTRUCTION_BYTES) {
    const code = view.getUint8(at);
    const registers = view.getUint8(at + 1);
    const kind = code & 7;
    const base = kind === 1 ? registers >> 4 : registers & 0xf;
    if (kind >= 1 && kind <= 3 && base === FRAME_POINTER) {
      lowest = Math.min(lowest, view.getInt16(at + 2, true));
    }
    // A copy of the frame pointer, then its offset: an address on the stack.
    if (code === 0x07 && copied === (registers & 0xf)) {
      lowest = Math.min(lowest, view.getInt32(at + 4, true));
    }
    copied = code === 0xbf && registers >> 4 === FRAME_POINTER ? registers & 0xf : undefined;
  }
  return -lowest;
}
