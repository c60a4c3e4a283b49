/** The words and signs of a `.policy` file. */
import { type IToken, Lexer, type TokenType, createToken } from "chevrotain";
import { elementAt } from "../../source/invariant.ts";
import {
  type ContextualWord,
  type ReservedWord,
  addressPattern,
  contextualWords,
  reservedWords,
} from "./words.ts";

/** Anything spelled like a name, reserved or not: what may follow a dot. */
export const Word = createToken({ name: "Word", pattern: Lexer.NA, label: "a word" });

/** Anything that may be a name where one is asked for. */
export const NameWord = createToken({ name: "NameWord", pattern: Lexer.NA, label: "a name" });

/** A name that is no word of the language. */
export const Identifier = createToken({
  name: "Identifier",
  pattern: /[A-Za-z_][A-Za-z0-9_]*/,
  categories: [Word, NameWord],
  label: "a name",
});

/** A name in backticks. */
export const QuotedName = createToken({
  name: "QuotedName",
  pattern: /`(?:[^`\\\r\n]|\\[^\r\n])*`/,
  categories: [Word, NameWord],
  label: "a name",
});

export const Text = createToken({
  name: "Text",
  pattern: /"(?:[^"\\\r\n]|\\[^\r\n])*"/,
  label: "a text in quotes",
});

/** A text in quotes that other languages use: reported, and taken for nothing. */
export const SingleQuoted = createToken({
  name: "SingleQuoted",
  pattern: /'[^'\r\n]*'/,
  label: "a text in single quotes",
});

/** A quote that its line does not close. */
export const UnclosedQuote = createToken({
  name: "UnclosedQuote",
  pattern: /["`][^\r\n]*/,
  label: "a quote",
});

export const Address = createToken({ name: "Address", pattern: addressPattern, label: "an address" });
export const Duration = createToken({
  name: "Duration",
  pattern: /\d+(?:ms|s|m|h|d)(?![A-Za-z0-9_])/,
  label: "a duration",
});
export const Integer = createToken({
  name: "Integer",
  pattern: /-?(?:0x[0-9a-fA-F]+|0o[0-7]+|0b[01]+|\d+)/,
  label: "a number",
});

/** A comment of other languages: reported, and taken for one. */
export const ForeignComment = createToken({
  name: "ForeignComment",
  pattern: /\/\/[^\r\n]*/,
  label: "a comment",
});

export const Comment = createToken({ name: "Comment", pattern: /#[^\r\n]*/, group: "comments" });
const Space = createToken({
  name: "Space",
  pattern: /[ \t\r\n\ufeff]+/,
  group: Lexer.SKIPPED,
  line_breaks: true,
});

function sign(name: string, pattern: string): TokenType {
  return createToken({ name, pattern, label: `\`${pattern}\`` });
}

export const OpenBrace = sign("OpenBrace", "{");
export const CloseBrace = sign("CloseBrace", "}");
export const OpenBracket = sign("OpenBracket", "[");
export const CloseBracket = sign("CloseBracket", "]");
export const OpenParenthesis = sign("OpenParenthesis", "(");
export const CloseParenthesis = sign("CloseParenthesis", ")");
export const Comma = sign("Comma", ",");
export const Colon = sign("Colon", ":");
export const Slash = sign("Slash", "/");
export const DotDot = sign("DotDot", "..");
export const Dot = sign("Dot", ".");
export const Equal = sign("Equal", "==");
export const NotEqual = sign("NotEqual", "!=");
export const LessOrEqual = sign("LessOrEqual", "<=");
export const GreaterOrEqual = sign("GreaterOrEqual", ">=");
export const Less = sign("Less", "<");
export const Greater = sign("Greater", ">");
export const Assign = sign("Assign", "=");

const words = new Map<string, TokenType>();
for (const word of reservedWords) {
  words.set(word, createWord(word, [Word]));
}
for (const word of contextualWords) {
  words.set(word, createWord(word, [Word, NameWord]));
}

function createWord(word: string, categories: TokenType[]): TokenType {
  return createToken({
    name: `word-${word}`,
    pattern: word,
    longer_alt: Identifier,
    categories,
    label: `\`${word}\``,
  });
}

/** The token of a word of the language. */
export function wordToken(word: ReservedWord | ContextualWord): TokenType {
  return words.get(word) ?? Identifier;
}

export const allTokens: readonly TokenType[] = [
  Space,
  Comment,
  ForeignComment,
  Text,
  QuotedName,
  UnclosedQuote,
  SingleQuoted,
  Address,
  Duration,
  Integer,
  ...words.values(),
  Identifier,
  Word,
  NameWord,
  OpenBrace,
  CloseBrace,
  OpenBracket,
  CloseBracket,
  OpenParenthesis,
  CloseParenthesis,
  Comma,
  Colon,
  Slash,
  DotDot,
  Dot,
  Equal,
  NotEqual,
  LessOrEqual,
  GreaterOrEqual,
  Less,
  Greater,
  Assign,
];

/**
 * Tokens by the group of `lexicon` that matched. One pattern for all of them, and no chevrotain lexer: making one
 * takes as long as parsing thousands of lines.
 */
const grouped = [
  Space,
  Comment,
  ForeignComment,
  Text,
  QuotedName,
  UnclosedQuote,
  SingleQuoted,
  Address,
  Duration,
  Integer,
  Identifier,
];
const signs = new Map(
  allTokens.flatMap((token): readonly (readonly [string, TokenType])[] =>
    typeof token.PATTERN === "string" && !words.has(token.PATTERN) ? [[token.PATTERN, token]] : [],
  ),
);

// Order matters: the first group that matches wins, and of the signs the longest.
const lexicon = new RegExp(
  [
    ...grouped.map(({ PATTERN }) => (PATTERN instanceof RegExp ? `(${PATTERN.source})` : "")),
    [...signs.keys()]
      .sort((a, b) => b.length - a.length)
      .map((text) => text.replace(/[^=!<>,:/]/g, "\\$&"))
      .join("|"),
  ].join("|"),
  "y",
);

export interface Lexed {
  readonly tokens: readonly IToken[];
  readonly comments: readonly IToken[];
  /** What no token starts with. */
  readonly strays: readonly Stray[];
}

interface Stray {
  readonly offset: number;
  readonly length: number;
}

/** Splits a text into tokens; whatever it holds, there is a result. */
export function tokenize(text: string): Lexed {
  const tokens: IToken[] = [];
  const comments: IToken[] = [];
  const strays: Stray[] = [];
  let strayFrom: number | undefined;
  for (let offset = 0; offset < text.length;) {
    lexicon.lastIndex = offset;
    const match = lexicon.exec(text);
    if (match === null) {
      strayFrom ??= offset;
      offset += 1;
      continue;
    }
    if (strayFrom !== undefined) {
      strays.push({ offset: strayFrom, length: offset - strayFrom });
      strayFrom = undefined;
    }
    const [image] = match;
    const tokenType = typeOf(image, match);
    if (tokenType === Comment) {
      comments.push(tokenAt(offset, image, tokenType));
    } else if (tokenType !== Space) {
      tokens.push(tokenAt(offset, image, tokenType));
    }
    offset += image.length;
  }
  if (strayFrom !== undefined) {
    strays.push({ offset: strayFrom, length: text.length - strayFrom });
  }
  return { tokens, comments, strays };
}

function typeOf(image: string, match: RegExpExecArray): TokenType {
  const sign = signs.get(image);
  if (sign !== undefined) {
    return sign;
  }
  const group = grouped.findIndex((_, index) => match[index + 1] !== undefined);
  const token = elementAt(grouped, group);
  return token === Identifier ? (words.get(image) ?? Identifier) : token;
}

function tokenAt(startOffset: number, image: string, tokenType: TokenType): IToken {
  return { image, startOffset, tokenTypeIdx: tokenType.tokenTypeIdx ?? 0, tokenType };
}

/** Offset after the last character of a token. */
export function tokenEnd(token: IToken): number {
  return token.startOffset + token.image.length;
}
