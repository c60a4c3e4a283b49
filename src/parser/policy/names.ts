/** What `param`, `let` and `define` stand for: each is worked out once, when it is first used. */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { didYouMean, suggestions } from "../../diagnostics/suggest.ts";
import type { Span } from "../../source/source.ts";
import type { DeclarationSyntax } from "./syntax.ts";
import type { Condition, Literal } from "./tree.ts";

/** Values of `--set`. */
export interface ParameterValues {
  readonly values: ReadonlyMap<string, string>;
  /** Names that some input used; filled while lowering. */
  readonly used: Set<string>;
}

/** What is known from outside of the statements. */
export interface NamesContext {
  readonly parameters: ParameterValues;
  /** Names that malformed statements would have declared. */
  readonly brokenNames: ReadonlySet<string>;
  /** Whether names may be missing because an import could not be read. */
  readonly lacksImports: boolean;
}

/** What a name stands for; absent when it could not be worked out, which has been reported. */
export type Meaning =
  | { readonly kind: "values"; readonly values: readonly Literal[]; readonly isList: boolean }
  | { readonly kind: "condition"; readonly condition: Condition; readonly size: number };

export interface Entry {
  readonly declaration: DeclarationSyntax;
  state: "fresh" | "open" | "done";
  meaning: Meaning | undefined;
  used: boolean;
}

/** The names that a policy can use, and what is found on the way. */
export interface Names {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly context: NamesContext;
  readonly diagnostics: Diagnostic[];
  /** How many names are being worked out, one for the sake of the other. */
  depth: number;
}

/** Names that use names that use names: more can't be followed, and would exhaust the stack. */
export const deepestReference = 64;
/** Conditions or values that one name may expand to. */
export const largestExpansion = 20_000;

/** Collects declarations; `outer` are the file's own. A name that is taken is reported and left out. */
export function declareNames(
  declarations: readonly DeclarationSyntax[],
  outer: ReadonlyMap<string, Entry>,
  diagnostics: Diagnostic[],
): ReadonlyMap<string, Entry> {
  const entries = new Map(outer);
  for (const declaration of declarations) {
    const { name } = declaration;
    const taken = entries.get(name.value);
    if (taken === undefined) {
      entries.set(name.value, { declaration, state: "fresh", meaning: undefined, used: false });
      continue;
    }
    diagnostics.push(
      diagnostic("duplicate-name", name.span, `the name \`${name.value}\` is taken`, {
        help: "give one of them another name",
        related: [{ message: "the first one is here", span: taken.declaration.name.span }],
      }),
    );
  }
  return entries;
}

/** Warnings about declarations that nothing uses. */
export function unusedNames(
  declarations: readonly DeclarationSyntax[],
  entries: ReadonlyMap<string, Entry>,
): readonly Diagnostic[] {
  return declarations.flatMap(({ kind, name }) => {
    const entry = entries.get(name.value);
    const isReported = entry?.declaration.name === name && !entry.used && !name.value.startsWith("_");
    return isReported
      ? [
          diagnostic("unused-name", name.span, `the ${kind} \`${name.value}\` is never used`, {
            help: `remove it, or name it \`_${name.value}\``,
          }),
        ]
      : [];
  });
}

/** Reports a name that nothing declares, with the names that it may be a slip of. */
export function reportUnknown(names: Names, name: string, span: Span, kinds: readonly string[]): void {
  if (names.context.lacksImports || names.context.brokenNames.has(name)) {
    return;
  }
  const known = [...names.entries]
    .filter(([, entry]) => kinds.includes(entry.declaration.kind))
    .map(([key]) => key);
  const [likely] = suggestions(name, known);
  const help = didYouMean(name, known);
  names.diagnostics.push(
    diagnostic("unknown-name", span, `nothing is called \`${name.slice(0, 60)}\``, {
      help: help ?? `declare it with ${kinds.map((kind) => `\`${kind}\``).join(" or ")}`,
      fixes:
        likely === undefined
          ? []
          : [{ title: `write \`${likely}\``, safety: "unsafe", edits: [{ span, text: likely }] }],
    }),
  );
}

/**
 * The meaning of a declared name, worked out with `resolve` on first use. Absent: it has none, or it is part
 * of its own definition; both are reported once.
 */
export function lookUp(
  names: Names,
  entry: Entry,
  span: Span,
  resolve: (declaration: DeclarationSyntax) => Meaning | undefined,
): Meaning | undefined {
  const { declaration } = entry;
  entry.used = true;
  if (entry.state === "open") {
    names.diagnostics.push(
      diagnostic("cyclic-name", span, `\`${declaration.name.value}\` is defined by itself`, {
        help: "leave this use out of its definition",
        related: [{ message: "it is defined here", span: declaration.name.span }],
      }),
    );
    return undefined;
  }
  if (entry.state === "done") {
    return entry.meaning;
  }
  if (names.depth >= deepestReference) {
    names.diagnostics.push(
      diagnostic("policy-nesting", span, "too many names that use each other", {
        help: `${deepestReference} definitions, each used by the next, are the limit`,
      }),
    );
    return undefined;
  }
  entry.state = "open";
  names.depth += 1;
  entry.meaning = resolve(declaration);
  names.depth -= 1;
  entry.state = "done";
  return entry.meaning;
}
