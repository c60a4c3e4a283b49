/** Comparisons of paths and strings: literals to texts and globs. */
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Comparison, Literal } from "../../parser/policy/tree.ts";
import type { FieldType, Glob, GlobPart, Test, TextValue } from "../ir.ts";
import { parseGlob } from "./glob.ts";

/** Bytes of the longest path that the kernel can name, without its terminating NUL. */
const maximumPathBytes = 4095;

/**
 * Lowers the operators that paths and strings have; several tests are alternatives. Undefined when a value is
 * at fault.
 */
export function lowerTextTests(
  comparison: Comparison,
  type: Extract<FieldType, { kind: "path" | "string" }>,
  findings: Diagnostic[],
): readonly Test[] | undefined {
  const { operator } = comparison;
  const inPath = type.kind === "path";
  const binary = type.kind === "string" && type.binary === true;
  if (operator === "exists") {
    // Every text that has a value starts with the empty text.
    return [{ kind: "text", match: "prefix", values: [{ text: "", span: comparison.span }] }];
  }
  const texts = comparison.values.map((value) => textValue(value, inPath, binary, findings));
  const values = texts.filter((text) => text !== undefined);
  if (values.length < texts.length) {
    return undefined;
  }
  if (inPath) {
    warnOfRelative(operator, values, findings);
  }
  // A list contains whole texts.
  const isList = type.kind === "string" && type.list === true;
  const asked = isList && operator === "contains" ? "in" : operator;
  const tests = testsOf(asked, distinct(values, findings), inPath, findings);
  return comparison.ignoreCase ? tests?.map(ignoringCase) : binary ? tests?.map(wholeAsGlob) : tests;
}

/** Tables tell whole texts by the NUL behind them, which bytes may hold themselves. */
function wholeAsGlob(test: Test): Test {
  return test.kind === "text" && test.match === "exact"
    ? {
        kind: "glob",
        ignoreCase: false,
        globs: test.values.map(({ text, span }) => ({ text, parts: [{ kind: "text", text }], span })),
      }
    : test;
}

function testsOf(
  operator: Comparison["operator"],
  values: readonly TextValue[],
  inPath: boolean,
  findings: Diagnostic[],
): readonly Test[] | undefined {
  switch (operator) {
    case "in":
      return [{ kind: "text", match: "exact", values }];
    case "starts-with":
      return [{ kind: "text", match: "prefix", values }];
    case "ends-with":
      return [{ kind: "text", match: "suffix", values }];
    case "under":
      return directoryTests(values);
    case "contains":
      return [{ kind: "glob", ignoreCase: false, globs: values.map(containing) }];
    case "matches":
      return globTests(values, inPath, findings);
    case "less":
    case "less-or-equal":
    case "greater":
    case "greater-or-equal":
    case "has-any":
    case "has-all":
    case "exists":
      return undefined;
  }
}

const anything: GlobPart = { kind: "characters", slash: true };

function containing({ text, span }: TextValue): Glob {
  return { text: `**${text}**`, parts: [anything, { kind: "text", text }, anything], span };
}

/** The same test, with A to Z equal to a to z. */
function ignoringCase(test: Test): Test {
  if (test.kind !== "text") {
    return test.kind === "glob" ? { ...test, ignoreCase: true } : test;
  }
  const globs = test.values.map(({ text, span }): Glob => {
    const literal: GlobPart = { kind: "text", text };
    switch (test.match) {
      case "exact":
        return { text, parts: [literal], span };
      case "prefix":
        return { text: `${text}**`, parts: [literal, anything], span };
      case "suffix":
        return { text: `**${text}`, parts: [anything, literal], span };
    }
  });
  return { kind: "glob", ignoreCase: true, globs };
}

/** Globs without wildcards are texts: cheaper to look up. */
function globTests(
  values: readonly TextValue[],
  inPath: boolean,
  findings: Diagnostic[],
): readonly Test[] | undefined {
  const globs: Glob[] = [];
  const plain: TextValue[] = [];
  const suffixes: TextValue[] = [];
  const prefixes: TextValue[] = [];
  let faulty = false;
  for (const value of values) {
    const parsed = parseGlob(value.text, inPath);
    if (parsed.kind === "fault") {
      const { message, help } = parsed.fault;
      findings.push(diagnostic("invalid-glob", value.span, message, { help }));
      faulty = true;
      continue;
    }
    const { parts } = parsed;
    const [first, second] = parts;
    if (parts.length === 1 && first?.kind === "text") {
      plain.push({ text: first.text, span: value.span });
    } else if (parts.length === 2 && first?.kind === "text" && isAnything(second)) {
      prefixes.push({ text: first.text, span: value.span });
    } else if (parts.length === 2 && first?.kind === "directories" && second?.kind === "text") {
      // Paths are absolute: a slash is always before the text.
      suffixes.push({ text: `/${second.text}`, span: value.span });
    } else if (parts.length === 2 && isAnything(first) && second?.kind === "text") {
      suffixes.push({ text: second.text, span: value.span });
    } else {
      globs.push({ text: value.text, parts, span: value.span });
    }
  }
  const tests: readonly Test[] = [
    { kind: "text", match: "exact", values: plain },
    { kind: "text", match: "prefix", values: prefixes },
    { kind: "text", match: "suffix", values: suffixes },
    { kind: "glob", ignoreCase: false, globs },
  ];
  return faulty ? undefined : tests.filter((test) => valuesIn(test) > 0);
}

function isAnything(part: GlobPart | undefined): boolean {
  return part?.kind === "characters" && part.slash;
}

function valuesIn(test: Test): number {
  switch (test.kind) {
    case "text":
      return test.values.length;
    case "glob":
      return test.globs.length;
    case "ranges":
    case "bits":
    case "networks":
      return 0;
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

function textValue(
  literal: Literal,
  inPath: boolean,
  binary: boolean,
  findings: Diagnostic[],
): TextValue | undefined {
  if (literal.kind !== "string") {
    findings.push(
      diagnostic(
        "value-type-mismatch",
        literal.span,
        `a ${inPath ? "path" : "string"} is compared with texts`,
        {
          help: "put the value in double quotes",
        },
      ),
    );
    return undefined;
  }
  const fault = textFault(literal.value, inPath, binary);
  if (fault !== undefined) {
    const what = inPath ? "path" : "string";
    findings.push(diagnostic("invalid-path-value", literal.span, `no ${what} can match: ${fault}`));
    return undefined;
  }
  return { text: literal.value, span: literal.span };
}

function textFault(text: string, inPath: boolean, binary: boolean): string | undefined {
  if (text === "" && inPath) {
    return "the text is empty";
  }
  if (!binary && text.includes("\0")) {
    return `a ${inPath ? "path" : "string"} holds no NUL character`;
  }
  if (!isWellFormed(text)) {
    return "the text holds half of a surrogate pair";
  }
  const bytes = Buffer.byteLength(text, "utf8");
  return bytes > maximumPathBytes ? `${bytes} bytes are more than ${maximumPathBytes}` : undefined;
}

/** Hardly any text has surrogates at all: only those are looked at by character. */
function isWellFormed(text: string): boolean {
  return !/[\ud800-\udfff]/.test(text) || !loneSurrogate.test(text);
}

const loneSurrogate = /\p{Surrogate}/u;

/** What a path must do with a value that starts with a slash. */
const relations: Readonly<Partial<Record<Comparison["operator"], string>>> = {
  in: "be",
  "starts-with": "begin",
  under: "hold",
  matches: "match",
};

function warnOfRelative(
  operator: Comparison["operator"],
  values: readonly TextValue[],
  findings: Diagnostic[],
): void {
  const relation = relations[operator];
  if (relation === undefined) {
    return;
  }
  for (const { text, span } of values) {
    const canStart = operator === "matches" ? /^(?:\/|\*\*|\{|\[|\\)/ : /^\//;
    if (!canStart.test(text)) {
      findings.push(
        diagnostic(
          "path-not-absolute",
          span,
          `\`${text}\` can't ${relation} a path: paths start with \`/\``,
          {
            help:
              operator === "matches"
                ? "write `**/` before it to match in any directory"
                : "write the whole path, or compare the end of the path",
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
