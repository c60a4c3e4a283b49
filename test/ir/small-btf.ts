/** BTF of a kernel with a few functions, for tests. */

/** Types that parameters can have, by their C spelling, with their ids. */
const typeIds = { int: 1, long: 2, "struct file *": 4, "struct path *": 6, "void *": 7 } as const;
export type SmallType = keyof typeof typeIds;

export interface SmallKernel {
  readonly functions: Readonly<Record<string, readonly SmallType[]>>;
  /** Enumerators, of one enum: `BPF_FUNC_loop`. */
  readonly enumerators: readonly string[];
}

const INT = 1;
const POINTER = 2;
const STRUCT = 4;
const ENUM = 6;
const FUNCTION = 12;
const PROTOTYPE = 13;
const SIGNED = 1 << 24;

/** The raw bytes. Every function returns int. */
export function smallBtf({ functions, enumerators }: SmallKernel): Uint8Array {
  const strings = [""];
  let length = 1;
  const at = (text: string): number => {
    strings.push(text);
    length += text.length + 1;
    return length - text.length - 1;
  };
  const head = (kind: number, count: number): number => (kind << 24) | count;
  const pointer = (to: number): readonly number[] => [0, head(POINTER, 0), to];
  const struct = (name: string): readonly number[] => [at(name), head(STRUCT, 0), 8];
  const types: (readonly number[])[] = [
    [at("int"), head(INT, 0), 4, SIGNED | 32],
    [at("long"), head(INT, 0), 8, SIGNED | 64],
    struct("file"),
    pointer(3),
    struct("path"),
    pointer(5),
    pointer(0),
  ];
  for (const [name, parameters] of Object.entries(functions)) {
    const words = parameters.flatMap((type, index) => [at(`a${index}`), typeIds[type]]);
    types.push([0, head(PROTOTYPE, parameters.length), typeIds.int, ...words]);
    types.push([at(name), head(FUNCTION, 0), types.length]);
  }
  types.push([
    0,
    head(ENUM, enumerators.length),
    4,
    ...enumerators.flatMap((name, value) => [at(name), value]),
  ]);
  return assemble(Buffer.from(Uint32Array.from(types.flat()).buffer), Buffer.from(`${strings.join("\0")}\0`));
}

function assemble(types: Buffer, text: Buffer): Uint8Array {
  const header = Buffer.alloc(24);
  header.writeUInt16LE(0xeb9f, 0);
  header.writeUInt8(1, 2);
  [24, 0, types.length, types.length, text.length].forEach((value, place) => {
    header.writeUInt32LE(value, 4 + place * 4);
  });
  return Buffer.concat([header, types, text]);
}
