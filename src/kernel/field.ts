/** What conditions can ask of an argument: its parts, their types and what reading them costs. */
import type { ArgumentType, FieldSource, FilePart, SockPart } from "./hook.ts";
import { type ObjectPart, objectFact } from "./objects.ts";
import type { WordSetName } from "./words.ts";

/** The type of a value that a condition compares. */
export type FieldType =
  | { readonly kind: "integer"; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }
  /** A path of the file system, as bytes; it may have no value (pipe) or be too long to resolve. */
  | { readonly kind: "path" }
  /** Bytes that end at a NUL: a name, an argument of a command line. It may be too long, or not readable. */
  /** With `binary` it may hold any bytes, NUL too. With `list` there are several: any of them counts. */
  | { readonly kind: "string"; readonly binary?: true; readonly list?: true }
  /** 128 bits; IPv4 as ::ffff:a.b.c.d. No value for other address families. */
  | { readonly kind: "address" };

/**
 * When a value becomes known: at the hook, when the process executed its program, or when its container
 * started.
 */
export type Stage = "event" | "exec" | "scope";

/** One thing that conditions can ask of an argument of some type. */
export interface FieldFact {
  /** What follows the argument's name: `path`; empty for the argument itself. */
  readonly part: string;
  readonly type: FieldType;
  readonly stage: Stage;
  /** Fields of a hook are read in order of cost: a register, a load, a load of 16 bytes, a walk. */
  readonly cost: 0 | 1 | 2 | 3;
  readonly words: WordSetName | undefined;
  readonly source: (argument: number) => FieldSource;
}

const unsigned = (bits: 8 | 16 | 32 | 64): FieldType => ({ kind: "integer", bits, signed: false });

function sockPart(part: SockPart, type: FieldType, words?: WordSetName): FieldFact {
  return {
    part,
    type,
    stage: "event",
    cost: type.kind === "address" ? 2 : 1,
    words,
    source: (argument) => ({ kind: "sock", argument, part }),
  };
}

const sockFields: readonly FieldFact[] = [
  sockPart("family", unsigned(16), "addressFamily"),
  sockPart("type", unsigned(16), "socketType"),
  sockPart("protocol", unsigned(16), "ipProtocol"),
  sockPart("state", unsigned(8), "tcpState"),
  sockPart("sport", unsigned(16)),
  sockPart("dport", unsigned(16)),
  sockPart("mark", unsigned(32)),
  sockPart("saddr", { kind: "address" }),
  sockPart("daddr", { kind: "address" }),
];

const packetParts: ReadonlySet<string> = new Set([
  "family",
  "protocol",
  "sport",
  "dport",
  "saddr",
  "daddr",
  "mark",
  "length",
]);

/** An address alone is one end; it is called by its own names and by those of a source. */
const addressFields: readonly FieldFact[] = [
  sockPart("family", unsigned(16), "addressFamily"),
  { ...sockPart("sport", unsigned(16)), part: "port" },
  { ...sockPart("saddr", { kind: "address" }), part: "addr" },
  sockPart("sport", unsigned(16)),
  sockPart("saddr", { kind: "address" }),
];

/** What has the ends of a socket: a packet knows of no state, an address of one end. */
function endFields(through: Extract<ArgumentType, { kind: "sock" }>["through"]): readonly FieldFact[] {
  switch (through) {
    case "skb":
      return [...sockFields.filter(({ part }) => packetParts.has(part)), sockPart("length", unsigned(32))];
    case "sockaddr":
      return addressFields;
    case "socket":
    case undefined:
      return sockFields;
  }
}

/** `file` means `file.path`: both spellings name the same field. */
const pathFields: readonly FieldFact[] = ["path", ""].map((part) => ({
  part,
  type: { kind: "path" },
  stage: "event",
  cost: 3,
  words: undefined,
  source: (argument) => ({ kind: "argument-path", argument }),
}));

function filePart(part: FilePart, words: WordSetName | undefined): FieldFact {
  return {
    part,
    type: unsigned(32),
    stage: "event",
    cost: 1,
    words,
    source: (argument) => ({ kind: "file", argument, part }),
  };
}

const modeField = filePart("mode", "fileMode");
const typeField = filePart("type", "fileType");
const ownedField = filePart("owned", undefined);
const fileFields: readonly FieldFact[] = [
  ...pathFields,
  modeField,
  typeField,
  filePart("flags", "openFlags"),
  ownedField,
];

const textField: FieldFact = {
  part: "",
  type: { kind: "string" },
  stage: "event",
  cost: 3,
  words: undefined,
  source: (argument) => ({ kind: "argument-text", argument }),
};

/** The fields of an argument. The first are the ones to suggest. */
export function fieldsOf(type: ArgumentType, words: WordSetName | undefined): readonly FieldFact[] {
  switch (type.kind) {
    case "integer":
      return [
        {
          part: "",
          type,
          stage: "event",
          cost: 0,
          words,
          source: (argument) => ({ kind: "argument", argument }),
        },
      ];
    case "file":
      return fileFields;
    case "path":
      return [...pathFields, modeField, typeField, ownedField];
    case "sock":
      return endFields(type.through);
    case "text":
      return [
        type.form.kind === "buffer" || type.form.kind === "iovec"
          ? { ...textField, type: { kind: "string", binary: true } }
          : textField,
      ];
    case "object":
      return objectFact(type.of).parts.map(objectField);
    case "opaque":
      return [];
  }
}

function objectField({ name, type, words }: ObjectPart): FieldFact {
  return {
    part: name,
    type,
    stage: "event",
    cost: type.kind === "integer" ? 2 : 3,
    words,
    source: (argument) => ({ kind: "part", argument, part: name }),
  };
}
