/** What the first and the last component of a path are compared with before the whole path is resolved. */
import type { Atom, Bool, IrHook } from "../ir.ts";

/** Bytes of a component's end that are compared. */
const END_BYTES = 8;

/** Distinct ends of one field of a hook, of first and of last components. Only what must hold for a rule can rule it out: its guard. */
export function endsOf(hook: IrHook, field: number): readonly number[] {
  const guards = hook.blocks
    .flatMap((block) => block.rules)
    .flatMap(({ condition }) => guardAtoms(condition))
    .filter((atom) => atom.field === field);
  return (["front", "back"] as const).map((side) => countEnds(guards, side)).filter((count) => count > 0);
}

function countEnds(atoms: readonly Atom[], side: "front" | "back"): number {
  const parts = atoms.flatMap(({ test }) =>
    test.kind === "text" && (test.match === "suffix") === (side === "back")
      ? test.values.map(({ text }) => endPart(text, side))
      : [],
  );
  return parts.some((part) => part === "")
    ? 0
    : new Set(parts.map((part) => (side === "front" ? part.slice(0, END_BYTES) : part.slice(-END_BYTES))))
        .size;
}

function endPart(text: string, side: "front" | "back"): string {
  return side === "front" ? (text.split("/")[1] ?? "") : text.slice(text.lastIndexOf("/") + 1);
}

function guardAtoms(condition: Bool): readonly Atom[] {
  switch (condition.kind) {
    case "atom":
      return [condition];
    case "and":
      return condition.operands.flatMap(guardAtoms);
    case "or":
    case "not":
    case "constant":
      return [];
  }
}
