import type { Fix } from "../diagnostics/diagnostic.ts";
import type { Span } from "../source/source.ts";
import { createSpan } from "../source/source.ts";

/**
 * Takes an element out of a written list, with one comma; nothing where it is not plain that the text around
 * it is that list.
 */
export function removalFixes(element: Span): readonly Fix[] {
  const { source } = element;
  // A list of a policy language or of flow YAML: `, x` or `x, `.
  const before = /,\s*$/.exec(source.text.slice(Math.max(0, element.start - 200), element.start));
  const after = /^\s*,[ \t]*/.exec(source.text.slice(element.end, element.end + 200));
  const span =
    before !== null
      ? createSpan(source, element.start - before[0].length, element.end)
      : after !== null
        ? createSpan(source, element.start, element.end + after[0].length)
        : undefined;
  return span === undefined
    ? []
    : [{ title: "remove the value", safety: "safe", edits: [{ span, text: "" }] }];
}
