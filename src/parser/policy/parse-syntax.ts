/** `.policy` text -> syntax tree. Loads chevrotain: import this module only when there is such a text. */
import type { IToken, TokenType } from "chevrotain";
import type { Diagnostic, Fix } from "../../diagnostics/diagnostic.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Source, Span } from "../../source/source.ts";
import { createSpan } from "../../source/source.ts";
import { signMeant } from "./foreign-words.ts";
import { longestNumber } from "./literals.ts";
import { mostFindings, parseStructure } from "./structure.ts";
import type { FileSyntax } from "./syntax.ts";
import {
  CloseBracket,
  CloseParenthesis,
  ForeignComment,
  Integer,
  OpenBracket,
  OpenParenthesis,
  QuotedName,
  SingleQuoted,
  Text,
  UnclosedQuote,
  tokenEnd,
  tokenize,
  wordToken,
} from "./tokens.ts";
import { quoteString, unquote } from "./words.ts";

export interface ParsedSyntax {
  /** The statements that are well formed. */
  readonly file: FileSyntax;
  /** Every comment, in order, from `#` to the end of its line. */
  readonly comments: readonly Span[];
  /** Names that malformed statements would have declared. */
  readonly brokenNames: ReadonlySet<string>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Brackets within brackets, or `not` before `not`: more can't be read, and would exhaust the stack. */
const deepestNesting = 64;

/** What `checkTokens` reports and no statement can have. */
const unusable: ReadonlySet<TokenType> = new Set([ForeignComment, SingleQuoted, UnclosedQuote]);

/** Never throws; reports at most 200 findings. */
export function parseSyntax(source: Source): ParsedSyntax {
  const lexed = tokenize(source.text);
  const lexical = [
    ...lexed.strays
      .slice(0, mostFindings)
      .map(({ offset, length }) => strayCharacters(source, offset, length)),
    ...checkTokens(source, lexed.tokens),
  ];
  const comments = lexed.comments.map((token) => createSpan(source, token.startOffset, tokenEnd(token)));
  const deep = findDeepNesting(lexed.tokens);
  if (deep !== undefined) {
    const finding = diagnostic("policy-nesting", tokenSpan(source, deep), "nested too deeply", {
      help: `give parts of the condition names with \`define\`: ${deepestNesting} levels are the limit`,
    });
    const file: FileSyntax = {
      kind: "file",
      statements: [],
      span: createSpan(source, 0, source.text.length),
    };
    return {
      file,
      comments,
      brokenNames: new Set(),
      diagnostics: [...lexical, finding].slice(0, mostFindings),
    };
  }
  const usable = lexed.tokens.filter(({ tokenType }) => !unusable.has(tokenType));
  const { brokenNames, diagnostics, file } = parseStructure(
    source,
    usable,
    lexical.map(({ span }) => span?.start ?? 0),
  );
  return { file, comments, brokenNames, diagnostics: [...lexical, ...diagnostics].slice(0, mostFindings) };
}

function tokenSpan(source: Source, token: IToken): Span {
  return createSpan(source, token.startOffset, tokenEnd(token));
}

function strayCharacters(source: Source, offset: number, length: number): Diagnostic {
  const span = createSpan(source, offset, offset + length);
  const text = source.text.slice(offset, offset + Math.min(length, 20));
  const { help, instead } = signMeant(source.text.slice(offset, offset + length));
  const fixes: readonly Fix[] =
    instead === undefined ? [] : [{ title: help, safety: "unsafe", edits: [{ span, text: instead }] }];
  return diagnostic("policy-character", span, `unexpected \`${text}\``, { help, fixes });
}

function checkTokens(source: Source, tokens: readonly IToken[]): readonly Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const token of tokens) {
    if (diagnostics.length >= mostFindings) {
      break;
    }
    if (token.tokenType === UnclosedQuote) {
      diagnostics.push(
        diagnostic("policy-quote", tokenSpan(source, token), "the quote is not closed on its line", {
          help: `close it with \`${token.image.startsWith("`") ? "a backtick" : '"'}\`; a line break in a text is \`\\n\``,
        }),
      );
    } else if (token.tokenType === ForeignComment) {
      diagnostics.push(foreignComment(source, token));
    } else if (token.tokenType === SingleQuoted) {
      diagnostics.push(singleQuoted(source, token));
    } else if (token.tokenType === Text || token.tokenType === QuotedName) {
      diagnostics.push(...badEscapes(source, token));
    } else if (token.tokenType === Integer && token.image.length > longestNumber) {
      diagnostics.push(
        diagnostic("policy-number", tokenSpan(source, token), "the number is too long", {
          help: "write a number of at most 128 bits",
        }),
      );
    }
  }
  return diagnostics;
}

function foreignComment(source: Source, token: IToken): Diagnostic {
  const span = createSpan(source, token.startOffset, token.startOffset + 2);
  return diagnostic("policy-character", span, "a comment starts with `#`", {
    help: "write `#` for `//`; a path stands in double quotes",
    fixes: [{ title: "write `#`", safety: "unsafe", edits: [{ span, text: "#" }] }],
  });
}

function singleQuoted(source: Source, token: IToken): Diagnostic {
  const span = tokenSpan(source, token);
  const text = quoteString(token.image.slice(1, -1));
  return diagnostic("policy-quote", span, "a text stands in double quotes", {
    help: "write double quotes",
    fixes: [{ title: "write double quotes", safety: "safe", edits: [{ span, text }] }],
  });
}

function badEscapes(source: Source, token: IToken): readonly Diagnostic[] {
  if (!token.image.includes("\\")) {
    return [];
  }
  return unquote(token.image).badEscapes.map(({ offset, length }) => {
    const start = token.startOffset + offset;
    const span = createSpan(source, start, start + length);
    return diagnostic(
      "policy-escape",
      span,
      `no such escape: \`${source.text.slice(start, start + length)}\``,
      {
        help: "a backslash itself is written twice",
        fixes: [
          {
            title: "write the backslash twice",
            safety: "unsafe",
            edits: [{ span: createSpan(source, start, start), text: "\\" }],
          },
        ],
      },
    );
  });
}

function findDeepNesting(tokens: readonly IToken[]): IToken | undefined {
  const not = wordToken("not");
  let depth = 0;
  let negations = 0;
  for (const token of tokens) {
    const type = token.tokenType;
    if (type === OpenParenthesis || type === OpenBracket) {
      depth += 1;
    } else if (type === CloseParenthesis || type === CloseBracket) {
      depth = Math.max(0, depth - 1);
    } else if (token.image === "{" || token.image === "}") {
      depth = 0;
    }
    negations = type === not ? negations + 1 : 0;
    if (depth > deepestNesting || negations > deepestNesting) {
      return token;
    }
  }
  return undefined;
}
