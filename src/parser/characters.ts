import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnostic } from "../diagnostics/diagnostic.ts";
import type { Source, Span } from "../source/source.ts";
import { createSpan } from "../source/source.ts";

/** Characters that change the order in which a reader sees the others: a policy must say what it shows. */
const bidirectional = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Control characters other than tab and line ends, and lone surrogates. */
const control = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]|\p{Surrogate}/gu;

/** Characters that take no room: two names that look the same can differ by them. */
const invisible =
  /[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200d\u2028\u2029\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** A file full of them is binary: the first ones are enough. */
const maximumFindings = 5;

/** Findings about characters that have no place anywhere in a policy text, comments included. */
export function checkSourceCharacters(source: Source): readonly Diagnostic[] {
  return [
    ...found(source, bidirectional).map((span) =>
      diagnostic(
        "bidirectional-character",
        span,
        `${codePoint(span)} changes the order in which text is shown`,
        {
          help: "remove it, or write it as an escape in a double-quoted text",
          fixes: [{ title: "remove the character", safety: "unsafe", edits: [{ span, text: "" }] }],
        },
      ),
    ),
    ...found(source, control).map((span) =>
      diagnostic("control-character", span, `control character ${codePoint(span)} in the text`, {
        help: "remove it, or write it as an escape in a double-quoted text",
      }),
    ),
  ];
}

/** Findings about invisible characters in a text that means something: a key, a name, a path. */
export function checkInvisibleCharacters(span: Span): readonly Diagnostic[] {
  return found(span.source, invisible, span).map((place) =>
    diagnostic("invisible-character", place, `invisible character ${codePoint(place)}`, {
      help: "remove it, or write it as an escape in a double-quoted text",
      fixes: [{ title: "remove the character", safety: "unsafe", edits: [{ span: place, text: "" }] }],
    }),
  );
}

function found(source: Source, pattern: RegExp, within?: Span): readonly Span[] {
  const start = within?.start ?? 0;
  const text = source.text.slice(start, within?.end ?? source.text.length);
  const spans: Span[] = [];
  for (const match of text.matchAll(pattern)) {
    spans.push(createSpan(source, start + match.index, start + match.index + match[0].length));
    if (spans.length === maximumFindings) {
      break;
    }
  }
  return spans;
}

/** `U+202E`, for messages: the character itself would spoil them. */
function codePoint(span: Span): string {
  const code = span.source.text.codePointAt(span.start) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}
