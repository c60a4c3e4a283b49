/**
 * The cheap test of a path: its first and last component rule out most rules before the path is
 * built. Only a few bytes are compared, so the vectors here may let a rule live that the whole path
 * will refuse, never the other way round.
 */
import type { Atom } from "../ir/ir.ts";
import { type FieldUse, type HookBits, allBits } from "./bits.ts";
import { atomEnd, type TextEnd } from "./trie.ts";

/** Words of `bytes` bytes (little-endian) of a component's end, each with the bits that it lets live. */
export interface EndFilter {
  readonly bytes: number;
  readonly entries: readonly { readonly word: bigint; readonly vector: bigint }[];
  /** What lives when no word matches. */
  readonly otherwise: bigint;
}

const encoder = new TextEncoder();

/** The filter on one end, or undefined when it could rule nothing out. */
export function endFilter(bits: HookBits, use: FieldUse, end: TextEnd): EndFilter | undefined {
  const guards = use.guards.filter(({ literal }) => !literal.negated && atomEnd(literal.atom) === end);
  const parts = guards.map(({ bit, literal }) => ({ bit, parts: endParts(literal.atom, end) }));
  const lengths = parts.flatMap((guard) => guard.parts.map((part) => part.length));
  const bytes = Math.min(8, ...lengths);
  if (lengths.length === 0 || bytes === 0) {
    return undefined;
  }
  const words = [...new Set(parts.flatMap((guard) => guard.parts.map((part) => endWord(part, bytes, end))))];
  const vectorFor = (word: bigint | undefined): bigint =>
    parts.reduce((vector, guard) => {
      const possible = word !== undefined && guard.parts.some((part) => endWord(part, bytes, end) === word);
      return possible ? vector : vector & ~(1n << BigInt(guard.bit));
    }, allBits(bits));
  return {
    bytes,
    entries: words.sort((a, b) => (a < b ? -1 : 1)).map((word) => ({ word, vector: vectorFor(word) })),
    otherwise: vectorFor(undefined),
  };
}

/** The bytes that an atom's values demand of the first or last component. */
function endParts(atom: Atom, end: TextEnd): readonly Uint8Array[] {
  if (atom.test.kind !== "text") {
    return [];
  }
  const { values } = atom.test;
  return end === "front"
    ? values
        // A path begins with a slash; a value that does not can never match and demands nothing.
        .filter(({ text }) => text === "" || text.startsWith("/"))
        .map(({ text }) => encoder.encode(text.split("/")[1] ?? ""))
    : values.map(({ text }) => encoder.encode(text.slice(text.lastIndexOf("/") + 1)));
}

function endWord(part: Uint8Array, bytes: number, end: TextEnd): bigint {
  const piece = end === "front" ? part.subarray(0, bytes) : part.subarray(part.length - bytes);
  return piece.reduceRight((word, byte) => (word << 8n) | BigInt(byte), 0n);
}
