/** Values as written -> literals: names replaced, parameters read. */
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Span } from "../../source/source.ts";
import { type Entry, type Meaning, type Names, largestExpansion, lookUp, reportUnknown } from "./names.ts";
import { readParameter } from "./parameter-types.ts";
import type { DeclarationSyntax, LiteralSyntax, ValueSyntax } from "./syntax.ts";
import type { Literal } from "./tree.ts";

/** What a value stands for. */
export interface Values {
  readonly literals: readonly Literal[];
  readonly isList: boolean;
}

/**
 * The literals that a value stands for; absent when a name in it could not be resolved, which is reported.
 * `mayBeWord`: whether a bare word that nothing declares is a value of the field's type (`EACCES`).
 */
export function lowerValue(value: ValueSyntax, names: Names, mayBeWord: boolean): Values | undefined {
  if (value.kind === "literal") {
    return lowerElement(value, names, mayBeWord);
  }
  const literals: Literal[] = [];
  let isWhole = true;
  for (const element of value.elements) {
    const lowered = lowerElement(element, names, mayBeWord);
    if (lowered === undefined) {
      isWhole = false;
      continue;
    }
    if (literals.length + lowered.literals.length > largestExpansion && lowered.isList) {
      reportTooLarge(names, element.span);
      return undefined;
    }
    literals.push(...lowered.literals);
  }
  return isWhole ? { literals, isList: true } : undefined;
}

function lowerElement(element: LiteralSyntax, names: Names, mayBeWord: boolean): Values | undefined {
  const { literal, text } = element;
  if (literal.kind !== "word" || text.startsWith("`")) {
    return { literals: [literal], isList: false };
  }
  const entry = names.entries.get(literal.value);
  if (entry !== undefined) {
    return lowerReference(entry, element.span, names);
  }
  if (mayBeWord) {
    return { literals: [literal], isList: false };
  }
  reportUnknown(names, literal.value, element.span, ["let", "param"]);
  return undefined;
}

function lowerReference(entry: Entry, span: Span, names: Names): Values | undefined {
  const { declaration } = entry;
  if (declaration.kind === "define") {
    entry.used = true;
    names.diagnostics.push(
      diagnostic("wrong-kind-of-name", span, `\`${declaration.name.value}\` is a condition, not a value`, {
        help: "use a `let` or a `param` here, or put the name in backticks if the kernel has a value of that name",
        related: [{ message: "it is defined here", span: declaration.name.span }],
      }),
    );
    return undefined;
  }
  const meaning = lookUp(names, entry, span, (found) => valueMeaning(found, names));
  return meaning?.kind === "values" ? { literals: meaning.values, isList: meaning.isList } : undefined;
}

/** What a `let` or a `param` stands for. */
export function valueMeaning(declaration: DeclarationSyntax, names: Names): Meaning | undefined {
  if (declaration.kind === "define") {
    return undefined;
  }
  const written = declaration.value === undefined ? undefined : lowerValue(declaration.value, names, true);
  if (declaration.kind === "param") {
    if (declaration.value !== undefined && written === undefined) {
      return undefined;
    }
    return readParameter(declaration, written, names);
  }
  return written && { kind: "values", values: written.literals, isList: written.isList };
}

function reportTooLarge(names: Names, span: Span): void {
  names.diagnostics.push(
    diagnostic("definition-too-large", span, `the names expand to more than ${largestExpansion} values`, {
      help: "write the list once",
    }),
  );
}
