/**
 * Longest-prefix matchers. A trie maps the longest of its texts that begins a value to a class. Shorter texts
 * that begin a longer one are folded into its class here, so that one lookup answers for all of them.
 */
import type { Atom, Network } from "../ir/ir.ts";
import { elementAt } from "../source/invariant.ts";
import { atomsOfUse, type FieldUse, type HookBits } from "./bits.ts";
import { createClasses } from "./classes.ts";

/** Texts with their classes; class 0 is for values that no text begins. */
export interface Trie {
  readonly nodes: readonly TrieNode[];
  /** The vector of each class. */
  readonly vectors: readonly bigint[];
  /** Bytes of the longest text. */
  readonly bytes: number;
}

export interface TrieNode {
  readonly bytes: Uint8Array;
  /** How many of the bits of `bytes` count; the others are 0. */
  readonly bits: number;
  readonly class: number;
}

interface Key {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

/** Which end of a text a trie begins at: prefixes and exact values, or suffixes. */
export type TextEnd = "front" | "back";

const encoder = new TextEncoder();

/** The trie over the texts that atoms name, from one end. */
export function textTrie(bits: HookBits, use: FieldUse): Trie {
  return buildTrie(bits, use, textKeys);
}

/** The trie over IPv6 (and mapped IPv4) networks. */
export function networkTrie(bits: HookBits, use: FieldUse): Trie {
  return buildTrie(bits, use, (atom) =>
    atom.test.kind === "networks" ? atom.test.networks.map(networkKey) : [],
  );
}

function textKeys(atom: Atom): readonly Key[] {
  if (atom.test.kind !== "text") {
    return [];
  }
  const { match, values } = atom.test;
  return values.map(({ text }) => {
    const bytes = encoder.encode(match === "exact" ? `${text}\0` : text);
    return { bytes: match === "suffix" ? bytes.slice().reverse() : bytes, bits: bytes.length * 8 };
  });
}

/** Host bits do not matter. */
function networkKey({ address, prefixLength }: Network): Key {
  const bytes = address.map(
    (byte, index) => byte & (0xff << Math.min(8, Math.max(0, 8 * (index + 1) - prefixLength))),
  );
  return { bytes, bits: prefixLength };
}

interface Node {
  readonly key: Key;
  readonly atoms: Set<Atom>;
}

function buildTrie(bits: HookBits, use: FieldUse, keysOf: (atom: Atom) => readonly Key[]): Trie {
  const nodes = new Map<string, Node>();
  for (const atom of atomsOfUse(use)) {
    for (const key of keysOf(atom)) {
      const name = `${Buffer.from(key.bytes).toString("hex")}/${key.bits}`;
      const node = nodes.get(name) ?? { key, atoms: new Set() };
      node.atoms.add(atom);
      nodes.set(name, node);
    }
  }
  const { classOf, vectors } = createClasses(bits, use);
  // A prefix sorts right before everything that it begins: the open ones are a stack.
  const open: { readonly key: Key; readonly holding: ReadonlySet<Atom> }[] = [];
  const classified = [...nodes.values()]
    .sort((a, b) => Buffer.compare(a.key.bytes, b.key.bytes) || a.key.bits - b.key.bits)
    .map(({ key, atoms }): TrieNode => {
      while (open.length > 0 && !begins(elementAt(open, open.length - 1).key, key)) {
        open.pop();
      }
      const holding = new Set([...(open.at(-1)?.holding ?? []), ...atoms]);
      open.push({ key, holding });
      return { ...key, class: classOf(holding) };
    });
  return { nodes: classified, vectors, bytes: Math.max(1, ...classified.map((node) => node.bytes.length)) };
}

/** Whether the first `prefix.bits` bits of both are the same. */
function begins(prefix: Key, text: Key): boolean {
  if (prefix.bits > text.bits) {
    return false;
  }
  const whole = prefix.bits >> 3;
  for (let index = 0; index < whole; index++) {
    if (prefix.bytes[index] !== text.bytes[index]) {
      return false;
    }
  }
  const rest = prefix.bits & 7;
  const mask = 0xff00 >> rest;
  return rest === 0 || (((prefix.bytes[whole] ?? 0) ^ (text.bytes[whole] ?? 0)) & mask & 0xff) === 0;
}
