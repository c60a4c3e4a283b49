/** `param`: its types, its default and what `--set` gives for it. */
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import type { Span } from "../../source/source.ts";
import { longestNumber } from "./literals.ts";
import type { Values } from "./lower-value.ts";
import type { Meaning, Names } from "./names.ts";
import type { DeclarationSyntax } from "./syntax.ts";
import type { Literal } from "./tree.ts";
import { isPlainAddress } from "./words.ts";

type ParameterDeclaration = Extract<DeclarationSyntax, { readonly kind: "param" }>;

/** How the values of a parameter's type are read. */
type Reading = "integer" | "text" | "address" | "word";

const readings: ReadonlyMap<string, Reading> = new Map<string, Reading>([
  ["int", "integer"],
  ["port", "integer"],
  ["string", "text"],
  ["path", "text"],
  ["glob", "text"],
  ["addr", "address"],
  ["cidr", "address"],
  ["errno", "word"],
  ["signal", "word"],
  ["capability", "word"],
  ["flag", "word"],
]);

/** The values of a parameter: from `--set`, else its default. Faults are reported. */
export function readParameter(
  declaration: ParameterDeclaration,
  written: Values | undefined,
  names: Names,
): Meaning | undefined {
  const { isList, name, type } = declaration;
  const reading = readings.get(type.value);
  if (reading === undefined) {
    const help = didYouMean(type.value, [...readings.keys()]);
    names.diagnostics.push(
      diagnostic("unknown-type", type.span, `no type \`${type.value.slice(0, 60)}\``, {
        help: help ?? `types of parameters: ${[...readings.keys()].join(", ")}`,
      }),
    );
    return undefined;
  }
  const given = names.context.parameters.values.get(name.value);
  if (given !== undefined) {
    names.context.parameters.used.add(name.value);
    const parts = isList ? given.split(",").map((part) => part.trim()) : [given];
    const values = parts.flatMap((part) => fromText(part, reading, name.span) ?? []);
    if (values.length === parts.length) {
      return { kind: "values", values, isList };
    }
    names.diagnostics.push(wrongType(name.span, `the value that is set for \`${name.value}\``, declaration));
    return undefined;
  }
  if (written === undefined) {
    names.diagnostics.push(
      diagnostic("unset-parameter", name.span, `the parameter \`${name.value}\` has no value`, {
        help: `give one with \`--set ${name.value}=…\`, or write a default: \`= …\``,
      }),
    );
    return undefined;
  }
  return readDefault(declaration, written, reading, names);
}

function readDefault(
  declaration: ParameterDeclaration,
  written: Values,
  reading: Reading,
  names: Names,
): Meaning | undefined {
  const span = declaration.value?.span ?? declaration.name.span;
  if (written.isList !== declaration.isList) {
    names.diagnostics.push(wrongType(span, "the default", declaration));
    return undefined;
  }
  const values: Literal[] = [];
  for (const literal of written.literals) {
    const read = fromLiteral(literal, reading);
    if (read === undefined) {
      names.diagnostics.push(wrongType(literal.span, "the value", declaration));
      return undefined;
    }
    values.push(read);
  }
  return { kind: "values", values, isList: declaration.isList };
}

function wrongType(span: Span, subject: string, { isList, type }: ParameterDeclaration): Diagnostic {
  const wanted = `${type.value}${isList ? "[]" : ""}`;
  return diagnostic("value-type-mismatch", span, `${subject} is not of the type \`${wanted}\``, {
    help: isList
      ? "write a list: `[a, b]`, or `a,b` on the command line"
      : "write one value of the parameter's type, or change the type",
  });
}

function fromLiteral(literal: Literal, reading: Reading): Literal | undefined {
  switch (reading) {
    case "integer":
      return literal.kind === "integer" || literal.kind === "range" ? literal : undefined;
    case "text":
      return literal.kind === "string" ? literal : undefined;
    case "address":
      if (literal.kind === "string" && isPlainAddress(literal.value)) {
        return { kind: "cidr", value: literal.value, span: literal.span };
      }
      return literal.kind === "cidr" ? literal : undefined;
    case "word":
      return literal.kind === "word" || literal.kind === "integer" ? literal : undefined;
  }
}

const integerText = /^-?(?:0x[0-9a-fA-F]+|0o[0-7]+|0b[01]+|\d+)$/;
const wordText = /^[A-Za-z_][A-Za-z0-9_]*$/;

function fromText(text: string, reading: Reading, span: Span): Literal | undefined {
  const [low = "", high] = text.split("..");
  switch (reading) {
    case "text":
      return { kind: "string", value: text, span };
    case "address":
      return isPlainAddress(text) ? { kind: "cidr", value: text, span } : undefined;
    case "word":
      return wordText.test(text) ? { kind: "word", value: text, span } : fromText(text, "integer", span);
    case "integer": {
      const bounds = [low, high ?? low].map(toInteger);
      const [first, last] = bounds;
      if (first === undefined || last === undefined) {
        return undefined;
      }
      return high === undefined
        ? { kind: "integer", value: first, span }
        : { kind: "range", low: first, high: last, span };
    }
  }
}

function toInteger(text: string): bigint | undefined {
  if (text.length > longestNumber || !integerText.test(text)) {
    return undefined;
  }
  return text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
}
