/** Gives every comment of a file to the node that it stands at, so that none is lost when the text is laid out. */
import { unreachable } from "../source/invariant.ts";
import type { Span } from "../source/source.ts";
import { spanText } from "../source/source.ts";
import type { FileSyntax } from "../parser/policy/syntax.ts";
import type { Comment, CommentTarget, Trivia } from "../parser/policy/trivia.ts";
import { type Container, containersWithin, fileContainer } from "./containers.ts";

/** The comments at one node. */
interface Attached {
  readonly leading: Comment[];
  readonly dangling: Comment[];
  trailing: string | undefined;
}

/**
 * A comment belongs to the element of the innermost list, chain or body that it stands in: behind the element
 * before it on the same line, else above the element after it. Inside an element that can't hold comments
 * (between `==` and its value) it moves above the element.
 */
export function attachComments(file: FileSyntax, comments: readonly Span[]): Trivia {
  const attached = new Map<CommentTarget, Attached>();
  const at = (node: CommentTarget): Attached => {
    const known = attached.get(node);
    if (known !== undefined) {
      return known;
    }
    const fresh: Attached = { leading: [], dangling: [], trailing: undefined };
    attached.set(node, fresh);
    return fresh;
  };
  const text = file.span.source.text;
  const root = fileContainer(file);
  for (const span of comments) {
    place(root, span, at);
  }
  return {
    leading: (node) => attached.get(node)?.leading ?? [],
    trailing: (node) => attached.get(node)?.trailing,
    dangling: (node) => attached.get(node)?.dangling ?? [],
    hasComments: (node) => {
      const found = attached.get(node);
      return found !== undefined && (found.leading.length > 0 || found.trailing !== undefined);
    },
    blankBefore: (node) =>
      node.kind === "policy" ||
      (attached.get(node)?.leading[0]?.blankBefore ?? isBlankBefore(text, node.span.start)),
  };
}

function isBlankBefore(text: string, offset: number): boolean {
  let lines = 0;
  for (let index = offset - 1; index >= 0; index -= 1) {
    const character = text[index] ?? "";
    if (character === "\n" || (character === "\r" && text[index + 1] !== "\n")) {
      lines += 1;
    } else if (!/\s/.test(character)) {
      break;
    }
  }
  return lines >= 2;
}

function place(root: Container, span: Span, at: (node: CommentTarget) => Attached): void {
  let container = root;
  for (;;) {
    const next = indexOfElementAfter(container.elements, span.start);
    const before = container.elements[next - 1];
    if (before === undefined || before.span.end <= span.start) {
      placeBetween(container, before, container.elements[next], span, at);
      return;
    }
    // Inside an element: in one of its own lists or bodies, or nowhere in particular.
    const inner = containersWithin(before).find(
      ({ span: within }) => within.start <= span.start && span.start < within.end,
    );
    if (inner === undefined) {
      hoist(before, span, at(before));
      return;
    }
    container = inner;
  }
}

/** Puts a comment from inside an element above it; the blank line above is the element's own. */
function hoist(element: CommentTarget, span: Span, { leading }: Attached): void {
  const isFirst = leading.length === 0;
  const blankBefore = isFirst && isBlankBefore(span.source.text, element.span.start);
  leading.push({ text: toComment(span).text, blankBefore });
}

/** The first element that starts after an offset: binary search, for files of many statements. */
function indexOfElementAfter(elements: readonly CommentTarget[], offset: number): number {
  let low = 0;
  let high = elements.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((elements[middle]?.span.start ?? 0) < offset) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

function placeBetween(
  container: Container,
  before: CommentTarget | undefined,
  after: CommentTarget | undefined,
  span: Span,
  at: (node: CommentTarget) => Attached,
): void {
  const isBehind =
    before !== undefined && !/[\r\n]/.test(span.source.text.slice(before.span.end, span.start));
  switch (container.kind) {
    case "chain":
      // Behind the last operand there is more to come on the line, so the comment goes above it.
      if (isBehind && after !== undefined && at(before).trailing === undefined) {
        at(before).trailing = toComment(span).text;
      } else if (after !== undefined || before !== undefined) {
        at(after ?? before ?? container.owner).leading.push(toComment(span));
      }
      return;
    case "statements":
    case "list":
      if (isBehind && at(before).trailing === undefined) {
        at(before).trailing = toComment(span).text;
      } else if (after === undefined) {
        at(container.owner).dangling.push(toComment(span));
      } else {
        at(after).leading.push(toComment(span));
      }
      return;
    default:
      unreachable(container.kind);
  }
}

function toComment(span: Span): Comment {
  return { text: spanText(span).trimEnd(), blankBefore: isBlankBefore(span.source.text, span.start) };
}
