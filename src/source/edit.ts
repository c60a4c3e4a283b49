import type { Span } from "./source.ts";

/** Replaces what `span` covers with `text`. */
export interface TextEdit {
  readonly span: Span;
  readonly text: string;
}

/**
 * Applies edits that all belong to one source. Overlapping edits: the one that starts first wins, the
 * others are left out, so that a second run can apply them to the new text.
 */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const ordered = [...edits].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
  let result = "";
  let position = 0;
  for (const edit of ordered) {
    if (edit.span.start < position) {
      continue;
    }
    result += text.slice(position, edit.span.start) + edit.text;
    position = edit.span.end;
  }
  return result + text.slice(position);
}
