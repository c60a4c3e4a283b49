/** Reads BTF, the kernel's own description of its types and functions (/sys/kernel/btf/vmlinux). */
import { type Outcome, diagnostic, failure, success } from "../diagnostics/diagnostic.ts";
import {
  type BtfIndex,
  type EnumeratorPlace,
  type TypeHead,
  findNamed,
  headOf,
  indexBtf,
  kinds,
  stringAt,
} from "./btf-index.ts";
import type { ArgumentType } from "./hook.ts";

export interface Btf {
  readonly kind: "btf";
  readonly index: BtfIndex;
}

/** A type as C spells it, and as far as policies can use it. */
export interface BtfType {
  readonly cType: string;
  /** Undefined for void. */
  readonly type: ArgumentType | undefined;
}

export interface BtfPrototype {
  readonly parameters: readonly (BtfType & { readonly name: string })[];
  readonly result: BtfType;
}

export interface BtfMember {
  readonly name: string;
  /** From the start of the outermost struct, through anonymous ones. */
  readonly bitOffset: number;
  readonly type: BtfType;
}

/** Chains of typedefs and pointers end here: a hostile file can make them circular. */
const maximumDepth = 32;

/** Reads the raw bytes of a `.BTF` section. */
export function readBtf(name: string, blob: Uint8Array): Outcome<Btf> {
  const index = indexBtf(blob);
  return typeof index === "string"
    ? failure([diagnostic("invalid-btf", undefined, `\`${name}\` is no usable BTF: ${index}`)])
    : success({ kind: "btf", index });
}

/** The prototype of a kernel function. */
export function findFunction({ index }: Btf, name: string): BtfPrototype | undefined {
  const found = findNamed(index, name, [kinds.function]);
  const prototype = found && headOf(index, found.sizeOrType);
  return prototype?.kind === kinds.prototype ? prototypeOf(index, prototype) : undefined;
}

/** The prototype of a tracepoint (TP_PROTO). */
export function findTracepoint({ index }: Btf, name: string): BtfPrototype | undefined {
  const found = findNamed(index, `btf_trace_${name}`, [kinds.typedef]);
  const pointer = found && headOf(index, found.sizeOrType);
  const head = pointer && headOf(index, pointer.sizeOrType);
  if (head?.kind !== kinds.prototype) {
    return undefined;
  }
  // Before them is what the kernel passes to whoever is attached.
  const { parameters, result } = prototypeOf(index, head);
  return { parameters: parameters.slice(1), result };
}

/** The members of `struct NAME`, in order, anonymous ones under an empty name. */
export function structMembers({ index }: Btf, name: string): readonly BtfMember[] | undefined {
  const head = findNamed(index, name, [kinds.struct]);
  return head === undefined
    ? undefined
    : Array.from({ length: head.count }, (_, place): BtfMember => {
        const at = head.rest + place * 12;
        const word = index.view.getUint32(at + 8, true);
        return {
          name: stringAt(index, index.view.getUint32(at, true)),
          bitOffset: head.flag ? word & 0xffffff : word,
          type: typeOf(index, index.view.getUint32(at + 4, true)),
        };
      });
}

function prototypeOf(index: BtfIndex, prototype: TypeHead): BtfPrototype {
  const parameters = Array.from({ length: prototype.count }, (_, place) => {
    const at = prototype.rest + place * 8;
    return {
      name: stringAt(index, index.view.getUint32(at, true)),
      ...typeOf(index, index.view.getUint32(at + 4, true)),
    };
  });
  return { parameters, result: typeOf(index, prototype.sizeOrType) };
}

/** Names of all functions: for suggestions. */
export function functionNames({ index }: Btf): readonly string[] {
  return [...index.offsets.keys()]
    .map((id) => headOf(index, id))
    .filter((head) => head?.kind === kinds.function)
    .map((head) => stringAt(index, head?.name ?? 0));
}

/** A member of `struct NAME` or `union NAME`, by a path through structs that it holds: `f_path.dentry`. */
export function findMember(
  { index }: Btf,
  container: string,
  path: readonly string[],
): BtfMember | undefined {
  let head = findNamed(index, container, [kinds.struct, kinds.union]);
  let bitOffset = 0;
  let member: BtfMember | undefined;
  for (const name of path) {
    const found = head && memberNamed(index, head, name, new Set());
    if (found === undefined) {
      return undefined;
    }
    bitOffset += found.bitOffset;
    member = { name, bitOffset, type: typeOf(index, found.type) };
    head = strip(index, found.type);
  }
  return member;
}

/** Whether any enum has an enumerator of this name. */
export function hasEnumerator(btf: Btf, name: string): boolean {
  return btf.index.enumerators().has(name);
}

/** The value of an enumerator of any enum. */
export function enumValue({ index }: Btf, name: string): bigint | undefined {
  const found = index.enumerators().get(name);
  return found && enumeratorValue(index, found);
}

function enumeratorValue({ view }: BtfIndex, { head: { kind, flag }, at }: EnumeratorPlace): bigint {
  const low = view.getUint32(at + 4, true);
  if (kind === kinds.enum) {
    return BigInt(flag ? low | 0 : low);
  }
  const value = (BigInt(view.getUint32(at + 8, true)) << 32n) | BigInt(low);
  return flag ? BigInt.asIntN(64, value) : value;
}

function memberNamed(
  index: BtfIndex,
  head: TypeHead,
  name: string,
  visited: Set<number>,
): { readonly type: number; readonly bitOffset: number } | undefined {
  // What was searched in vain once need not be again; a hostile file would make it endless.
  if ((head.kind !== kinds.struct && head.kind !== kinds.union) || visited.has(head.id)) {
    return undefined;
  }
  visited.add(head.id);
  for (let place = 0; place < head.count; place += 1) {
    const at = head.rest + place * 12;
    const memberName = stringAt(index, index.view.getUint32(at, true));
    const type = index.view.getUint32(at + 4, true);
    const word = index.view.getUint32(at + 8, true);
    // With the flag, the upper 8 bits are the size of a bit field.
    const bitOffset = head.flag ? word & 0xffffff : word;
    if (memberName === name) {
      return { type, bitOffset };
    }
    const inner = memberName === "" ? strip(index, type) : undefined;
    const found = inner && memberNamed(index, inner, name, visited);
    if (found !== undefined) {
      return { type: found.type, bitOffset: bitOffset + found.bitOffset };
    }
  }
  return undefined;
}

const transparentKinds: ReadonlySet<number> = new Set<number>([
  kinds.typedef,
  kinds.const,
  kinds.volatile,
  kinds.restrict,
  kinds.typeTag,
]);

/** The type behind typedefs and qualifiers; undefined for void. */
function strip(index: BtfIndex, id: number): TypeHead | undefined {
  let head = headOf(index, id);
  for (let depth = 0; head !== undefined && transparentKinds.has(head.kind); depth += 1) {
    head = depth > maximumDepth ? undefined : headOf(index, head.sizeOrType);
  }
  return head;
}

function typeOf(index: BtfIndex, id: number): BtfType {
  return { cType: spell(index, id, 0), type: argumentType(index, id) };
}

function argumentType(index: BtfIndex, id: number): ArgumentType | undefined {
  const head = strip(index, id);
  if (head === undefined) {
    return undefined;
  }
  const opaque: ArgumentType = { kind: "opaque", cType: spell(index, id, 0) };
  switch (head.kind) {
    case kinds.int: {
      const isSigned = ((index.view.getUint32(head.rest, true) >>> 24) & 1) === 1;
      return integerOfSize(head.sizeOrType, isSigned) ?? opaque;
    }
    case kinds.enum:
    case kinds.enum64:
      return integerOfSize(head.sizeOrType, head.flag) ?? opaque;
    case kinds.pointer:
      return pointerType(index, head.sizeOrType) ?? opaque;
    default:
      return opaque;
  }
}

function integerOfSize(size: number, signed: boolean): ArgumentType | undefined {
  const bits = ([8, 16, 32, 64] as const).find((width) => width === size * 8);
  return bits === undefined ? undefined : { kind: "integer", bits, signed };
}

function pointerType(index: BtfIndex, target: number): ArgumentType | undefined {
  const head = strip(index, target);
  if (head?.kind !== kinds.struct) {
    return undefined;
  }
  switch (stringAt(index, head.name)) {
    case "file":
      return { kind: "file" };
    case "path":
      return { kind: "path" };
    case "sock":
      return { kind: "sock" };
    default:
      return undefined;
  }
}

function spell(index: BtfIndex, id: number, depth: number): string {
  const head = headOf(index, id);
  if (head === undefined || depth > maximumDepth) {
    return "void";
  }
  const name = stringAt(index, head.name);
  const inner = (): string => spell(index, head.sizeOrType, depth + 1);
  switch (head.kind) {
    case kinds.struct:
      return `struct ${name}`;
    case kinds.union:
      return `union ${name}`;
    case kinds.forward:
      return `${head.flag ? "union" : "struct"} ${name}`;
    case kinds.enum:
    case kinds.enum64:
      return name === "" ? "int" : `enum ${name}`;
    case kinds.pointer: {
      const target = strip(index, head.sizeOrType);
      // A pointer to a function or array has no spelling without a name.
      const isPlain = target?.kind !== kinds.prototype && target?.kind !== kinds.array;
      const text = isPlain ? inner() : "void";
      return text.endsWith("*") ? `${text}*` : `${text} *`;
    }
    case kinds.const:
      return qualify("const", inner());
    case kinds.volatile:
      return qualify("volatile", inner());
    case kinds.restrict:
    case kinds.typeTag:
      return inner();
    default:
      return name === "" ? "void *" : name;
  }
}

/** A qualified pointer takes its qualifier on the right, which a parameter does not need. */
function qualify(qualifier: string, text: string): string {
  return text.endsWith("*") ? text : `${qualifier} ${text}`;
}
