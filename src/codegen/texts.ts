/** The texts of a hook: which of them are held in scratch memory while an event is decided. */
import type { Field, IrHook } from "../ir/ir.ts";
import type { ArgumentType } from "../kernel/hook.ts";
import { elementAt } from "../source/invariant.ts";
import { usedArguments } from "./values.ts";

/** A text in scratch memory. The C variables `memoryN` and `textN` belong to number N of a hook's list. */
export type HeldText =
  { readonly kind: "path"; readonly argument: number } | { readonly kind: "text"; readonly argument: number };

/**
 * The paths that rules compare or events carry, then the other texts that rules compare. A text that events only
 * carry is read right into the record.
 */
export function heldTexts(hook: IrHook): readonly HeldText[] {
  const paths = usedArguments(hook).filter((argument) => isPath(typeOf(hook, argument)));
  const compared = hook.fields.flatMap(({ source }) =>
    source.kind === "argument-text" ? [source.argument] : [],
  );
  return [
    ...paths.map((argument) => ({ kind: "path" as const, argument })),
    ...[...new Set(compared)].sort((a, b) => a - b).map((argument) => ({ kind: "text" as const, argument })),
  ];
}

/** The place in `heldTexts` of the text that a field compares; -1 when the field is no such text. */
export function heldPlace(hook: IrHook, { source }: Pick<Field, "source">): number {
  switch (source.kind) {
    case "argument-path":
      return placeOf(hook, "path", source.argument);
    case "argument-text":
      return placeOf(hook, "text", source.argument);
    case "argument":
    case "file":
    case "sock":
    case "process":
    case "result":
      return -1;
  }
}

/** The place of a captured argument in `heldTexts`; -1 when it is not held. */
export function placeOf(hook: IrHook, kind: HeldText["kind"], argument: number): number {
  return heldTexts(hook).findIndex((text) => text.kind === kind && text.argument === argument);
}

/** C call that reads a text argument into scratch memory. */
export function readText(hook: IrHook, argument: number, memory: string, text: string): string {
  return `string_read(${textAddress(hook, argument)}, ${memory}, ${text})`;
}

/** C expression for where a record goes on after a text argument that is read right into it. */
export function captureUnheld(hook: IrHook, argument: number): string {
  return `string_capture(scratch, at, ${textAddress(hook, argument)})`;
}

/** C expression for the address of a text argument's bytes. */
function textAddress(hook: IrHook, argument: number): string {
  const type = typeOf(hook, argument);
  const value = `values->arg${argument}`;
  return type.kind === "text" && type.form.kind === "filename" ? `filename_text(${value})` : value;
}

function typeOf(hook: IrHook, argument: number): ArgumentType {
  return elementAt(hook.fact.arguments, argument).type;
}

function isPath({ kind }: ArgumentType): boolean {
  return kind === "file" || kind === "path";
}
