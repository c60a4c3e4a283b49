/** Where each type of a BTF blob starts, and checked access to its bytes. Format: Documentation/bpf/btf.rst. */

/** The kinds of types, by their number in the format. */
export const kinds = {
  int: 1,
  pointer: 2,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  forward: 7,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  function: 12,
  prototype: 13,
  variable: 14,
  section: 15,
  float: 16,
  declarationTag: 17,
  typeTag: 18,
  enum64: 19,
} as const;

/** Bytes that follow a type's 12-byte head: a fixed part, and a part for each of its `vlen` members. */
const trailers: ReadonlyMap<number, readonly [number, number]> = new Map<number, readonly [number, number]>([
  [kinds.int, [4, 0]],
  [kinds.pointer, [0, 0]],
  [kinds.array, [12, 0]],
  [kinds.struct, [0, 12]],
  [kinds.union, [0, 12]],
  [kinds.enum, [0, 8]],
  [kinds.forward, [0, 0]],
  [kinds.typedef, [0, 0]],
  [kinds.volatile, [0, 0]],
  [kinds.const, [0, 0]],
  [kinds.restrict, [0, 0]],
  [kinds.function, [0, 0]],
  [kinds.prototype, [0, 8]],
  [kinds.variable, [4, 0]],
  [kinds.section, [0, 12]],
  [kinds.float, [0, 0]],
  [kinds.declarationTag, [4, 0]],
  [kinds.typeTag, [0, 0]],
  [kinds.enum64, [0, 12]],
]);

const headBytes = 12;
const magic = 0xeb9f;

export interface BtfIndex {
  readonly view: DataView;
  readonly bytes: Buffer;
  /** Offset of each type in the blob, by id; id 0 is void and has none. */
  readonly offsets: Uint32Array;
  readonly stringStart: number;
  readonly stringEnd: number;
}

/** The index of a blob, or what is wrong with it. Reads each type's head once and no string. */
export function indexBtf(blob: Uint8Array): BtfIndex | string {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  if (blob.byteLength < 24 || view.getUint16(0, true) !== magic) {
    return "it does not start like little-endian BTF";
  }
  if (view.getUint8(2) !== 1) {
    return `its version ${view.getUint8(2)} is unknown`;
  }
  const headerLength = view.getUint32(4, true);
  const typeStart = headerLength + view.getUint32(8, true);
  const typeEnd = typeStart + view.getUint32(12, true);
  const stringStart = headerLength + view.getUint32(16, true);
  const stringEnd = stringStart + view.getUint32(20, true);
  if (
    headerLength < 24 ||
    typeEnd > blob.byteLength ||
    stringEnd > blob.byteLength ||
    stringEnd === stringStart
  ) {
    return "a section lies outside the file";
  }
  const offsets = indexTypes(view, typeStart, typeEnd);
  return typeof offsets === "string"
    ? offsets
    : {
        view,
        bytes: Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength),
        offsets,
        stringStart,
        stringEnd,
      };
}

function indexTypes(view: DataView, start: number, end: number): Uint32Array | string {
  // A type takes 12 bytes at least, so this is room for all of them.
  const offsets = new Uint32Array(Math.floor((end - start) / headBytes) + 1);
  let count = 1;
  let position = start;
  while (position < end) {
    if (position + headBytes > end) {
      return `type ${count} is cut off`;
    }
    const word = view.getUint32(position + 4, true);
    const trailer = trailers.get((word >>> 24) & 0x1f);
    if (trailer === undefined) {
      return `type ${count} is of the unknown kind ${(word >>> 24) & 0x1f}`;
    }
    offsets[count] = position;
    count += 1;
    position += headBytes + trailer[0] + trailer[1] * (word & 0xffff);
  }
  return position === end ? offsets.slice(0, count) : `type ${count - 1} is cut off`;
}

/** The head of a type. */
export interface TypeHead {
  readonly id: number;
  readonly kind: number;
  readonly flag: boolean;
  /** Number of members, parameters or values. */
  readonly count: number;
  readonly name: number;
  /** A size in bytes, or the id of another type: the kind tells. */
  readonly sizeOrType: number;
  /** Offset of what follows the head. */
  readonly rest: number;
}

/** Undefined for void and for ids that do not exist. */
export function headOf({ view, offsets }: BtfIndex, id: number): TypeHead | undefined {
  const offset = offsets[id];
  if (id === 0 || offset === undefined) {
    return undefined;
  }
  const word = view.getUint32(offset + 4, true);
  return {
    id,
    kind: (word >>> 24) & 0x1f,
    flag: word >>> 31 === 1,
    count: word & 0xffff,
    name: view.getUint32(offset, true),
    sizeOrType: view.getUint32(offset + 8, true),
    rest: offset + headBytes,
  };
}

/** A string of the blob; empty where the offset is out of range. */
export function stringAt({ bytes, stringStart, stringEnd }: BtfIndex, offset: number): string {
  const start = stringStart + offset;
  if (start >= stringEnd) {
    return "";
  }
  const end = bytes.indexOf(0, start);
  return bytes.toString("latin1", start, end === -1 || end > stringEnd ? stringEnd : end);
}

/** The first type of these kinds with this name. Compares bytes: no strings are made. */
export function findNamed(index: BtfIndex, name: string, wanted: readonly number[]): TypeHead | undefined {
  const pattern = Buffer.from(`${name}\0`, "latin1");
  for (let id = 1; id < index.offsets.length; id += 1) {
    const offset = index.offsets[id] ?? 0;
    const kind = (index.view.getUint32(offset + 4, true) >>> 24) & 0x1f;
    if (!wanted.includes(kind)) {
      continue;
    }
    const start = index.stringStart + index.view.getUint32(offset, true);
    if (
      start + pattern.length <= index.stringEnd &&
      index.bytes[start] === pattern[0] &&
      index.bytes.compare(pattern, 0, pattern.length, start, start + pattern.length) === 0
    ) {
      return headOf(index, id);
    }
  }
  return undefined;
}
