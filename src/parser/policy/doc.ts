/**
 * Text with places where lines may break. A group is printed on one line when it fits, and with all its own
 * breaks otherwise; `hard` breaks always and breaks every group around it. Linear in the size of the text.
 */
import { unreachable } from "../../source/invariant.ts";

export type Doc =
  | string
  | { readonly kind: "concat"; readonly parts: readonly Doc[]; readonly hard: boolean }
  | { readonly kind: "indent"; readonly body: Doc; readonly hard: boolean }
  | { readonly kind: "group"; readonly body: Doc; readonly hard: boolean }
  | { readonly kind: "line"; readonly mode: "space" | "empty" | "hard"; readonly hard: boolean }
  /** Printed only where the group around it is broken. */
  | { readonly kind: "if-broken"; readonly text: string; readonly hard: boolean };

/** A space, or a line break in a broken group. */
export const line: Doc = { kind: "line", mode: "space", hard: false };
/** Nothing, or a line break in a broken group. */
export const softLine: Doc = { kind: "line", mode: "empty", hard: false };
/** A line break. */
export const hardLine: Doc = { kind: "line", mode: "hard", hard: true };

function isHard(doc: Doc): boolean {
  return typeof doc !== "string" && doc.hard;
}

export function concat(...parts: readonly Doc[]): Doc {
  return sequence(parts);
}

/** Like `concat`, for lists of any length. */
export function sequence(parts: readonly Doc[]): Doc {
  return { kind: "concat", parts, hard: parts.some(isHard) };
}

export function indent(...parts: readonly Doc[]): Doc {
  const body = concat(...parts);
  return { kind: "indent", body, hard: isHard(body) };
}

export function group(...parts: readonly Doc[]): Doc {
  const body = concat(...parts);
  return { kind: "group", body, hard: isHard(body) };
}

export function ifBroken(text: string): Doc {
  return { kind: "if-broken", text, hard: false };
}

/** `parts` with `separator` between each two. */
export function join(separator: Doc, parts: readonly Doc[]): Doc {
  return sequence(parts.flatMap((part, index) => (index === 0 ? [part] : [separator, part])));
}

interface Command {
  readonly doc: Doc;
  readonly depth: number;
  readonly broken: boolean;
}

const indentWidth = 2;

/** Prints a document; a line is never left with spaces at its end. */
export function render(root: Doc, width: number): string {
  const output: string[] = [];
  const stack: Command[] = [{ doc: root, depth: 0, broken: true }];
  let column = 0;
  let pendingIndent = 0;
  const write = (text: string): void => {
    if (text !== "") {
      output.push(" ".repeat(pendingIndent), text);
      column += pendingIndent + text.length;
      pendingIndent = 0;
    }
  };
  for (let command = stack.pop(); command !== undefined; command = stack.pop()) {
    const { doc, depth, broken } = command;
    if (typeof doc === "string") {
      write(doc);
    } else if (doc.kind === "line") {
      if (broken || doc.mode === "hard") {
        output.push("\n");
        column = 0;
        pendingIndent = depth * indentWidth;
      } else if (doc.mode === "space") {
        write(" ");
      }
    } else if (doc.kind === "if-broken") {
      write(broken ? doc.text : "");
    } else if (doc.kind === "group") {
      const room = width - column - pendingIndent;
      stack.push({ doc: doc.body, depth, broken: doc.hard || !fits(doc.body, stack, room) });
    } else {
      pushParts(stack, doc, depth, broken);
    }
  }
  return output.join("");
}

function pushParts(
  stack: Command[],
  doc: Extract<Doc, { readonly kind: "concat" | "indent" }>,
  depth: number,
  broken: boolean,
): void {
  if (doc.kind === "indent") {
    stack.push({ doc: doc.body, depth: depth + 1, broken });
    return;
  }
  for (const part of doc.parts.toReversed()) {
    stack.push({ doc: part, depth, broken });
  }
}

/** Whether a document, flat, and what follows it up to the next line break stay within `room` columns. */
function fits(doc: Doc, rest: readonly Command[], room: number): boolean {
  const flat: Command[] = [{ doc, depth: 0, broken: false }];
  let left = room;
  let next = rest.length - 1;
  while (left >= 0) {
    const command = flat.pop() ?? rest[next--];
    if (command === undefined) {
      return true;
    }
    const part = command.doc;
    if (typeof part === "string") {
      left -= part.length;
      continue;
    }
    switch (part.kind) {
      case "line":
        if (command.broken || part.mode === "hard") {
          return true;
        }
        left -= part.mode === "space" ? 1 : 0;
        break;
      case "if-broken":
        left -= command.broken ? part.text.length : 0;
        break;
      case "group":
      case "indent":
        flat.push({ ...command, doc: part.body });
        break;
      case "concat":
        for (const inner of part.parts.toReversed()) {
          flat.push({ ...command, doc: inner });
        }
        break;
      default:
        unreachable(part);
    }
  }
  return false;
}
