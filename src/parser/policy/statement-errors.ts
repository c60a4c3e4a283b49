/** Statements that do not fit the grammar -> findings. */
import type { IToken } from "chevrotain";
import type { Diagnostic, Fix } from "../../diagnostics/diagnostic.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { orList, suggestions } from "../../diagnostics/suggest.ts";
import type { Source, Span } from "../../source/source.ts";
import { createSpan } from "../../source/source.ts";
import { translation } from "./foreign-words.ts";
import { decodeExpectation } from "./grammar-errors.ts";
import { tokenEnd } from "./tokens.ts";
import { actionHeads, isReservedWord } from "./words.ts";

export interface StatementError {
  /** The labels of what the grammar would have taken, as `grammar-errors.ts` encodes them. */
  readonly message: string;
  /** Where the grammar stopped; without a place: after the statement. */
  readonly token: IToken | undefined;
  readonly tokens: readonly IToken[];
  /** What follows the statement. */
  readonly next: IToken | undefined;
  /** Words that may have been meant, beside those that the grammar would have taken. */
  readonly candidates: readonly string[];
}

/** More alternatives than this tell a reader nothing. */
const mostAlternatives = 4;
const longestQuote = 40;

/** One finding, on the token that does not fit or, where something is missing, on the last one that does. */
export function statementFinding(source: Source, error: StatementError): Diagnostic {
  const { labels } = decodeExpectation(error.message);
  const found = error.token !== undefined && error.token.image !== "" ? error.token : undefined;
  const wanted = labels.length > 0 && labels.length <= mostAlternatives ? listLabels(labels) : undefined;
  return found === undefined
    ? endsEarly(source, error, labels, wanted)
    : doesNotFit(source, error, found, labels, wanted);
}

function endsEarly(
  source: Source,
  error: StatementError,
  labels: readonly string[],
  wanted: string | undefined,
): Diagnostic {
  const next = error.next === undefined ? "the end of the file" : `\`${shorten(error.next.image)}\``;
  const span = endOf(source, error);
  // A word at the start of a line begins a statement; on the same line it may be meant as a name.
  const isSameLine = !/[\r\n]/.test(source.text.slice(span.end, error.next?.startOffset ?? span.end));
  const help =
    (error.next?.image === "{" && isRule(error) ? "write the actions without braces" : undefined) ??
    (isSameLine ? reservedHelp(error.next, labels) : undefined) ??
    longHelp(labels) ??
    "complete the statement";
  const message = `expected ${wanted ?? "more"} before ${next}`;
  return diagnostic("policy-syntax", span, message, { help });
}

function doesNotFit(
  source: Source,
  error: StatementError,
  found: IToken,
  labels: readonly string[],
  wanted: string | undefined,
): Diagnostic {
  const span = tokenSpan(source, found);
  const quoted = `\`${shorten(found.image)}\``;
  const message = wanted === undefined ? `unexpected ${quoted}` : `expected ${wanted}, found ${quoted}`;
  const slip = findSlip(error, found, [...expectedWords(labels), ...error.candidates]);
  const help =
    slip?.help ??
    bracketHelp(found, error) ??
    listHelp(found, labels) ??
    placeHelp(found, labels) ??
    reservedHelp(found, labels) ??
    longHelp(labels) ??
    (wanted === undefined ? "remove it, or complete the statement before it" : `write ${wanted} here`);
  const fixes: readonly Fix[] =
    slip === undefined
      ? unquotedFixes(source, found, labels)
      : [
          {
            title: slip.likely === "" ? "leave it out" : `write \`${slip.likely}\``,
            safety: "unsafe",
            edits: [{ span: tokenSpan(source, slip.token), text: slip.likely }],
          },
        ];
  return diagnostic("policy-syntax", span, message, { help, fixes });
}

/** Signs with another use in other languages. */
function bracketHelp(found: IToken, { tokens }: StatementError): string | undefined {
  const before = tokens[tokens.indexOf(found) - 1]?.image;
  switch (found.image) {
    case "(":
    case ",":
      return "a list is written in brackets: `[a, b]`";
    default:
      return before === "syscall"
        ? "write `on syscall when syscall.id == …`, or `on kprobe syscall …`"
        : undefined;
  }
}

/** What is right, but not here; or what every kind of value looks like. */
function placeHelp(found: IToken, labels: readonly string[]): string | undefined {
  const { image } = found;
  if (image === "mode") {
    return 'the mode stands behind the name: `policy "…" mode monitor {`';
  }
  if (image === "apiVersion" || image === "kind") {
    return "this looks like YAML: give the file a name that ends in `.yaml`";
  }
  if (labels.includes("a policy")) {
    const isBlock = image === "on" || image === "applies" || actionHeads.some((word) => word === image);
    return isBlock ? `put it into a policy: \`policy "name" { … }\`` : undefined;
  }
  if (image === "when" || image === "if" || image === "where") {
    return "the action comes first: `deny when …`";
  }
  if (labels.includes("a text in quotes") && (image === "/" || image === "." || labels.length === 1)) {
    return "write it in double quotes";
  }
  return labels.includes("a duration")
    ? "write a number with `ms`, `s`, `m`, `h` or `d`: `250ms`, `10s`, `5m`"
    : undefined;
}

/** A name where a text is wanted. */
function unquotedFixes(source: Source, found: IToken, labels: readonly string[]): readonly Fix[] {
  return labels.length === 1 && labels[0] === "a text in quotes" && /^[A-Za-z_]\w*$/.test(found.image)
    ? [
        {
          title: "write it in double quotes",
          safety: "unsafe",
          edits: [{ span: tokenSpan(source, found), text: `"${found.image}"` }],
        },
      ]
    : [];
}

/** Two values of a list side by side. */
function listHelp(found: IToken, labels: readonly string[]): string | undefined {
  if (/^-\d+$/.test(found.image) && labels.length === 1 && labels[0] === "`]`") {
    return `a range is written with two dots: \`80..90\``;
  }
  const isValue = /^["\w-]/.test(found.image);
  return isValue && labels.length === 1 && labels[0] === "`]`"
    ? "write `,` between the values of a list"
    : undefined;
}

function isRule({ tokens }: StatementError): boolean {
  const head = tokens[0]?.image ?? "";
  return head === "rule" || head === "otherwise" || actionHeads.some((word) => word === head);
}

interface Slip {
  readonly token: IToken;
  readonly likely: string;
  readonly help: string;
}

/** The word that is probably misspelled: the one that does not fit, or the one before it, taken for a name. */
function findSlip(error: StatementError, found: IToken, words: readonly string[]): Slip | undefined {
  const head = error.tokens[0]?.image ?? "";
  const takesNoSign = plainHeads.has(head) || error.tokens.at(-1) === undefined;
  if (found.image === ":" && head === "let") {
    return { token: found, likely: "", help: "a `let` has no type: leave out the `:` and what it names" };
  }
  if (found.image === ":" || (found.image === "=" && takesNoSign)) {
    return { token: found, likely: "", help: `leave out the \`${found.image}\`` };
  }
  if (found.image === "=") {
    return { token: found, likely: "==", help: "did you mean `==`?" };
  }
  const translated = [found, error.tokens[error.tokens.indexOf(found) - 1]].find(
    (token) => token !== undefined && isMeant(translation(token.image), words),
  );
  const meant = translated && translation(translated.image);
  if (translated !== undefined && meant !== undefined) {
    return { token: translated, likely: meant, help: `write \`${meant}\` for \`${translated.image}\`` };
  }
  const own = meantInstead(found, words);
  if (own[0] !== undefined) {
    return { token: found, likely: own[0], help: `did you mean ${orList(own)}?` };
  }
  const before = error.tokens[error.tokens.indexOf(found) - 1];
  const [likely] = before === undefined ? [] : meantInstead(before, words);
  return before === undefined || likely === undefined
    ? undefined
    : { token: before, likely, help: `did you mean \`${likely}\` where \`${before.image}\` stands?` };
}

/** Statements in which the value follows the first word. */
const plainHeads: ReadonlySet<string> = new Set([
  "description",
  "message",
  "severity",
  "tags",
  "policy",
  "import",
]);

/** Whether a translation fits the place, as far as words tell; signs always may. */
function isMeant(meant: string | undefined, words: readonly string[]): boolean {
  const [first = ""] = meant?.split(" ") ?? [];
  return first !== "" && (words.includes(first) || !/^[a-z]/.test(first));
}

/** The words that a name is probably a slip of; a word of the language is meant as it is. */
function meantInstead(token: IToken, words: readonly string[]): readonly string[] {
  return /^[A-Za-z_]/.test(token.image) && !isReservedWord(token.image)
    ? suggestions(token.image, words)
    : [];
}

function tokenSpan(source: Source, token: IToken): Span {
  return createSpan(source, token.startOffset, tokenEnd(token));
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

/** Where a name is wanted, a reserved word is often meant as one. */
function reservedHelp(token: IToken | undefined, labels: readonly string[]): string | undefined {
  return token !== undefined && labels.includes("a name") && isReservedWord(token.image)
    ? `\`${token.image}\` is a word of the language: a name of that spelling is written in backticks`
    : undefined;
}
