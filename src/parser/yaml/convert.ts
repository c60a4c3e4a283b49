/** The library's nodes become a located tree; aliases, merge keys and parameters are resolved on the way. */
import type { Document, Node as LibraryNode, ParsedNode, Scalar, YAMLMap, YAMLSeq } from "yaml";
import { isAlias, isMap, isScalar, isSeq } from "yaml";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { shortText } from "../../diagnostics/display.ts";
import type { Source, Span } from "../../source/source.ts";
import { createSpan } from "../../source/source.ts";
import { checkInvisibleCharacters } from "../characters.ts";
import { resolvePlain } from "./plain.ts";
import type { ParameterScope } from "./parameters.ts";
import { fillParameters } from "./parameters.ts";
import type { YamlEntry, YamlMapping, YamlNode, YamlScalar } from "./tree.ts";

/** Nodes of one document once every alias is written out. */
const maximumNodes = 200_000;
/** Levels of one document once every alias is written out: later stages walk it recursively. */
const maximumDepth = 500;

interface Conversion {
  readonly source: Source;
  readonly parameters: ParameterScope;
  readonly diagnostics: Diagnostic[];
  /** The node that each anchor names so far. */
  readonly names: Map<string, LibraryNode>;
  /** Anchored nodes that are done, so that an alias costs nothing to convert. */
  readonly anchored: Map<LibraryNode, Converted>;
  /** Nodes being converted: an alias to one of them would never end. */
  readonly open: Set<LibraryNode>;
}

/** A node, and how many nodes and levels it stands for when written out. */
interface Converted {
  readonly node: YamlNode;
  readonly size: number;
  readonly depth: number;
}

/** The tree of a document, or nothing when it has none that makes sense. */
export function convertDocument(
  source: Source,
  document: Document.Parsed,
  parameters: ParameterScope,
): { readonly root: YamlNode | undefined; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const contents: ParsedNode | null = document.contents;
  if (contents === null) {
    return { root: undefined, diagnostics };
  }
  const state: Conversion = {
    source,
    parameters,
    diagnostics,
    names: new Map(),
    anchored: new Map(),
    open: new Set(),
  };
  const { node, size, depth } = convert(state, contents, spanOf(state, contents));
  if (size > maximumNodes || depth > maximumDepth) {
    const limit = size > maximumNodes ? `${maximumNodes} values` : `${maximumDepth} levels`;
    diagnostics.push(
      diagnostic("yaml-alias", node.span, `the document expands to more than ${limit}`, {
        help: "write out what is needed instead of nesting aliases",
      }),
    );
    return { root: undefined, diagnostics };
  }
  return { root: node, diagnostics };
}

function convert(state: Conversion, node: unknown, fallback: Span): Converted {
  if (isAlias(node)) {
    return convertAlias(state, state.names.get(node.source), node.source, spanOf(state, node));
  }
  if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined) {
    state.names.set(node.anchor, node);
  }
  if (isScalar(node)) {
    return leaf(convertScalar(state, node));
  }
  if (!isMap(node) && !isSeq(node)) {
    return leaf(nullScalar(fallback));
  }
  state.open.add(node);
  const converted = isMap(node) ? convertMapping(state, node) : convertSequence(state, node);
  state.open.delete(node);
  state.anchored.set(node, converted);
  return converted;
}

function convertAlias(
  state: Conversion,
  target: LibraryNode | undefined,
  name: string,
  span: Span,
): Converted {
  if (target === undefined) {
    state.diagnostics.push(
      diagnostic("yaml-alias", span, `there is no anchor \`&${shortText(name)}\` before this`, {
        help: "define it before with `&name`, or quote the text if `*` is meant",
      }),
    );
    return leaf({ ...nullScalar(span), substituted: true });
  }
  if (state.open.has(target)) {
    state.diagnostics.push(
      diagnostic("yaml-alias", span, `the alias \`*${shortText(name)}\` is inside the value that it names`, {
        help: "write the value out",
      }),
    );
    return leaf({ ...nullScalar(span), substituted: true });
  }
  return state.anchored.get(target) ?? convert(state, target, span);
}

function convertSequence(state: Conversion, sequence: YAMLSeq): Converted {
  const span = spanOf(state, sequence);
  const items = sequence.items.map((item) => convert(state, item, span));
  return branch({ kind: "sequence", items: items.map(({ node }) => node), span }, items);
}

function convertMapping(state: Conversion, mapping: YAMLMap): Converted {
  const span = spanOf(state, mapping);
  const entries = new Map<string, YamlEntry>();
  const merged: YamlEntry[] = [];
  const children: Converted[] = [];
  for (const pair of mapping.items) {
    const key = convertKey(state, pair.key, span);
    if (key === undefined) {
      continue;
    }
    const value = convert(state, pair.value, createSpan(state.source, key.span.end, key.span.end));
    children.push(value);
    if (key.text === "<<" && !key.quoted) {
      merged.push(...mergedEntries(state, value.node));
      continue;
    }
    const first = entries.get(key.text);
    if (first === undefined) {
      entries.set(key.text, { key, value: value.node });
    } else {
      state.diagnostics.push(duplicateKey(key, first));
    }
  }
  for (const entry of merged) {
    if (!entries.has(entry.key.text)) {
      entries.set(entry.key.text, entry);
    }
  }
  return branch({ kind: "mapping", entries: [...entries.values()], span }, children);
}

function leaf(node: YamlScalar): Converted {
  return { node, size: 1, depth: 1 };
}

function branch(node: YamlNode, children: readonly Converted[]): Converted {
  let size = 1;
  let depth = 0;
  for (const child of children) {
    size += child.size;
    depth = Math.max(depth, child.depth);
  }
  return { node, size, depth: depth + 1 };
}

function convertKey(state: Conversion, node: unknown, parent: Span): YamlScalar | undefined {
  const { node: key } = convert(state, node, createSpan(parent.source, parent.start, parent.start));
  if (key.kind === "scalar") {
    return key;
  }
  state.diagnostics.push(
    diagnostic("yaml-key", key.span, "a key must be a plain word, not a list or a mapping"),
  );
  return undefined;
}

function duplicateKey(key: YamlScalar, first: YamlEntry): Diagnostic {
  return diagnostic("yaml-duplicate-key", key.span, `the key \`${shortText(key.text)}\` is here twice`, {
    help: "remove one of the two, or join their values",
    related: [{ message: "first here", span: first.key.span }],
  });
}

/** What `<<: *defaults` or `<<: [*a, *b]` adds; earlier mappings win. */
function mergedEntries(state: Conversion, value: YamlNode): readonly YamlEntry[] {
  const mappings: readonly YamlNode[] = value.kind === "sequence" ? value.items : [value];
  return mappings.flatMap((mapping) => {
    if (mapping.kind === "mapping") {
      return entriesOf(mapping);
    }
    state.diagnostics.push(
      diagnostic("yaml-key", mapping.span, "`<<` takes a mapping or a list of mappings", {
        help: "merge an anchored mapping: `<<: *name`",
      }),
    );
    return [];
  });
}

function entriesOf(mapping: YamlMapping): readonly YamlEntry[] {
  return mapping.entries;
}

function convertScalar(state: Conversion, scalar: Scalar): YamlScalar {
  const span = spanOf(state, scalar);
  const quoted = scalar.type !== undefined && scalar.type !== "PLAIN";
  const written = typeof scalar.value === "string" ? scalar.value : (scalar.source ?? "");
  state.diagnostics.push(...checkInvisibleCharacters(span));
  const filled = fillParameters(written, span, state.parameters);
  state.diagnostics.push(...filled.diagnostics);
  const value = filled.substituted && !quoted ? resolvePlain(filled.text) : plainScalarValue(scalar.value);
  return {
    kind: "scalar",
    value: filled.substituted && quoted ? filled.text : value,
    text: filled.text,
    substituted: filled.substituted,
    quoted,
    span,
  };
}

function plainScalarValue(value: unknown): YamlScalar["value"] {
  if (typeof value === "bigint") {
    return Number(value);
  }
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}

function nullScalar(span: Span): YamlScalar {
  return { kind: "scalar", value: null, text: "", substituted: false, quoted: false, span };
}

/** A node's place without the blank space that the library counts to a block's end. */
function spanOf(state: Conversion, node: LibraryNode): Span {
  const [start, end] = node.range ?? [0, 0];
  let trimmed = end;
  while (trimmed > start && /\s/.test(state.source.text.charAt(trimmed - 1))) {
    trimmed -= 1;
  }
  return createSpan(state.source, start, trimmed);
}
