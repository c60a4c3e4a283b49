/** How much room the captures of a hook take in its event records. */
import { CAPTURED_SOCK } from "../../runtime/event-layout.ts";
import { capturedParts } from "../kernel/objects.ts";
import type { IrHook } from "./ir.ts";

/** Bytes of a record's captures besides texts. */
export function fixedCaptureBytes(hook: IrHook): number {
  const tellsStacks = hook.blocks.some(({ rules }) =>
    rules.some(({ effects }) => effects.some(({ kind }) => kind === "stack")),
  );
  return captureBytes(hook) + (tellsStacks ? 2 * (8 + STACK_BYTES) : 0);
}

/** The longest stack of a record: `bpf/templates/stack.h`. */
const STACK_BYTES = 127 * 8;

function captureBytes(hook: IrHook): number {
  return hook.captures.reduce((bytes, { type }) => {
    switch (type.kind) {
      case "integer":
        return bytes + 8;
      case "sock":
        return bytes + CAPTURED_SOCK.size;
      case "object":
        return bytes + 8 + 8 * capturedParts(type.of).filter(({ text }) => text === undefined).length;
      case "file":
      case "path":
      case "text":
        return bytes;
    }
  }, 0);
}

/** Paths and other texts that a record of the hook carries. */
export function capturedTexts(hook: IrHook): number {
  return hook.captures.reduce((texts, { type }) => {
    switch (type.kind) {
      case "integer":
      case "sock":
        return texts;
      case "object":
        return texts + capturedParts(type.of).filter(({ text }) => text !== undefined).length;
      case "file":
      case "path":
      case "text":
        return texts + 1;
    }
  }, 0);
}
