/**
 * The tables that a hook's fields are looked up in: for each field one for texts from their start, one for
 * texts from their end, one for networks. A value that is found has a class, and each class has a vector.
 */
import type { MapKind } from "../../kernel/features.ts";
import { limits } from "../../kernel/limits.ts";
import type { Span } from "../../source/source.ts";
import type { Atom, IrHook, Network, Test } from "../ir.ts";
import { atomsOfField } from "./values.ts";

export interface FieldTable {
  readonly field: number;
  readonly kind: MapKind;
  /** As the object calls it, without the hook: `front0`. */
  readonly suffix: string;
  readonly entries: number;
  /** Bytes of the longest key, the prefix length not counted. */
  readonly keyBytes: number;
  /** Sets of atoms that hold together: each has a vector in the program's constants. */
  readonly classes: number;
}

/** A value as bits: the first `bits` of `text`, one character for each `unit` bits. */
interface Key {
  readonly text: string;
  readonly span: Span;
}

type Side = "front" | "back" | "networks";

/** The tables of a hook, in the order of its fields. */
export function tablesOf(hook: IrHook): readonly FieldTable[] {
  return hook.fields.flatMap((_, field) => {
    const atoms = atomsOfField(hook, field);
    return (["front", "back", "networks"] as const).flatMap((side) => {
      const table = tableOf(atoms, side);
      return table === undefined
        ? []
        : [{ field, kind: "lpm_trie" as const, suffix: `${side}${field}`, ...table }];
    });
  });
}

/** The table that a test's values are in; tests of integers need none. */
export function sideOf(test: Test): Side | undefined {
  switch (test.kind) {
    case "text":
      return test.match === "suffix" ? "back" : "front";
    case "networks":
      return "networks";
    case "ranges":
    case "bits":
    case "glob":
      return undefined;
  }
}

function tableOf(
  atoms: readonly Atom[],
  side: Side,
): Pick<FieldTable, "entries" | "keyBytes" | "classes"> | undefined {
  const mine = atoms.filter(({ test }) => sideOf(test) === side);
  if (mine.length === 0) {
    return undefined;
  }
  const owners = new Map<string, Set<number>>();
  mine.forEach((atom, owner) => {
    for (const { text } of keysOf(atom)) {
      // What is longer is refused, or belongs to another matcher.
      if (side === "networks" || text.length <= limits.trieKeyBytes) {
        owners.set(text, (owners.get(text) ?? new Set()).add(owner));
      }
    }
  });
  const longest = [...owners.keys()].reduce((most, text) => Math.max(most, text.length), 1);
  return {
    entries: owners.size,
    keyBytes: side === "networks" ? 16 : (longest + 7) & ~7,
    classes: countClasses(owners),
  };
}

/** For each key the atoms that hold for it and for every key that begins it; how many such sets there are. */
function countClasses(owners: ReadonlyMap<string, ReadonlySet<number>>): number {
  const lengths = [...new Set([...owners.keys()].map((text) => text.length))].sort((a, b) => a - b);
  const classes = new Set([""]);
  for (const text of owners.keys()) {
    const holding = new Set<number>();
    for (const length of lengths) {
      if (length > text.length) {
        break;
      }
      owners.get(text.slice(0, length))?.forEach((owner) => holding.add(owner));
    }
    classes.add([...holding].sort((a, b) => a - b).join());
  }
  return classes.size;
}

/** The keys of an atom: Latin-1 texts of the bytes of a text, or of the bits of a network as `0` and `1`. */
export function keysOf({ test, span }: Atom): readonly Key[] {
  switch (test.kind) {
    case "text":
      return test.values.map((value) => {
        // An exact text ends with a NUL, which nothing longer has there.
        const bytes = Buffer.from(test.match === "exact" ? `${value.text}\0` : value.text, "utf8");
        const ordered = test.match === "suffix" ? bytes.reverse() : bytes;
        return { text: ordered.toString("latin1"), span: value.span };
      });
    case "networks":
      return test.networks.map((network) => ({ text: bitsOf(network), span }));
    case "ranges":
    case "bits":
    case "glob":
      return [];
  }
}

function bitsOf({ address, prefixLength }: Network): string {
  return [...address]
    .map((byte) => byte.toString(2).padStart(8, "0"))
    .join("")
    .slice(0, prefixLength);
}
