/** Event records put together as the kernel side does. */
import {
  CAPTURED_PATH,
  CAPTURED_SOCK,
  CLONE_RECORD,
  EVENT_HEADER,
  EVENT_KINDS,
  EXEC_RECORD,
} from "../../runtime/event-layout.ts";
import type { StructLayout } from "../../runtime/event-layout.ts";

type Fields = Readonly<Record<string, number | bigint | Uint8Array>>;

/** The bytes of a struct; fields that are not given are 0. */
export function struct(layout: StructLayout, fields: Fields): Buffer {
  const bytes = Buffer.alloc(layout.size);
  for (const [name, value] of Object.entries(fields)) {
    const field = layout.fields.find((one) => one.name === name);
    if (field === undefined) {
      throw new Error(`${layout.name} has no ${name}`);
    }
    if (value instanceof Uint8Array) {
      bytes.set(value, field.offset);
    } else if (field.size === 8) {
      bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), field.offset);
    } else {
      bytes.writeUIntLE(Number(value), field.offset, field.size);
    }
  }
  return bytes;
}

function record(kind: number, head: Fields, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts.map(padded));
  return Buffer.concat([
    struct(EVENT_HEADER, { size: EVENT_HEADER.size + body.length, kind, ...head }),
    body,
  ]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
}

/** `decisions`: rule index and whether it was enforced. */
export function hookRecord(
  head: Fields,
  decisions: readonly (readonly [number, boolean])[],
  ...captures: readonly Buffer[]
): Buffer {
  const words = Buffer.alloc(decisions.length * 4);
  decisions.forEach(([rule, enforced], index) => {
    words.writeUInt32LE(((enforced ? 1 : 0) << 24) | rule, index * 4);
  });
  return record(EVENT_KINDS.hook, { decision_count: decisions.length, ...head }, words, ...captures);
}

export function execRecord(
  head: Fields,
  fields: Fields,
  binary: string,
  args: readonly string[],
  directory: string,
): Buffer {
  const texts = [binary, args.join("\0"), directory].map((text) => Buffer.from(text));
  const [binaryBytes, argumentBytes, directoryBytes] = texts;
  return record(
    EVENT_KINDS.exec,
    head,
    struct(EXEC_RECORD, {
      ...fields,
      binary_length: binaryBytes?.length ?? 0,
      arguments_length: argumentBytes?.length ?? 0,
      directory_length: directoryBytes?.length ?? 0,
    }),
    ...texts,
  );
}

export function cloneRecord(head: Fields, fields: Fields): Buffer {
  return record(EVENT_KINDS.clone, head, struct(CLONE_RECORD, fields));
}

export function exitRecord(head: Fields): Buffer {
  return record(EVENT_KINDS.exit, head);
}

export function integerCapture(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes;
}

export function pathCapture(path: string, mode: number): Buffer {
  const text = Buffer.from(path);
  return Buffer.concat([struct(CAPTURED_PATH, { length: text.length, mode }), padded(text)]);
}

export function sockCapture(fields: Fields): Buffer {
  return struct(CAPTURED_SOCK, fields);
}

/** `::ffff:a.b.c.d` */
export function mapped(...bytes: readonly number[]): Uint8Array {
  return Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...bytes]);
}
