/**
 * Splits a file into statements by their first words and its braces, and has the grammar parse each alone: a
 * broken statement hides no other. Reserved words can't be names, so a first word always starts a statement.
 */
import type { IToken } from "chevrotain";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Source, Span } from "../../source/source.ts";
import { createSpan } from "../../source/source.ts";
import { StatementGrammar } from "./grammar-statement.ts";
import { type StatementError, statementFinding } from "./statement-errors.ts";
import type {
  BlockSyntax,
  FileStatement,
  FileSyntax,
  ItemSyntax,
  PolicySyntax,
  RuleSyntax,
  TextItemSyntax,
} from "./syntax.ts";
import { CloseBrace, Colon, Comma, OpenBrace, tokenEnd, wordToken } from "./tokens.ts";
import { actionHeads, fileHeads, itemHeads, reservedWords } from "./words.ts";

/** Findings about one text; a file with more is not a policy, and the first ones are enough to see it. */
export const mostFindings = 200;

// Built once: chevrotain analyses its grammar when the parser is made.
const grammar = new StatementGrammar();

const textHeads: ReadonlySet<string> = new Set(["description", "message", "tags"]);
const declarationHeads: ReadonlySet<string> = new Set(["param", "let", "define"]);
const ruleHeads: ReadonlySet<string> = new Set(["rule", "otherwise", ...actionHeads]);
const allHeads: ReadonlySet<string> = new Set([...fileHeads, ...itemHeads, ...ruleHeads]);

/** The place in the tokens, and what was found so far. */
interface Cursor {
  readonly source: Source;
  readonly tokens: readonly IToken[];
  readonly diagnostics: Diagnostic[];
  /** Offsets of what the lexer has reported: a statement with one is not reported again. */
  readonly faults: readonly number[];
  /** Names whose declarations are malformed. */
  readonly brokenNames: Set<string>;
  position: number;
}

export interface Structure {
  readonly file: FileSyntax;
  /** Names that malformed statements would have declared: their uses are no faults of their own. */
  readonly brokenNames: ReadonlySet<string>;
  readonly diagnostics: readonly Diagnostic[];
}

/** The statements of a file that are well formed, and a finding for each that is not. */
export function parseStructure(
  source: Source,
  tokens: readonly IToken[],
  faults: readonly number[],
): Structure {
  const cursor: Cursor = { source, tokens, diagnostics: [], faults, brokenNames: new Set(), position: 0 };
  const statements: FileStatement[] = [];
  for (let token = peek(cursor); token !== undefined; token = peek(cursor)) {
    const word = headOf(token);
    if (word === "policy") {
      keep(statements, parsePolicy(cursor));
    } else if (word === "import") {
      keep(
        statements,
        parseStatement(cursor, () => grammar.importStatement()),
      );
    } else if (word !== undefined && declarationHeads.has(word)) {
      keep(
        statements,
        parseStatement(cursor, () => grammar.declaration()),
      );
    } else {
      skipStray(cursor, "a policy", [...fileHeads, ...declarationHeads]);
    }
  }
  return {
    file: { kind: "file", statements, span: createSpan(source, 0, source.text.length) },
    brokenNames: cursor.brokenNames,
    diagnostics: cursor.diagnostics,
  };
}

function keep<T>(list: T[], value: T | undefined): void {
  if (value !== undefined) {
    list.push(value);
  }
}

function peek(cursor: Cursor): IToken | undefined {
  return cursor.tokens[cursor.position];
}

/** The first word of a statement that a token is, if it is one. */
function headOf(token: IToken | undefined): string | undefined {
  return token !== undefined && allHeads.has(token.image) ? token.image : undefined;
}

/** Whether the word continues a list of actions or follows a label, so that it starts no statement. */
function continues(previous: IToken | undefined): boolean {
  return (
    previous !== undefined &&
    (previous.tokenType === Comma ||
      previous.tokenType === Colon ||
      previous.tokenType === wordToken("otherwise"))
  );
}

function startsStatement(cursor: Cursor, position: number): boolean {
  const word = headOf(cursor.tokens[position]);
  if (word === undefined) {
    return false;
  }
  const mayContinue = word === "otherwise" || (ruleHeads.has(word) && word !== "rule");
  return !(mayContinue && continues(cursor.tokens[position - 1]));
}

/** Takes the tokens up to the next statement or brace; the first one is always taken. */
function takeStatement(cursor: Cursor): IToken[] {
  const start = cursor.position;
  cursor.position += 1;
  for (let token = peek(cursor); token !== undefined; token = peek(cursor)) {
    const isBrace = token.tokenType === OpenBrace || token.tokenType === CloseBrace;
    if (isBrace || (!afterDot(cursor) && startsStatement(cursor, cursor.position))) {
      break;
    }
    cursor.position += 1;
  }
  return cursor.tokens.slice(start, cursor.position);
}

/** Any word may follow a dot: `file.on` starts no block. */
function afterDot(cursor: Cursor): boolean {
  return cursor.tokens[cursor.position - 1]?.image === ".";
}

function parseStatement<T>(cursor: Cursor, parse: () => T): T | undefined {
  const tokens = takeStatement(cursor);
  grammar.begin(cursor.source, tokens);
  const value = parse();
  const [error] = grammar.errors;
  if (error === undefined) {
    return value;
  }
  const [head, name] = tokens;
  if (name !== undefined && declarationHeads.has(head?.image ?? "")) {
    cursor.brokenNames.add(name.image);
  }
  report(cursor, { message: error.message, token: error.token, tokens, candidates: reservedWords });
  return undefined;
}

/** Reports a statement, unless the lexer has found fault with it, or enough others have been reported. */
function report(cursor: Cursor, error: Omit<StatementError, "next">): void {
  if (cursor.diagnostics.length >= mostFindings) {
    return;
  }
  const next = peek(cursor);
  const start = error.tokens[0]?.startOffset ?? 0;
  const end = next?.startOffset ?? cursor.source.text.length;
  if (!cursor.faults.some((offset) => offset >= start && offset <= end)) {
    cursor.diagnostics.push(statementFinding(cursor.source, { ...error, next }));
  }
}

/** Reports tokens that belong to nothing, once for a run of them. */
function skipStray(cursor: Cursor, expected: string, candidates: readonly string[]): void {
  const first = peek(cursor);
  const tokens = takeStatement(cursor);
  const opensBody = first?.tokenType === OpenBrace || peek(cursor)?.tokenType === OpenBrace;
  report(cursor, { message: expected, token: first, tokens, candidates });
  if (opensBody) {
    skipBody(cursor, first?.tokenType === OpenBrace ? 1 : 0);
  }
}

/** Skips a body in braces that belongs to no known head, so that its `}` closes nothing else. */
function skipBody(cursor: Cursor, openAlready: number): void {
  let depth = openAlready;
  for (let token = peek(cursor); token !== undefined; token = peek(cursor)) {
    if (token.image === "policy" || (token.image === "on" && !afterDot(cursor))) {
      return;
    }
    cursor.position += 1;
    depth += token.tokenType === OpenBrace ? 1 : 0;
    depth -= token.tokenType === CloseBrace ? 1 : 0;
    if (depth <= 0) {
      return;
    }
  }
}

/** What a body gave: its statements, and where it lies. */
interface Body<T> {
  readonly items: readonly T[];
  readonly span: Span;
}

/**
 * `{`, statements, `}`. `parseItem` parses the statement at the cursor, or says that the head there belongs
 * to a body further out.
 */
function parseBody<T>(
  cursor: Cursor,
  expected: string,
  heads: readonly string[],
  parseItem: (head: string) => { readonly value: T | undefined } | "not-mine",
): Body<T> {
  const open = peek(cursor);
  const items: T[] = [];
  if (open?.tokenType !== OpenBrace) {
    missing(cursor, "{");
  } else {
    cursor.position += 1;
  }
  const start = open?.startOffset ?? cursor.source.text.length;
  for (let token = peek(cursor); token !== undefined; token = peek(cursor)) {
    if (token.tokenType === CloseBrace) {
      cursor.position += 1;
      return { items, span: createSpan(cursor.source, start, tokenEnd(token)) };
    }
    const head = headOf(token);
    if (head === undefined) {
      skipStray(cursor, expected, heads);
      continue;
    }
    const item = parseItem(head);
    if (item === "not-mine") {
      break;
    }
    keep(items, item.value);
  }
  missing(cursor, "}");
  return { items, span: createSpan(cursor.source, start, previousEnd(cursor)) };
}

function previousEnd(cursor: Cursor): number {
  const previous = cursor.tokens[cursor.position - 1];
  return previous === undefined ? 0 : tokenEnd(previous);
}

/** Reports a brace that should stand after the last token that was read. */
function missing(cursor: Cursor, brace: "{" | "}"): void {
  const end = previousEnd(cursor);
  const span = createSpan(cursor.source, end - 1, end);
  const place = createSpan(cursor.source, end, end);
  cursor.diagnostics.push(
    diagnostic("policy-syntax", span, `\`${brace}\` is missing after this`, {
      help: brace === "{" ? "open the body with `{`" : "close the body with `}`",
      fixes: [
        { title: `insert \`${brace}\``, safety: "unsafe", edits: [{ span: place, text: ` ${brace}` }] },
      ],
    }),
  );
}

function parsePolicy(cursor: Cursor): PolicySyntax | undefined {
  const start = peek(cursor)?.startOffset ?? 0;
  const head = parseStatement(cursor, () => grammar.policyHead());
  const body = parseBody<ItemSyntax>(cursor, "a statement of a policy", itemHeads, (word) => {
    if (word === "policy" || word === "import") {
      return "not-mine";
    }
    return { value: parseItem(cursor, word) };
  });
  const span = createSpan(cursor.source, start, body.span.end);
  return head && { ...head, items: body.items, body: body.span, span };
}

function parseItem(cursor: Cursor, word: string): ItemSyntax | undefined {
  if (word === "on") {
    return parseBlock(cursor);
  }
  if (declarationHeads.has(word)) {
    return parseStatement(cursor, () => grammar.declaration());
  }
  if (textHeads.has(word)) {
    return parseStatement(cursor, () => grammar.textItem());
  }
  if (word === "severity") {
    return parseStatement(cursor, () => grammar.severityItem());
  }
  if (word === "applies") {
    return parseStatement(cursor, () => grammar.scopeItem());
  }
  skipStray(cursor, "`on` and the hook before a rule", itemHeads);
  return undefined;
}

function parseBlock(cursor: Cursor): BlockSyntax | undefined {
  const start = peek(cursor)?.startOffset ?? 0;
  const head = parseStatement(cursor, () => grammar.blockHead());
  const body = parseBody<TextItemSyntax | RuleSyntax>(cursor, "a rule", [...ruleHeads], (word) => {
    if (ruleHeads.has(word)) {
      return { value: parseStatement(cursor, () => grammar.rule()) };
    }
    if (word === "severity") {
      return { value: parseStatement(cursor, () => grammar.severityItem()) };
    }
    if (word === "message" || word === "tags") {
      return { value: parseStatement(cursor, () => grammar.textItem()) };
    }
    return "not-mine";
  });
  const span = createSpan(cursor.source, start, body.span.end);
  return head && { ...head, items: body.items, body: body.span, span };
}
