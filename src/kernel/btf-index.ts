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

/** The bytes of a blob, and where its types and strings are. */
export interface BtfTypes {
  readonly view: DataView;
  readonly bytes: Buffer;
  /** Offset of each type in the blob, by id; id 0 is void and has none. */
  readonly offsets: Uint32Array;
  readonly stringStart: number;
  readonly stringEnd: number;
}

/** The types by name, too. */
export interface BtfIndex extends BtfTypes {
  /** The first type of each name, by kind. Made when it is first asked for: a compilation asks hundreds of times. */
  readonly named: ReadonlyMap<number, () => ReadonlyMap<string, number>>;
  /** The first type and the place in it of each enumerator. */
  readonly enumerators: () => ReadonlyMap<string, EnumeratorPlace>;
}

/** Where an enumerator is. */
export interface EnumeratorPlace {
  readonly head: TypeHead;
  /** Its offset in the blob. */
  readonly at: number;
}

/** The index of a blob, or what is wrong with it. Reads the head of each type once; names are read when one is asked for. */
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
  if (typeof offsets === "string") {
    return offsets;
  }
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  const types: BtfTypes = { view, bytes, offsets, stringStart, stringEnd };
  return {
    ...types,
    named: new Map(Object.values(kinds).map((kind) => [kind, once(() => namesOf(types, kind))])),
    enumerators: once(() => enumeratorsOf(types)),
  };
}

/** Calls `make` at the first call, and gives its result at every one. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function namesOf(types: BtfTypes, kind: number): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  for (let id = 1; id < types.offsets.length; id += 1) {
    const offset = types.offsets[id] ?? 0;
    if (((types.view.getUint32(offset + 4, true) >>> 24) & 0x1f) === kind) {
      const name = stringAt(types, types.view.getUint32(offset, true));
      if (!names.has(name)) {
        names.set(name, id);
      }
    }
  }
  return names;
}

function enumeratorsOf(types: BtfTypes): ReadonlyMap<string, EnumeratorPlace> {
  const places = new Map<string, EnumeratorPlace>();
  for (let id = 1; id < types.offsets.length; id += 1) {
    const head = headOf(types, id);
    if (head === undefined || (head.kind !== kinds.enum && head.kind !== kinds.enum64)) {
      continue;
    }
    const size = head.kind === kinds.enum ? 8 : 12;
    for (let place = 0; place < head.count; place += 1) {
      const at = head.rest + place * size;
      const name = stringAt(types, types.view.getUint32(at, true));
      if (!places.has(name)) {
        places.set(name, { head, at });
      }
    }
  }
  return places;
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
export function headOf({ view, offsets }: BtfTypes, id: number): TypeHead | undefined {
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
export function stringAt({ bytes, stringStart, stringEnd }: BtfTypes, offset: number): string {
  const start = stringStart + offset;
  if (start >= stringEnd) {
    return "";
  }
  const end = bytes.indexOf(0, start);
  return bytes.toString("latin1", start, end === -1 || end > stringEnd ? stringEnd : end);
}

/** The first type of one of these kinds with this name. */
export function findNamed(index: BtfIndex, name: string, wanted: readonly number[]): TypeHead | undefined {
  const ids = wanted.flatMap((kind) => index.named.get(kind)?.().get(name) ?? []);
  return ids.length === 0 ? undefined : headOf(index, Math.min(...ids));
}
