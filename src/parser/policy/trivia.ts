/** Comments and blank lines around the nodes of a syntax tree, for the layout. */
import type { Span } from "../../source/source.ts";
import { type Doc, hardLine, sequence } from "./doc.ts";

/** What comments can be attached to: a statement, an element of a list, an operand of a chain. */
export interface CommentTarget {
  readonly kind: string;
  readonly span: Span;
}

export interface Comment {
  /** With its `#`, without spaces at its end. */
  readonly text: string;
  readonly blankBefore: boolean;
}

export interface Trivia {
  /** On lines of their own above the node. */
  leading(node: CommentTarget): readonly Comment[];
  /** On the line on which the node ends. */
  trailing(node: CommentTarget): string | undefined;
  /** Before the closing bracket or brace of the node, after all that it holds. */
  dangling(node: CommentTarget): readonly Comment[];
  /** Whether the author left a blank line above the node. */
  blankBefore(node: CommentTarget): boolean;
  hasComments(node: CommentTarget): boolean;
}

/** The node's own-line comments, each with its line break. */
export function commentLines(node: CommentTarget, trivia: Trivia): Doc {
  return sequence(
    trivia
      .leading(node)
      .flatMap((comment, index) => [
        index > 0 && comment.blankBefore ? hardLine : "",
        comment.text,
        hardLine,
      ]),
  );
}

/** The comment behind the node; nothing else may follow on its line. */
export function trailingComment(node: CommentTarget, trivia: Trivia): Doc {
  const text = trivia.trailing(node);
  return text === undefined ? "" : ` ${text}`;
}

/** For a tree that was not written by hand: no comments, air around what holds blocks. */
export const noTrivia: Trivia = {
  leading: () => [],
  trailing: () => undefined,
  dangling: () => [],
  blankBefore: (node) => node.kind === "block" || node.kind === "policy",
  hasComments: () => false,
};
