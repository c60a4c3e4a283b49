/** What the YAML library says about malformed text, in the words of this compiler. */
import type { YAMLError } from "yaml";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Source, Span } from "../../source/source.ts";
import { createSpan, positionAt } from "../../source/source.ts";

/** One slip makes the library report many: only the first of each line, and no more than this. */
const maximumFindings = 10;

/** The findings of one document, in the order of the text. */
export function syntaxDiagnostics(source: Source, errors: readonly YAMLError[]): readonly Diagnostic[] {
  const seenLines = new Set<number>();
  const findings: Diagnostic[] = [];
  const ordered = [...errors].sort((a, b) => a.pos[0] - b.pos[0]);
  for (const error of ordered) {
    const { line } = positionAt(source, error.pos[0]);
    if (seenLines.has(line) || findings.length === maximumFindings) {
      continue;
    }
    seenLines.add(line);
    findings.push(describe(source, error));
  }
  return findings;
}

function describe(source: Source, error: YAMLError): Diagnostic {
  const span = underline(source, error.pos);
  const code = error.code === "TAB_AS_INDENT" ? "yaml-tab" : "yaml-syntax";
  const wording = words(error, span);
  return diagnostic(code, span, wording.message, wording.help === undefined ? {} : { help: wording.help });
}

/** The library points at one character or at a long rest: underline at least one, at most one line. */
function underline(source: Source, [start, end]: readonly [number, number]): Span {
  const lineEnd = source.text.slice(start, end).search(/[\r\n]/);
  const stop = lineEnd > 0 ? start + lineEnd : lineEnd === 0 ? start : end;
  return createSpan(source, start, Math.max(stop, Math.min(start + 1, source.text.length)));
}

interface Wording {
  readonly message: string;
  readonly help?: string;
}

function words(error: YAMLError, span: Span): Wording {
  switch (error.code) {
    case "TAB_AS_INDENT":
      return { message: "a tab in the indentation", help: "indent with spaces" };
    case "BAD_INDENT":
      return {
        message: "the indentation fits no open block",
        help: "line it up with the lines it belongs to",
      };
    case "BLOCK_AS_IMPLICIT_KEY":
      return {
        message: "a second `:` on one line",
        help: "quote the text that contains `: `, or move the inner key to its own line",
      };
    case "MULTILINE_IMPLICIT_KEY":
      return { message: "a key that goes over several lines", help: "is a `:` missing after the key?" };
    case "KEY_OVER_1024_CHARS":
      return { message: "a key of more than 1024 characters" };
    case "BLOCK_IN_FLOW":
      return { message: "an indented block inside brackets", help: "close the bracket first" };
    case "BAD_ALIAS":
      return {
        message: `no anchor for \`${short(span)}\``,
        help: "define it before with `&name`, or quote the text if `*` is meant",
      };
    case "BAD_DQ_ESCAPE":
      return {
        message: "an escape that YAML does not know",
        help: "write `\\\\` for a backslash, or use single quotes",
      };
    case "TAG_RESOLVE_FAILED":
      return { message: `the tag \`${short(span)}\` has no meaning here`, help: "remove it" };
    case "BAD_SCALAR_START":
      return { message: `an unquoted text cannot start with \`${short(span)}\``, help: "put it in quotes" };
    case "MISSING_CHAR":
      return missingCharacter(error.message);
    case "ALIAS_PROPS":
    case "BAD_COLLECTION_TYPE":
    case "BAD_DIRECTIVE":
    case "BAD_PROP_ORDER":
    case "DUPLICATE_KEY":
    case "IMPOSSIBLE":
    case "MULTIPLE_ANCHORS":
    case "MULTIPLE_DOCS":
    case "MULTIPLE_TAGS":
    case "NON_STRING_KEY":
    case "RESOURCE_EXHAUSTION":
    case "UNEXPECTED_TOKEN":
      return { message: generalWords(error.message) };
  }
}

function missingCharacter(message: string): Wording {
  if (message.includes("quote")) {
    return { message: "the quoted text has no end", help: "add the closing quote" };
  }
  if (message.includes("map values") || message.includes("implicit")) {
    return { message: "a key without a `:`", help: "write `key: value`; a list item starts with `- `" };
  }
  if (message.includes("sequence item") || message.includes("Sequence item")) {
    return { message: "a list item without a `-`", help: "start it with `- `" };
  }
  return { message: generalWords(message) };
}

/** The library's own words, in our form: lower case, no full stop, no quoted text of unknown length. */
function generalWords(message: string): string {
  const line = message.split("\n", 1)[0] ?? "";
  const plain = line.replace(/[.:\s]+$/, "");
  const limited = plain.length > 90 ? `${plain.slice(0, 87)}…` : plain;
  return limited.charAt(0).toLowerCase() + limited.slice(1);
}

function short(span: Span): string {
  const text = span.source.text.slice(span.start, Math.min(span.end, span.start + 24));
  return text.replaceAll(/[^\x20-\x7e]|`/g, "?");
}
