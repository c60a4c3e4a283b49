/**
 * The tables that a hook's fields are looked up in. A value that is found has a class, and each class has a
 * vector. Which table serves which tests is said in ../matching.ts.
 */
import type { MapKind } from "../../kernel/features.ts";
import { elementAt } from "../../source/invariant.ts";
import type { Span } from "../../source/source.ts";
import { buildAutomaton } from "../automaton.ts";
import { type ExecStage, isKept } from "../exec-stage.ts";
import type { Atom, IrHook, Network, Test } from "../ir.ts";
import {
  COMPARED_IN_PLACE,
  globsOf,
  HASH_KEY_BYTES,
  HASHED_TEXTS,
  textPlace,
  valueCount,
} from "../matching.ts";
import { atomsOfField } from "./values.ts";

export interface FieldTable {
  readonly field: number;
  readonly side: Side;
  /** The type of its map; undefined: it lies in the program's constants. */
  readonly kind: MapKind | undefined;
  /** As the object calls it, without the hook: `front0`. */
  readonly suffix: string;
  readonly entries: number;
  /** Bytes of the longest key, the prefix length not counted. */
  readonly keyBytes: number;
  /** Bytes that it takes in the program's constants, without the vectors. */
  readonly constantBytes: number;
  /** Sets of atoms that hold together: each has a vector in the program's constants. */
  readonly classes: number;
}

/** A value as bits: the first `bits` of `text`, one character for each `unit` bits. */
interface Key {
  readonly text: string;
  readonly span: Span;
}

/** Which tests of a field a table is for. */
export type Side = "front" | "back" | "networks" | "globs" | "values";

const sides: readonly Side[] = ["front", "back", "globs", "networks", "values"];

const ADDRESS_BYTES = 16;
const INTEGER_BYTES = 8;

/** The tables of a hook, in the order of its fields; those of the exec stage are its own. */
export function tablesOf(hook: IrHook): readonly FieldTable[] {
  return hook.fields.flatMap((known, field) =>
    isKept(known) ? [] : tablesOfAtoms(atomsOfField(hook, field), field),
  );
}

/** The tables that the exec stage looks into. */
export function execTablesOf({ fields, tests }: ExecStage): readonly FieldTable[] {
  const atoms = [...tests.values()].map(({ atom }) => atom);
  return fields.flatMap((_, field) =>
    tablesOfAtoms(
      atoms.filter((atom) => atom.field === field),
      field,
    ),
  );
}

function tablesOfAtoms(atoms: readonly Atom[], field: number): readonly FieldTable[] {
  return sides.flatMap((side) => {
    const mine = atoms.filter(({ test }) => sideOf(test) === side);
    return mine.length === 0 ? [] : tableOf(mine, side, field);
  });
}

/** The table that a test's values are in; bit masks and mere presence need none. */
export function sideOf(test: Test): Side | undefined {
  switch (test.kind) {
    case "text":
    case "glob": {
      const place = textPlace(test);
      return place === "automaton" ? "globs" : place === "presence" ? undefined : place;
    }
    case "networks":
      return "networks";
    case "ranges":
      return "values";
    case "bits":
      return undefined;
  }
}

function tableOf(atoms: readonly Atom[], side: Side, field: number): readonly FieldTable[] {
  const base = { field, side, suffix: `${side}${field}`, constantBytes: 0 };
  switch (side) {
    case "values":
    case "networks": {
      const values = atoms.reduce((sum, { test }) => sum + valueCount(test), 0);
      if (values <= COMPARED_IN_PLACE) {
        return [];
      }
      if (side === "values") {
        // Sorted starts and ends of ranges with a class each; more classes than values and gaps there can't be.
        const constantBytes = 4 * values * (INTEGER_BYTES + 2);
        return [
          {
            ...base,
            kind: undefined,
            entries: values,
            keyBytes: INTEGER_BYTES,
            constantBytes,
            classes: values + 1,
          },
        ];
      }
      const owners = ownersOf(atoms);
      return [
        {
          ...base,
          kind: "lpm_trie",
          entries: owners.size,
          keyBytes: ADDRESS_BYTES,
          classes: countClasses(owners),
        },
      ];
    }
    case "front":
    case "back":
      return [{ ...base, ...textTable(atoms, side) }];
    case "globs":
      return [{ ...base, kind: undefined, entries: 0, keyBytes: 0, ...automatonOf(atoms) }];
  }
}

function textTable(
  atoms: readonly Atom[],
  side: "front" | "back",
): Pick<FieldTable, "kind" | "suffix" | "entries" | "keyBytes" | "classes"> {
  const owners = ownersOf(atoms);
  const longest = [...owners.keys()].reduce((most, text) => Math.max(most, text.length), 1);
  const isExact = atoms.every(({ test }) => test.kind === "text" && test.match === "exact");
  // The NUL of exact texts is no part of a hash's key.
  const isHash = isExact && owners.size >= HASHED_TEXTS && longest - 1 <= HASH_KEY_BYTES;
  const field = elementAt(atoms, 0).field;
  return {
    kind: isHash ? "hash" : "lpm_trie",
    suffix: isHash ? `texts${field}` : `${side}${field}`,
    entries: owners.size,
    keyBytes: (longest - (isHash ? 1 : 0) + 7) & ~7,
    classes: countClasses(owners),
  };
}

/** Who names each key. */
function ownersOf(atoms: readonly Atom[]): ReadonlyMap<string, ReadonlySet<number>> {
  const owners = new Map<string, Set<number>>();
  atoms.forEach((atom, owner) => {
    for (const { text } of keysOf(atom)) {
      const known = owners.get(text);
      if (known === undefined) {
        owners.set(text, new Set([owner]));
      } else {
        known.add(owner);
      }
    }
  });
  return owners;
}

/** One automaton for all atoms, or one for each half where it would be too large. */
function automatonOf(atoms: readonly Atom[]): Pick<FieldTable, "constantBytes" | "classes"> {
  const automaton = buildAutomaton(atoms.flatMap(globsOf));
  if (automaton === undefined) {
    const middle = atoms.length >> 1;
    // What is too large on its own is refused.
    const halves = atoms.length < 2 ? [] : [atoms.slice(0, middle), atoms.slice(middle)].map(automatonOf);
    return halves.reduce(
      (sum, half) => ({
        constantBytes: sum.constantBytes + half.constantBytes,
        classes: sum.classes + half.classes,
      }),
      { constantBytes: 0, classes: 0 },
    );
  }
  const sets = automaton.accepted.map((owners) =>
    [...owners]
      .map((owner) => atoms.indexOf(owner))
      .sort()
      .join(),
  );
  return {
    constantBytes: 256 + 2 * automaton.next.length + 2 * automaton.accepted.length,
    classes: new Set(sets).size,
  };
}

/** Whether an atom's texts or globs fit into an automaton. */
export function fitsAutomaton(atom: Atom): boolean {
  return buildAutomaton(globsOf(atom)) !== undefined;
}

/** For each key the atoms that hold for it and for every key that begins it; how many such sets there are. */
function countClasses(owners: ReadonlyMap<string, ReadonlySet<number>>): number {
  const lengths = [...new Set([...owners.keys()].map((text) => text.length))].sort((a, b) => a - b);
  const classes = new Set([""]);
  for (const text of owners.keys()) {
    let holding: ReadonlySet<number> | undefined;
    for (const length of lengths) {
      if (length > text.length) {
        break;
      }
      const found = owners.get(text.slice(0, length));
      // Most keys have one owner, and none begins another.
      holding =
        holding === undefined || found === undefined ? (found ?? holding) : new Set([...holding, ...found]);
    }
    classes.add([...(holding ?? [])].sort((a, b) => a - b).join());
  }
  return classes.size;
}

/** The keys of an atom: Latin-1 texts of the bytes of a text, or of the bits of a network as `0` and `1`. */
export function keysOf({ test, span }: Atom): readonly Key[] {
  switch (test.kind) {
    case "text":
      return test.values.map((value) => {
        // An exact text ends with a NUL, which nothing longer has there.
        const text = test.match === "exact" ? `${value.text}\0` : value.text;
        if (test.match !== "suffix" && isAscii(text)) {
          return { text, span: value.span };
        }
        const bytes = Buffer.from(text, "utf8");
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

/** Such a text is its own bytes. */
function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

function bitsOf({ address, prefixLength }: Network): string {
  return [...address]
    .map((byte) => byte.toString(2).padStart(8, "0"))
    .join("")
    .slice(0, prefixLength);
}
