/**
 * A YAML document as a located tree: what a front end needs and no more. Aliases and merge keys are
 * resolved, parameters filled in. Nothing here comes from the YAML library.
 */
import type { Span } from "../../source/source.ts";

export type YamlNode = YamlMapping | YamlSequence | YamlScalar;

export interface YamlMapping {
  readonly kind: "mapping";
  readonly entries: readonly YamlEntry[];
  readonly span: Span;
}

export interface YamlEntry {
  readonly key: YamlScalar;
  readonly value: YamlNode;
}

export interface YamlSequence {
  readonly kind: "sequence";
  readonly items: readonly YamlNode[];
  readonly span: Span;
}

export interface YamlScalar {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** The text that was written, without quotes and with parameters filled in. */
  readonly text: string;
  /** Whether a parameter was filled in: then the author could not choose between quotes and none. */
  readonly substituted: boolean;
  readonly quoted: boolean;
  readonly span: Span;
}

/** One document of a YAML stream. */
export interface YamlDocument {
  /** Absent when the document is empty or too broken to read. */
  readonly root: YamlNode | undefined;
  /** Whether errors were found in it: what it says is then not to be relied on. */
  readonly hasErrors: boolean;
  readonly span: Span;
}

/** The entry of a mapping under a key; absent also when the node is no mapping. */
export function entryOf(node: YamlNode | undefined, key: string): YamlEntry | undefined {
  return node?.kind === "mapping" ? node.entries.find((entry) => entry.key.text === key) : undefined;
}

/** The value under a key, absent when there is none or it is null: dialects treat both alike. */
export function valueOf(node: YamlNode | undefined, key: string): YamlNode | undefined {
  const value = entryOf(node, key)?.value;
  return value === undefined || isNull(value) ? undefined : value;
}

/** The items of a sequence under a key; none when it is absent or of another shape. */
export function itemsOf(node: YamlNode | undefined, key: string): readonly YamlNode[] {
  const value = valueOf(node, key);
  return value?.kind === "sequence" ? value.items : [];
}

/** The scalar under a key, absent when it is of another shape. */
export function scalarOf(node: YamlNode | undefined, key: string): YamlScalar | undefined {
  const value = valueOf(node, key);
  return value?.kind === "scalar" ? value : undefined;
}

/** Whether the node is a null scalar. */
export function isNull(node: YamlNode): boolean {
  return node.kind === "scalar" && node.value === null;
}

/** The plain value of a tree, for a schema validator. */
export function plainValue(node: YamlNode): unknown {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "sequence":
      return node.items.map(plainValue);
    case "mapping":
      return Object.fromEntries(node.entries.map(({ key, value }) => [key.text, plainValue(value)]));
  }
}
