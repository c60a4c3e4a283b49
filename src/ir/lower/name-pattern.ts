/** Regular expressions for names of functions. */
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Name } from "../../parser/policy/tree.ts";

/** Repetitions of one expression: with more, a hostile one would be tried on every name for too long. */
const MOST_REPETITIONS = 3;
const LONGEST = 200;

/**
 * An expression for names. It holds only what every dialect of regular expressions means alike, and nothing that
 * takes long: letters, `.`, sets, `^`, `$`, `|`, groups, and `*`, `+`, `?` after one of them that is no group.
 */
export function namePattern(pattern: Name, findings: Diagnostic[]): RegExp | undefined {
  const expression = compile(pattern.text);
  if (expression === undefined) {
    findings.push(
      diagnostic("invalid-pattern", pattern.span, "this is no simple regular expression for names", {
        help: "use letters, `.`, `[…]`, `^`, `$`, `|`, and at most three of `*`, `+`, `?`",
      }),
    );
  }
  return expression;
}

function compile(text: string): RegExp | undefined {
  const isSimple = /^(?:[A-Za-z0-9_.|^$()]|\[\^?[A-Za-z0-9_-]+\]|(?<![(|)*+?])[*+?])*$/.test(text);
  const repetitions = text.match(/[*+?]/g)?.length ?? 0;
  if (!isSimple || repetitions > MOST_REPETITIONS || text.length > LONGEST || text === "") {
    return undefined;
  }
  try {
    return new RegExp(text);
  } catch {
    return undefined;
  }
}
