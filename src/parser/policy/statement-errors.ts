/** Statements that do not fit the grammar -> findings. */
import type { IToken } from "chevrotain";
import type { Diagnostic, Fix } from "../../diagnostics/diagnostic.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { didYouMean, suggestions } from "../../diagnostics/suggest.ts";
import type { Source, Span } from "../../source/source.ts";
import { createSpan } from "../../source/source.ts";
import { decodeExpectation } from "./grammar-errors.ts";
import { tokenEnd } from "./tokens.ts";
import { isReservedWord } from "./words.ts";

export interface StatementError {
  /** The labels of what the grammar would have taken, as `grammar-errors.ts` encodes them. */
  readonly message: string;
  /** Where the grammar stopped; without a place: after the statement. */
  readonly token: IToken | undefined;
  readonly tokens: readonly IToken[];
  /** What follows the statement. */
  readonly next: IToken | undefined;
}

/** More alternatives than this tell a reader nothing. */
const mostAlternatives = 4;
const longestQuote = 40;

/** One finding, on the token that does not fit or, where something is missing, on the last one that does. */
export function statementFinding(source: Source, error: StatementError): Diagnostic {
  const { labels } = decodeExpectation(error.message);
  const found = error.token !== undefined && !Number.isNaN(error.token.startOffset) ? error.token : undefined;
  const wanted = labels.length > 0 && labels.length <= mostAlternatives ? listLabels(labels) : undefined;
  if (found === undefined || found.image === "") {
    const span = endOf(source, error);
    const next = error.next === undefined ? "the end of the file" : `\`${shorten(error.next.image)}\``;
    const help = reservedHelp(error.next) ?? longHelp(labels);
    return diagnostic("policy-syntax", span, `expected ${wanted ?? "more"} before ${next}`, {
      ...(help === undefined ? {} : { help }),
    });
  }
  const span = createSpan(source, found.startOffset, tokenEnd(found));
  const message =
    wanted === undefined
      ? `unexpected \`${shorten(found.image)}\``
      : `expected ${wanted}, found \`${shorten(found.image)}\``;
  const help = didYouMeanWord(found, labels) ?? reservedHelp(found) ?? longHelp(labels);
  return diagnostic("policy-syntax", span, message, {
    ...(help === undefined ? {} : { help }),
    fixes: wordFixes(found, labels, span),
  });
}

function endOf(source: Source, error: StatementError): Span {
  const last = error.tokens.at(-1);
  return last === undefined
    ? createSpan(source, source.text.length, source.text.length)
    : createSpan(source, last.startOffset, tokenEnd(last));
}

function listLabels(labels: readonly string[]): string {
  const last = labels.at(-1) ?? "";
  return labels.length === 1 ? last : `${labels.slice(0, -1).join(", ")} or ${last}`;
}

function longHelp(labels: readonly string[]): string | undefined {
  return labels.length > mostAlternatives ? `expected one of ${listLabels(labels)}` : undefined;
}

function shorten(text: string): string {
  return text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text;
}

function expectedWords(labels: readonly string[]): readonly string[] {
  return labels.flatMap((label) => /^`([a-z_]+)`$/.exec(label)?.[1] ?? []);
}

function isWord(token: IToken): boolean {
  return /^[A-Za-z_]/.test(token.image);
}

function didYouMeanWord(found: IToken, labels: readonly string[]): string | undefined {
  const words = expectedWords(labels);
  return isWord(found) && suggestions(found.image, words).length > 0
    ? didYouMean(found.image, words)
    : undefined;
}

function wordFixes(found: IToken, labels: readonly string[], span: Span): readonly Fix[] {
  const [word] = isWord(found) ? suggestions(found.image, expectedWords(labels)) : [];
  return word === undefined
    ? []
    : [{ title: `write \`${word}\``, safety: "unsafe", edits: [{ span, text: word }] }];
}

function reservedHelp(token: IToken | undefined): string | undefined {
  return token !== undefined && isReservedWord(token.image)
    ? `\`${token.image}\` is a word of the language: a name of that spelling is written in backticks`
    : undefined;
}
