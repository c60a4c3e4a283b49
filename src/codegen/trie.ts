/**
 * Longest-prefix matchers. A trie maps the longest of its texts that begins a value to a class; the class
 * names the vector of everything that holds for such a value. Shorter texts that begin a longer one
 * are folded into its vector here, so that one lookup answers for all of them.
 */
import type { Atom, Network } from "../ir/ir.ts";
import { type FieldUse, type HookBits, vectorOf } from "./bits.ts";

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
  /** How many of the bits of `bytes` count. */
  readonly bits: number;
  readonly class: number;
}

interface Key {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

/** Which end of a path a trie begins at: prefixes and exact values, or suffixes. */
export type TextEnd = "front" | "back";

const encoder = new TextEncoder();

/** The trie over the paths that atoms name, or undefined when none names any from that end. */
export function textTrie(bits: HookBits, use: FieldUse, end: TextEnd): Trie | undefined {
  const mine = onlyAtoms(use, (atom) => atomEnd(atom) === end);
  return mine.guards.length + mine.literals.length === 0
    ? undefined
    : buildTrie(bits, mine, (atom) => textKeys(atom));
}

/** The trie over IPv6 (and mapped IPv4) networks. */
export function networkTrie(bits: HookBits, use: FieldUse): Trie {
  return buildTrie(bits, use, (atom) =>
    atom.test.kind === "networks" ? atom.test.networks.map(networkKey) : [],
  );
}

/** The part of a field's use that some of its atoms make. */
export function onlyAtoms(use: FieldUse, wanted: (atom: Atom) => boolean): FieldUse {
  return {
    guards: use.guards.filter(({ literal }) => wanted(literal.atom)),
    literals: use.literals.filter(({ atom }) => wanted(atom)),
  };
}

/** The end that an atom on a path compares. */
export function atomEnd(atom: Atom): TextEnd | undefined {
  return atom.test.kind === "text" ? (atom.test.match === "suffix" ? "back" : "front") : undefined;
}

function textKeys(atom: Atom): readonly Key[] {
  if (atom.test.kind !== "text") {
    return [];
  }
  const match = atom.test.match;
  return atom.test.values.map(({ text }) => {
    const bytes = encoder.encode(match === "exact" ? `${text}\0` : text);
    return { bytes: match === "suffix" ? bytes.slice().reverse() : bytes, bits: bytes.length * 8 };
  });
}

function networkKey(network: Network): Key {
  return { bytes: network.address, bits: network.prefixLength };
}

function buildTrie(bits: HookBits, use: FieldUse, keysOf: (atom: Atom) => readonly Key[]): Trie {
  const atoms = [
    ...new Set([...use.guards.map(({ literal }) => literal.atom), ...use.literals.map(({ atom }) => atom)]),
  ];
  const keys = new Map(atoms.map((atom) => [atom, keysOf(atom)]));
  const distinct = new Map([...keys.values()].flat().map((key) => [keyName(key), key]));
  const vectors = [vectorOf(bits, use, () => false)];
  const classes = new Map<bigint, number>([[vectors[0] ?? 0n, 0]]);
  const nodes = [...distinct.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, node]) => {
      const vector = vectorOf(bits, use, (atom) => (keys.get(atom) ?? []).some((key) => begins(key, node)));
      const known = classes.get(vector) ?? vectors.push(vector) - 1;
      classes.set(vector, known);
      return { bytes: node.bytes, bits: node.bits, class: known };
    });
  return { nodes, vectors, bytes: Math.max(1, ...nodes.map((node) => node.bytes.length)) };
}

function keyName(key: Key): string {
  return `${Buffer.from(key.bytes).toString("hex")}/${key.bits}`;
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
