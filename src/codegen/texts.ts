/** The texts of a hook: which of them are held in scratch memory while an event is decided, and how they are read. */
import type { CaptureType, Field, IrHook } from "../ir/ir.ts";
import {
  type ArgumentType,
  type FieldSource,
  type ProcessLevel,
  type ProcessText,
  isProcessText,
} from "../kernel/hook.ts";
import { type ObjectPart, capturedParts, isWalkedPart, objectPart } from "../kernel/objects.ts";
import { elementAt, invariant } from "../source/invariant.ts";
import { processMember, usedArguments } from "./values.ts";

/** A text in scratch memory. The C variables `memoryN` and `textN` belong to number N of a hook's list. */
export type HeldText =
  /** The path of a file or path argument. */
  | { readonly kind: "path"; readonly argument: number }
  /** A text argument, or with `read` a part of an object: all parts with the same function are the same text. */
  | { readonly kind: "text"; readonly argument: number; readonly read: string | undefined }
  /** A text of a process that it can change at any time. */
  | { readonly kind: "process"; readonly level: ProcessLevel; readonly part: ProcessText };

/** A text that is no argument's path. */
export type OtherText = Exclude<HeldText, { kind: "path" }>;

/**
 * The paths that rules compare or events carry, then the other texts that rules compare. A text that events only
 * carry is read right into the record, unless it takes a walk.
 */
export function heldTexts(hook: IrHook): readonly HeldText[] {
  const used = usedArguments(hook);
  const paths = used.filter((argument) => isPath(typeOf(hook, argument)));
  const compared = hook.fields.flatMap((field) => heldBy(hook, field));
  const walked = hook.captures.flatMap(({ argument, type }) => gatheredBy(argument, type));
  return [
    ...paths.map((argument) => ({ kind: "path" as const, argument })),
    ...distinct([...compared, ...walked]),
  ];
}

/** What events carry of an argument that takes more than one read. */
function gatheredBy(argument: number, type: CaptureType): readonly HeldText[] {
  if (type.kind === "object") {
    return capturedParts(type.of)
      .filter(isWalkedPart)
      .map((part) => ({ kind: "text" as const, argument, read: keyOf(part) }));
  }
  return type.kind === "text" && type.form.kind === "iovec"
    ? [{ kind: "text", argument, read: undefined }]
    : [];
}

function heldBy(hook: IrHook, { source, type }: Pick<Field, "source" | "type">): readonly HeldText[] {
  if (source.kind === "argument-text") {
    return [{ kind: "text", argument: source.argument, read: undefined }];
  }
  if (source.kind === "process" && isProcessText(source.part)) {
    return [{ kind: "process", level: source.level, part: source.part }];
  }
  return source.kind === "part" && type.kind !== "integer"
    ? [{ kind: "text", argument: source.argument, read: keyOf(partOf(hook, source)) }]
    : [];
}

function distinct(texts: readonly HeldText[]): readonly HeldText[] {
  const found = new Map(texts.map((text) => [JSON.stringify(text), text]));
  return [...found.values()].sort((a, b) => orderOf(a) - orderOf(b));
}

/** Those of processes come last: reading them takes a walk through the kernel's memory. */
function orderOf(text: HeldText): number {
  return text.kind === "process" ? Number.MAX_SAFE_INTEGER : text.argument;
}

/** What tells the texts of an object apart: parts can have two names. */
function keyOf({ text, read }: ObjectPart): string {
  return `${text ?? ""} ${read}`;
}

/** The place in `heldTexts` of the text that a field compares; -1 when the field is no such text. */
export function heldPlace(hook: IrHook, field: Pick<Field, "source" | "type">): number {
  const { source } = field;
  if (source.kind === "argument-path") {
    return placeOf(hook, { kind: "path", argument: source.argument });
  }
  const [held] = heldBy(hook, field);
  return held === undefined ? -1 : placeOf(hook, held);
}

/** The place of a text in `heldTexts`; -1 when it is not held. */
export function placeOf(hook: IrHook, text: HeldText): number {
  const wanted = JSON.stringify(text);
  return heldTexts(hook).findIndex((held) => JSON.stringify(held) === wanted);
}

/** The place of a captured part of an object in `heldTexts`; -1 when it is not held. */
export function partPlace(hook: IrHook, argument: number, part: ObjectPart): number {
  return placeOf(hook, { kind: "text", argument, read: keyOf(part) });
}

/** The C function that reads a part. */
export function partRead(hook: IrHook, source: Extract<FieldSource, { kind: "part" }>): string {
  return partOf(hook, source).read;
}

function partOf(hook: IrHook, source: Extract<FieldSource, { kind: "part" }>): ObjectPart {
  const type = typeOf(hook, source.argument);
  const part = type.kind === "object" ? objectPart(type.of, source.part) : undefined;
  invariant(part !== undefined, `${hook.fact.id} has no part ${source.part}`);
  return part;
}

/** C call that reads a text that is no argument's path into scratch memory. */
export function readText(hook: IrHook, held: OtherText, memory: string, text: string): string {
  if (held.kind === "process") {
    return `process_${held.part}_read(&values->${processMember(held.level)}, ${memory}, ${text})`;
  }
  const value = `values->arg${held.argument}`;
  if (held.read === undefined) {
    const { reader, values } = argumentSource(hook, held.argument);
    return `${reader}_read(${values}, ${memory}, ${text})`;
  }
  const [form = "", read = ""] = held.read.split(" ");
  return `${form.replace("-", "_")}_read(${read}(${value}), ${memory}, ${text})`;
}

/** C expression for where a record goes on after a text argument that is read right into it. */
export function captureArgument(hook: IrHook, argument: number): string {
  const { reader, values } = argumentSource(hook, argument);
  return reader === "iovec" ? "text_missing(scratch, at)" : `${reader}_capture(scratch, at, ${values})`;
}

/** The same for a text part of an object. */
export function capturePart(argument: number, { text, read }: ObjectPart): string {
  invariant(text === "string" || text === "sockaddr_un", "what takes a walk is held");
  return `${text}_capture(scratch, at, ${read}(values->arg${argument}))`;
}

/** The beginning of the names of the C functions that read a text argument, and what they are given. */
function argumentSource(
  hook: IrHook,
  argument: number,
): { readonly reader: string; readonly values: string } {
  const type = typeOf(hook, argument);
  const value = `values->arg${argument}`;
  invariant(type.kind === "text", `argument ${argument} of ${hook.fact.id} is a text`);
  switch (type.form.kind) {
    case "string":
    case "data_loc":
      return { reader: "string", values: value };
    case "filename":
      return { reader: "string", values: `filename_text(${value})` };
    case "buffer":
    case "iovec":
      return { reader: type.form.kind, values: `${value}, ${value}_size` };
  }
}

function typeOf(hook: IrHook, argument: number): ArgumentType {
  return elementAt(hook.fact.arguments, argument).type;
}

function isPath({ kind }: ArgumentType): boolean {
  return kind === "file" || kind === "path";
}
