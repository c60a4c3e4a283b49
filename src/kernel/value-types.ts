/** The types that policies declare arguments with. */
import type { ArgumentType } from "./hook.ts";
import { objectNames } from "./objects.ts";

const integer = (bits: 8 | 16 | 32 | 64, signed: boolean): ArgumentType => ({
  kind: "integer",
  bits,
  signed,
});

const valueTypes: ReadonlyMap<string, ArgumentType> = new Map<string, ArgumentType>([
  ["int", integer(32, true)],
  ["int8", integer(8, true)],
  ["sint8", integer(8, true)],
  ["int16", integer(16, true)],
  ["sint16", integer(16, true)],
  ["int32", integer(32, true)],
  ["sint32", integer(32, true)],
  ["int64", integer(64, true)],
  ["sint64", integer(64, true)],
  ["long", integer(64, true)],
  ["uint8", integer(8, false)],
  ["uint16", integer(16, false)],
  ["uint32", integer(32, false)],
  ["uint64", integer(64, false)],
  ["ulong", integer(64, false)],
  ["size_t", integer(64, false)],
  ["file", { kind: "file" }],
  ["path", { kind: "path" }],
  ["sock", { kind: "sock" }],
  ["socket", { kind: "sock", through: "socket" }],
  ["skb", { kind: "sock", through: "skb" }],
  ["sockaddr", { kind: "sock", through: "sockaddr" }],
  ...objectNames.map((of): [string, ArgumentType] => [of, { kind: "object", of }]),
  ["string", { kind: "text", form: { kind: "string" } }],
  ["char_buf", { kind: "text", form: { kind: "buffer", size: undefined } }],
  ["const_buf", { kind: "text", form: { kind: "buffer", size: undefined } }],
  ["char_iovec", { kind: "text", form: { kind: "iovec", size: undefined } }],
  ["data_loc", { kind: "text", form: { kind: "data_loc" } }],
  ["filename", { kind: "text", form: { kind: "filename" } }],
  // An argument that is declared only to keep its place.
  ["nop", { kind: "opaque", cType: "void *" }],
]);

/** Types of the language that no hook can carry yet. */
const plannedTypes: ReadonlySet<string> = new Set(["auto"]);

/** The type of a name; `planned` when the language has it and the compiler does not yet. */
export function valueType(name: string): ArgumentType | "planned" | undefined {
  return valueTypes.get(name) ?? (plannedTypes.has(name) ? "planned" : undefined);
}

/** Every type name that can be used. */
export function valueTypeNames(): readonly string[] {
  return [...valueTypes.keys()];
}
