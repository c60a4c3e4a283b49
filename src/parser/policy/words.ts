/**
 * The spelling of names and strings: which words are reserved, when a name needs backticks, how a text is
 * quoted. Lexer, printer and messages all read these tables.
 */

/** Words that begin a statement of a policy's body; they are never names, so that recovery can rely on them. */
export const itemHeads = [
  "description",
  "severity",
  "tags",
  "message",
  "applies",
  "param",
  "let",
  "define",
  "on",
] as const;

/** Words that begin a statement of a file, beside declarations. */
export const fileHeads = ["policy", "import"] as const;

/** Words that begin an action. */
export const actionHeads = [
  "allow",
  "deny",
  "kill",
  "alert",
  "silent",
  "limit",
  "stack",
  "track",
  "untrack",
  "fetch",
  "resolve",
] as const;

/** Reserved words: a name that is spelled like one is written in backticks. */
export const reservedWords = [
  ...fileHeads,
  ...itemHeads,
  ...actionHeads,
  "rule",
  "otherwise",
  "when",
  "where",
  "and",
  "or",
  "not",
  "in",
  "any",
  "all",
  "matches",
  "under",
  "contains",
  "starts",
  "ends",
  "has",
  "exists",
  "ignoring",
  "true",
  "false",
] as const;

/** Words with a meaning in one place only: elsewhere they are ordinary names. */
export const contextualWords = [
  "namespace",
  "mode",
  "enforce",
  "monitor",
  "to",
  "everything",
  "host",
  "containers",
  "group",
  "precedence",
  "case",
  "label",
  "at",
  "size",
  "with",
  "cidr",
  "syscall",
  "optional",
  "matching",
  "return",
  "refusing",
  "per",
  "then",
  "mute",
  "alike",
  "default",
  "kprobe",
  "fentry",
  "lsm",
  "tracepoint",
  "raw_tracepoint",
  "uprobe",
  "usdt",
] as const;

export type ReservedWord = (typeof reservedWords)[number];
export type ContextualWord = (typeof contextualWords)[number];

const reserved: ReadonlySet<string> = new Set(reservedWords);
const contextual: ReadonlySet<string> = new Set(contextualWords);
const identifierPattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** An IPv4 or IPv6 address, with or without a prefix length: the shape only, its meaning is checked later. */
export const addressPattern =
  /(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-fA-F]{0,4}:){2,8}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}))(?:\/\d{1,3})?/;

const leadingAddressPattern = new RegExp(`^(?:${addressPattern.source})`);

/** Whether a text can stand as a network literal without quotes: whether the lexer takes all of it as one. */
export function isPlainAddress(text: string): boolean {
  return leadingAddressPattern.exec(text)?.[0] === text;
}

export function isReservedWord(text: string): boolean {
  return reserved.has(text);
}

/** Whether a text is an identifier that is no word of the language at all. */
export function isPlainIdentifier(text: string): boolean {
  return identifierPattern.test(text) && !reserved.has(text) && !contextual.has(text);
}

/** A name as source text: bare where that reads back, in backticks elsewhere. */
export function spellName(text: string): string {
  return identifierPattern.test(text) && !reserved.has(text) ? text : quote(text, "`");
}

/** A name in backticks, for places where a bare one would mean something else. */
export function quoteName(text: string): string {
  return quote(text, "`");
}

/** Whether a text is spelled like a name, reserved or not: enough where any word may stand, after a dot. */
export function isIdentifier(text: string): boolean {
  return identifierPattern.test(text);
}

/** A text as a string literal, on one line, with everything invisible escaped. */
export function quoteString(text: string): string {
  return quote(text, '"');
}

// Controls, line separators, bidirectional and zero-width characters, byte order mark, lone surrogates: what
// a reader can't see must not hide in a policy.
const hidden =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const shortEscapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function quote(text: string, delimiter: '"' | "`"): string {
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll(delimiter, `\\${delimiter}`)
    .replace(hidden, (character) => {
      return shortEscapes[character] ?? `\\u{${character.charCodeAt(0).toString(16)}}`;
    });
  return delimiter + escaped + delimiter;
}

/** An escape that the language does not have, at an offset of the quoted text. */
export interface BadEscape {
  readonly offset: number;
  readonly length: number;
}

export interface Unquoted {
  readonly value: string;
  readonly badEscapes: readonly BadEscape[];
}

const longestCodePoint = 0x10ffff;

/** The text that a string or a name in backticks stands for; a bad escape is kept as written. */
export function unquote(quoted: string): Unquoted {
  const badEscapes: BadEscape[] = [];
  if (!quoted.includes("\\")) {
    return { value: quoted.slice(1, -1), badEscapes };
  }
  const value = quoted.slice(1, -1).replace(/\\(u\{([0-9a-fA-F]{1,6})\}|.)/gsu, (...match: unknown[]) => {
    const [whole, body, digits, offset] = match;
    const written = String(whole);
    const codePoint = typeof digits === "string" ? Number.parseInt(digits, 16) : undefined;
    if (codePoint !== undefined && codePoint <= longestCodePoint) {
      return codePoint > 0xffff ? String.fromCodePoint(codePoint) : String.fromCharCode(codePoint);
    }
    const plain = simpleEscapes[String(body)];
    if (plain === undefined) {
      badEscapes.push({ offset: Number(offset) + 1, length: written.length });
      return written;
    }
    return plain;
  });
  return { value, badEscapes };
}

const simpleEscapes: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  "\\": "\\",
  '"': '"',
  "`": "`",
};
