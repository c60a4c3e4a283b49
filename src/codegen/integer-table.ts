/** Tables from integers to classes: an array where values are near each other, else a hash or sorted bounds. */
import type { Atom, Field, IntegerRange } from "../ir/ir.ts";
import type { Classes } from "./classes.ts";

type IntegerType = Extract<Field["type"], { kind: "integer" }>;

/**
 * A value's key is its 64 bits, for signed types with the sign bit turned over, so that keys are in the order
 * of values.
 */
export type IntegerTable = { readonly why: string } & (
  | {
      readonly kind: "array";
      /** Key of the first class; keys outside have class `outside`. */
      readonly first: bigint;
      readonly classes: readonly number[];
      readonly outside: number;
    }
  | {
      readonly kind: "hash";
      readonly entries: readonly { readonly key: bigint; readonly class: number }[];
    }
  | {
      readonly kind: "bounds";
      /** Ascending; the first is 0. A key has the class of the last start that is not above it. */
      readonly starts: readonly { readonly key: bigint; readonly class: number }[];
    }
);

const LAST_KEY = (1n << 64n) - 1n;
const SIGN = 1n << 63n;

/** The key of a value of a type. */
export function integerKey(value: bigint, type: Pick<IntegerType, "signed">): bigint {
  return type.signed ? BigInt.asUintN(64, value) ^ SIGN : value;
}

/** Entries of an array: a few kilobytes of read-only memory. */
const ARRAY_ENTRIES = 4096n;
/** A search through sorted bounds costs about 8 instructions a step, a hash lookup about 90. */
const HASHED_POINTS = 512;

/** The table for the range tests of some atoms. */
export function integerTable(atoms: readonly Atom[], type: IntegerType, classes: Classes): IntegerTable {
  const ranges = atoms.flatMap((atom) =>
    atom.test.kind === "ranges" ? atom.test.ranges.map((range) => ({ atom, ...keysOf(range, type) })) : [],
  );
  const starts = boundsOf(ranges, classes);
  const first = starts[1]?.key ?? 0n;
  const last = starts.at(-1)?.key ?? 0n;
  const same = starts[0]?.class === starts.at(-1)?.class;
  if (same && last - first <= ARRAY_ENTRIES) {
    return {
      kind: "array",
      first,
      classes: spread(starts, first, last),
      outside: starts[0]?.class ?? 0,
      why: "near each other: one array",
    };
  }
  if (ranges.length >= HASHED_POINTS && ranges.every(({ low, high }) => low === high)) {
    const holding = new Map<bigint, Set<Atom>>();
    for (const { low, atom } of ranges) {
      holding.set(low, (holding.get(low) ?? new Set()).add(atom));
    }
    return pointTable([...holding].map(([key, held]) => ({ key, class: classes.classOf(held) })));
  }
  return { kind: "bounds", starts, why: `a search through ${starts.length} bounds` };
}

/** The table of single keys; all others have class 0. */
export function pointTable(
  points: readonly { readonly key: bigint; readonly class: number }[],
): IntegerTable {
  const entries = [...points].sort((a, b) => (a.key < b.key ? -1 : 1));
  if (entries.length >= HASHED_POINTS) {
    return { kind: "hash", entries, why: "single values: one hash lookup" };
  }
  const starts = new Map([[0n, 0]]);
  for (const { key, class: found } of entries) {
    starts.set(key, found);
    if (key < LAST_KEY) {
      starts.set(key + 1n, 0);
    }
  }
  return {
    kind: "bounds",
    starts: [...starts].map(([key, found]) => ({ key, class: found })),
    why: `a search through ${starts.size} bounds`,
  };
}

function keysOf({ low, high }: IntegerRange, type: IntegerType): IntegerRange {
  return { low: integerKey(low, type), high: integerKey(high, type) };
}

/** The line of keys cut where the class changes. */
function boundsOf(
  ranges: readonly (IntegerRange & { readonly atom: Atom })[],
  { classOf }: Classes,
): readonly { readonly key: bigint; readonly class: number }[] {
  const changes = new Map<bigint, { readonly opened: Atom[]; readonly closed: Atom[] }>();
  const at = (key: bigint): { readonly opened: Atom[]; readonly closed: Atom[] } => {
    const change = changes.get(key) ?? { opened: [], closed: [] };
    changes.set(key, change);
    return change;
  };
  at(0n);
  for (const { low, high, atom } of ranges) {
    at(low).opened.push(atom);
    if (high < LAST_KEY) {
      at(high + 1n).closed.push(atom);
    }
  }
  // Ranges of one atom may overlap: it holds while any is open.
  const open = new Map<Atom, number>();
  const starts: { readonly key: bigint; readonly class: number }[] = [];
  for (const [key, { opened, closed }] of [...changes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const atom of opened) {
      open.set(atom, (open.get(atom) ?? 0) + 1);
    }
    for (const atom of closed) {
      const left = (open.get(atom) ?? 0) - 1;
      if (left === 0) {
        open.delete(atom);
      } else {
        open.set(atom, left);
      }
    }
    const found = classOf(new Set(open.keys()));
    if (starts.at(-1)?.class !== found) {
      starts.push({ key, class: found });
    }
  }
  return starts;
}

/** The class of each key from `first` up to, not including, `end`. */
function spread(
  starts: readonly { readonly key: bigint; readonly class: number }[],
  first: bigint,
  end: bigint,
): readonly number[] {
  const classes: number[] = [];
  let at = 0;
  for (let key = first; key < end; key++) {
    while ((starts[at + 1]?.key ?? LAST_KEY + 1n) <= key) {
      at++;
    }
    classes.push(starts[at]?.class ?? 0);
  }
  return classes;
}
