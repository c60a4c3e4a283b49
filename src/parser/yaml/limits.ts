import { Lexer } from "yaml";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Source } from "../../source/source.ts";
import { createSpan } from "../../source/source.ts";

/** UTF-16 units of one file. Real policies stay under a thousandth of it. */
const maximumLength = 4 * 1024 * 1024;
/** Brackets inside brackets. The library composes recursively, so the stack would be the limit. */
const maximumFlowDepth = 100;
/** The column at which a nested block may still begin: each level is at least one column deeper. */
const maximumBlockColumn = 300;

/** A finding when the text is so large or so deep that composing it could exhaust memory or the stack. */
export function checkYamlLimits(source: Source): Diagnostic | undefined {
  if (source.text.length > maximumLength) {
    return diagnostic(
      "yaml-too-large",
      createSpan(source, 0, 0),
      `the file has ${source.text.length} characters, the limit is ${maximumLength}`,
      { help: "split it into several files" },
    );
  }
  const offset = mayBeTooDeep(source.text) ? findTooDeep(source.text) : undefined;
  return offset === undefined
    ? undefined
    : diagnostic("yaml-too-deep", createSpan(source, offset, offset + 1), "the YAML is nested too deeply", {
        help: `at most ${maximumFlowDepth} brackets inside each other and ${maximumBlockColumn} columns of indentation`,
      });
}

/** A cheap look that spares ordinary files the lexing: few brackets and no long line cannot be deep. */
function mayBeTooDeep(text: string): boolean {
  return text.split(/[[{]/, maximumFlowDepth + 2).length > maximumFlowDepth || /[^\r\n]{300}/.test(text);
}

/** Lexing needs no stack, so it is safe on any input. */
function findTooDeep(text: string): number | undefined {
  let offset = 0;
  let lineStart = 0;
  let flowDepth = 0;
  for (const token of new Lexer().lex(text)) {
    const first = token.charAt(0);
    if (token === "[" || token === "{") {
      flowDepth += 1;
    } else if (token === "]" || token === "}") {
      flowDepth = Math.max(0, flowDepth - 1);
    }
    const startsBlock = token === "-" || token === "?" || (offset === lineStart && first === " ");
    const column = offset - lineStart + (first === " " ? token.length : 0);
    if (flowDepth > maximumFlowDepth || (startsBlock && flowDepth === 0 && column > maximumBlockColumn)) {
      return offset;
    }
    const newline = token.lastIndexOf("\n");
    offset += isMarker(token) ? 0 : token.length;
    if (newline !== -1) {
      lineStart = offset - (token.length - newline - 1);
    }
  }
  return undefined;
}

/** The lexer marks documents, scalars and flow errors with control characters that are not in the text. */
function isMarker(token: string): boolean {
  return token === "\u0002" || token === "\u0018" || token === "\u001f";
}
