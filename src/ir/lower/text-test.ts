/** Comparisons of paths: literals to byte strings. */
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Comparison, Literal } from "../../parser/policy/tree.ts";
import type { Test, TextValue } from "../ir.ts";

/** Bytes of the longest path that the kernel can name, without its terminating NUL. */
const maximumPathBytes = 4095;

/** Lowers the operators that paths have; several tests are alternatives. Undefined when a value is at fault. */
export function lowerPathTests(comparison: Comparison, findings: Diagnostic[]): readonly Test[] | undefined {
  const { operator } = comparison;
  if (operator === "exists") {
    // Every path that has a value starts with the empty text.
    return [{ kind: "text", match: "prefix", values: [{ text: "", span: comparison.span }] }];
  }
  const texts = comparison.values.map((value) => pathText(value, findings));
  const values = texts.filter((text) => text !== undefined);
  if (values.length < texts.length) {
    return undefined;
  }
  switch (operator) {
    case "in":
      warnOfRelative(values, "be", findings);
      return [{ kind: "text", match: "exact", values: distinct(values, findings) }];
    case "starts-with":
      warnOfRelative(values, "begin", findings);
      return [{ kind: "text", match: "prefix", values: distinct(values, findings) }];
    case "ends-with":
      return [{ kind: "text", match: "suffix", values: distinct(values, findings) }];
    case "under":
      warnOfRelative(values, "hold", findings);
      return directoryTests(distinct(values, findings));
    case "less":
    case "less-or-equal":
    case "greater":
    case "greater-or-equal":
    case "has-any":
    case "has-all":
    case "contains":
    case "matches":
      return undefined;
  }
}

/** The directory itself, or anything below it: `/etc` holds `/etc/shadow` but not `/etcetera`. */
function directoryTests(values: readonly TextValue[]): readonly Test[] {
  const trimmed = values.map(({ text, span }) => ({ text: text.replace(/\/+$/, ""), span }));
  return [
    { kind: "text", match: "exact", values: trimmed.map(({ text, span }) => ({ text: text || "/", span })) },
    { kind: "text", match: "prefix", values: trimmed.map(({ text, span }) => ({ text: `${text}/`, span })) },
  ];
}

function pathText(literal: Literal, findings: Diagnostic[]): TextValue | undefined {
  if (literal.kind !== "string") {
    findings.push(
      diagnostic("value-type-mismatch", literal.span, "a path is compared with texts", {
        help: "put the value in double quotes",
      }),
    );
    return undefined;
  }
  const fault = pathFault(literal.value);
  if (fault !== undefined) {
    findings.push(diagnostic("invalid-path-value", literal.span, `no path can match: ${fault}`));
    return undefined;
  }
  return { text: literal.value, span: literal.span };
}

function pathFault(text: string): string | undefined {
  if (text === "") {
    return "the text is empty";
  }
  if (text.includes("\0")) {
    return "a path holds no NUL character";
  }
  if (/\p{Surrogate}/u.test(text)) {
    return "the text holds half of a surrogate pair";
  }
  const bytes = Buffer.byteLength(text, "utf8");
  return bytes > maximumPathBytes ? `${bytes} bytes are more than ${maximumPathBytes}` : undefined;
}

function warnOfRelative(values: readonly TextValue[], relation: string, findings: Diagnostic[]): void {
  for (const { text, span } of values) {
    if (!text.startsWith("/")) {
      findings.push(
        diagnostic(
          "path-not-absolute",
          span,
          `\`${text}\` can't ${relation} a path: paths start with \`/\``,
          {
            help: "write the whole path, or compare the end of the path",
          },
        ),
      );
    }
  }
}

function distinct(values: readonly TextValue[], findings: Diagnostic[]): readonly TextValue[] {
  const seen = new Map<string, TextValue>();
  for (const value of values) {
    const before = seen.get(value.text);
    if (before === undefined) {
      seen.set(value.text, value);
    } else {
      findings.push(
        diagnostic("duplicate-value", value.span, `\`${value.text}\` is listed twice`, {
          help: "remove one of them",
          related: [{ message: "listed here first", span: before.span }],
        }),
      );
    }
  }
  return [...seen.values()];
}
