/** Static points of ELF files (USDT): notes that name a place and say where its arguments are. */
import { type ElfFile, ElfFault, offsetOfAddress, textAt } from "./elf.ts";

/** A place of the file. */
export interface StaticPoint {
  readonly offset: number;
  /** Offset of the counter that tells whether anything looks at it. */
  readonly counter: number | undefined;
  readonly operands: readonly string[];
}

const NOTES = ".note.stapsdt";
const BASE = ".stapsdt.base";
const OWNER = "stapsdt";
const VERSION = 3;

/** The places of a name; a compiler may make several of one that is written once. */
export function staticPoints(file: ElfFile, provider: string, name: string): readonly StaticPoint[] {
  const section = file.sections.find((each) => each.name === NOTES);
  const notes = section === undefined ? [] : readNotes(file.contentOf(section));
  const points = notes.flatMap((note) => readPoint(file, note, provider, name) ?? []);
  if (points.length === 0) {
    throw new ElfFault(`${file.path} has no static point \`${provider}:${name}\``);
  }
  return points;
}

/** What the notes of the owner say. */
function readNotes(bytes: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + 12 <= bytes.length;) {
    const owner = bytes.readUInt32LE(at);
    const content = bytes.readUInt32LE(at + 4);
    const start = at + 12 + roundUp(owner);
    if (bytes.readUInt32LE(at + 8) === VERSION && textAt(bytes, at + 12) === OWNER) {
      found.push(bytes.subarray(start, start + content));
    }
    at = start + roundUp(content);
  }
  return found;
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}

function readPoint(file: ElfFile, note: Buffer, provider: string, name: string): StaticPoint | undefined {
  const [foundProvider, foundName, operands = ""] =
    note.length < 24 ? [] : note.subarray(24).toString("latin1").split("\0");
  if (foundProvider !== provider || foundName !== name) {
    return undefined;
  }
  const [address = 0, base = 0, counter = 0] = [0, 8, 16].map((at) => Number(note.readBigUInt64LE(at)));
  // Tools that move a file's sections leave the notes as they are.
  const moved = (file.sections.find((each) => each.name === BASE)?.address ?? base) - base;
  return {
    offset: offsetOfAddress(file, address + moved),
    counter: counter === 0 ? undefined : offsetOfAddress(file, counter + moved),
    operands: operands.split(" ").filter((operand) => operand !== ""),
  };
}

/** Registers in the order of struct pt_regs, by the names of their parts of 64, 32, 16 and 8 bits. */
const registers: readonly (readonly string[])[] = [
  ...["r15", "r14", "r13", "r12"].map(numbered),
  ["rbp", "ebp", "bp", "bpl"],
  ["rbx", "ebx", "bx", "bl"],
  ...["r11", "r10", "r9", "r8"].map(numbered),
  ["rax", "eax", "ax", "al"],
  ["rcx", "ecx", "cx", "cl"],
  ["rdx", "edx", "dx", "dl"],
  ["rsi", "esi", "si", "sil"],
  ["rdi", "edi", "di", "dil"],
  [],
  ["rip"],
  [],
  [],
  ["rsp", "esp", "sp", "spl"],
];

function numbered(name: string): readonly string[] {
  return [name, `${name}d`, `${name}w`, `${name}b`];
}

const NO_REGISTER = 0xffff;
/** Bytes of struct static_argument: `bpf/templates/static_point.h`. */
const ARGUMENT_BYTES = 16;
const ARGUMENTS = 12;

/** Where one row of the map `static_rows` has the arguments that are asked for, or why it can't. */
export function rowOf(operands: readonly string[], asked: readonly number[]): Buffer | string {
  const row = Buffer.alloc(ARGUMENTS * ARGUMENT_BYTES);
  for (const number of asked) {
    const operand = operands[number];
    if (operand === undefined) {
      return `has ${operands.length} arguments, so none has the number ${number}`;
    }
    const argument = readOperand(operand);
    if (argument === undefined) {
      return `has argument ${number} in a way that can't be read: ${operand}`;
    }
    argument.copy(row, number * ARGUMENT_BYTES);
  }
  return row;
}

/** `-4@$7`, `8@%rax`, `-2@16(%rbp)`, `4@(%rax,%rbx,8)`: a value by its size, negative when it has a sign. */
function readOperand(text: string): Buffer | undefined {
  const [, sign, size, place = ""] = /^(-?)([1248])@(.+)$/.exec(text) ?? [];
  const constant = /^\$(-?(?:0x[0-9a-f]+|\d+))$/i.exec(place)?.[1];
  const register = /^%(\w+)$/.exec(place)?.[1];
  const memory = /^(-?(?:0x[0-9a-f]+|\d+))?\((?:%(\w+))?(?:,%(\w+)(?:,([1248]))?)?\)$/i.exec(place);
  if (size === undefined || (constant === undefined && register === undefined && memory === null)) {
    return undefined;
  }
  const [, offset, base, index, scale = "1"] = memory ?? [];
  const parts = [base ?? register, index].map((name) =>
    name === undefined ? NO_REGISTER : registerAt(name),
  );
  if (parts.includes(undefined)) {
    return undefined;
  }
  const argument = Buffer.alloc(ARGUMENT_BYTES);
  argument.writeBigUInt64LE(BigInt.asUintN(64, integerOf(constant ?? offset ?? "0")), 0);
  parts.forEach((part, at) => argument.writeUInt16LE(part ?? NO_REGISTER, 8 + 2 * at));
  [Math.log2(Number(scale)), Number(size), sign === "-" ? 1 : 0, memory === null ? 0 : 1].forEach(
    (value, at) => {
      argument.writeUInt8(value, 12 + at);
    },
  );
  return argument;
}

/** BigInt reads no minus before a hexadecimal number. */
function integerOf(text: string): bigint {
  return text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
}

/** Where a register is in struct pt_regs. Parts of 8 bits that are no lowest ones are none. */
function registerAt(name: string): number | undefined {
  const place = registers.findIndex((names) => names.includes(name));
  return place === -1 ? undefined : 8 * place;
}
