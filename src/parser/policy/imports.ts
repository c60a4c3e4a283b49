/** `import "lists.policy"`: the names of another file. Reading is the caller's, so that the parser stays pure. */
import { posix } from "node:path";
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import { unreachable } from "../../source/invariant.ts";
import type { Source, Span } from "../../source/source.ts";
import { createSource } from "../../source/source.ts";
import { type FileNames, lowerDeclarations } from "./lower.ts";
import type { Entry, NamesContext, ParameterValues } from "./names.ts";
import { parseSyntax } from "./parse-syntax.ts";
import type { FileSyntax, ImportSyntax } from "./syntax.ts";

/** What reading a file for an import gives. `outside`: the file may not be read from there. */
export type ImportedText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "not-found" }
  | { readonly kind: "outside" }
  | { readonly kind: "unreadable"; readonly reason: string };

/** Reads `path` for an import of the input `origin`, or of a file that it imports. */
export type ImportReader = (path: string, origin: string) => ImportedText;

/** A file that was imported. */
interface Module {
  readonly kind: "module";
  readonly names: ReadonlyMap<string, Entry>;
  readonly brokenNames: ReadonlySet<string>;
  /** Whether some of its names may be missing. */
  readonly isPartial: boolean;
}

/** Imports of one run: a file is read once, however many import it. */
export interface ImportState {
  readonly read: ImportReader | undefined;
  readonly parameters: ParameterValues;
  readonly modules: Map<string, Module>;
  /** Files that are being read, one for the sake of the other. */
  readonly open: Set<string>;
}

export function createImportState(parameters: ParameterValues, read: ImportReader | undefined): ImportState {
  return { read, parameters, modules: new Map(), open: new Set() };
}

/** What imports bring, and what is wrong with them or in the files. */
export interface Imports {
  readonly names: ReadonlyMap<string, Entry>;
  readonly context: NamesContext;
  /** Each import with the names that came by it. */
  readonly brought: readonly { readonly statement: ImportSyntax; readonly entries: readonly Entry[] }[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Files that import each other in a row: more would exhaust the stack. */
const deepestImport = 32;

/** Reads what a file imports. `origin` is the input that it is read for. */
export function readImports(
  file: FileSyntax,
  brokenNames: ReadonlySet<string>,
  origin: string,
  state: ImportState,
): Imports {
  const names = new Map<string, Entry>();
  const broken = new Set(brokenNames);
  const diagnostics: Diagnostic[] = [];
  const brought: Imports["brought"][number][] = [];
  let lacksImports = false;
  const seen = new Set<string>();
  const own = posix.normalize(file.span.source.name);
  state.open.add(own);
  for (const statement of file.statements) {
    if (statement.kind !== "import") {
      continue;
    }
    const found = loadImport(statement, seen, origin, state, diagnostics);
    if (found.kind === "diagnostic") {
      lacksImports = true;
      diagnostics.push(found);
      continue;
    }
    lacksImports ||= found.isPartial;
    for (const name of found.brokenNames) {
      broken.add(name);
    }
    brought.push({ statement, entries: addNames(statement, found, names, diagnostics) });
  }
  state.open.delete(own);
  const context = { parameters: state.parameters, brokenNames: broken, lacksImports };
  return { names, context, brought, diagnostics };
}

/** Warnings about imports of which nothing is used. */
export function unusedImports({ brought }: Imports): readonly Diagnostic[] {
  return brought
    .filter(({ entries }) => entries.length > 0 && entries.every(({ used }) => !used))
    .map(({ statement }) =>
      diagnostic("unused-name", statement.span, `nothing of \`${shorten(statement.path.value)}\` is used`, {
        help: "remove the import",
      }),
    );
}

/** Each importing file has entries of its own, so that what one uses does not count for another. */
function addNames(
  statement: ImportSyntax,
  { names }: Module,
  known: Map<string, Entry>,
  diagnostics: Diagnostic[],
): readonly Entry[] {
  const added: Entry[] = [];
  for (const [name, entry] of names) {
    const before = known.get(name);
    if (before === undefined) {
      const copy: Entry = { ...entry, used: false };
      known.set(name, copy);
      added.push(copy);
      continue;
    }
    diagnostics.push(
      diagnostic("duplicate-name", statement.span, `the name \`${shorten(name)}\` comes from two imports`, {
        help: "give one of them another name",
        related: [
          { message: "one is here", span: before.declaration.name.span },
          { message: "the other is here", span: entry.declaration.name.span },
        ],
      }),
    );
  }
  return added;
}

/** The file of an import, or why it can't be read; what is wrong in the file goes to `diagnostics`. */
function loadImport(
  { path }: ImportSyntax,
  seen: Set<string>,
  origin: string,
  state: ImportState,
  diagnostics: Diagnostic[],
): Module | Diagnostic {
  const { span } = path;
  const target = resolvePath(path.value, span.source);
  const shown = `\`${shorten(path.value)}\``;
  if (target === undefined) {
    return diagnostic("import-not-found", span, `${shown} is no relative path of a \`.policy\` file`, {
      help: "write a path like `lists.policy` or `shared/lists.policy`, from the folder of this file",
    });
  }
  if (seen.has(target)) {
    return diagnostic("duplicate-statement", span, `${shown} is imported twice`, {
      help: "leave one of the imports",
    });
  }
  seen.add(target);
  if (state.open.has(target)) {
    return diagnostic("import-cycle", span, `${shown} imports this file in turn`, {
      help: "move what both files need into a third one",
    });
  }
  const known = state.modules.get(target);
  if (known !== undefined) {
    return known;
  }
  if (state.open.size > deepestImport) {
    return diagnostic("import-cycle", span, "too many files that import each other", {
      help: `${deepestImport} in a row are the limit`,
    });
  }
  const read = state.read?.(target, origin) ?? { kind: "not-found" };
  if (read.kind !== "text") {
    return notRead(read, span, shown, target);
  }
  const module = readModule(createSource(target, read.text), origin, state, diagnostics);
  state.modules.set(target, module);
  return module;
}

function notRead(
  read: Exclude<ImportedText, { readonly kind: "text" }>,
  span: Span,
  shown: string,
  target: string,
): Diagnostic {
  switch (read.kind) {
    case "outside":
      return diagnostic("import-outside", span, `${shown} lies outside of the policies' folder`, {
        help: "imports stay below the working directory, or below the folder of the input",
      });
    case "not-found":
      return diagnostic("import-not-found", span, `there is no file ${shown}`, {
        help: `it would be \`${shorten(target)}\``,
      });
    case "unreadable":
      return diagnostic("import-not-found", span, `${shown} can't be read: ${read.reason}`, {
        help: "check the file",
      });
    default:
      return unreachable(read);
  }
}

function readModule(source: Source, origin: string, state: ImportState, diagnostics: Diagnostic[]): Module {
  const parsed = parseSyntax(source);
  const imports = readImports(parsed.file, parsed.brokenNames, origin, state);
  const lowered: FileNames = lowerDeclarations(parsed.file, imports.names, imports.context);
  diagnostics.push(...parsed.diagnostics, ...imports.diagnostics, ...lowered.diagnostics);
  const { brokenNames, lacksImports } = imports.context;
  return { kind: "module", names: lowered.own, brokenNames, isPartial: lacksImports };
}

/** The path of an import from the working directory; absent when it is no relative path of a policy file. */
function resolvePath(path: string, importer: Source): string | undefined {
  const isPlain = path.endsWith(".policy") && !path.startsWith("/") && !/[\\\p{C}]/u.test(path);
  return isPlain ? posix.join(posix.dirname(importer.name), path) : undefined;
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
