/** What the first and the last component of a path are compared with before the whole path is resolved. */
import type { Atom, Bool, IrHook } from "../ir.ts";

/** Bytes of a component's end that are compared. */
const END_BYTES = 8;

/** Distinct ends of one field of a hook, of first and of last components. Only what must hold for a rule can rule it out: its guard. */
export function endsOf(hook: IrHook, field: number): readonly number[] {
  const rules = hook.blocks
    .flatMap((block) => block.rules)
    .map(({ condition }) => guardAtoms(condition).filter((atom) => atom.field === field));
  const [front, back] = (["front", "back"] as const).map((side) => {
    const asking = rules.map((atoms) => atoms.filter((atom) => asksFor(atom, side)));
    return {
      rules: new Set(asking.flatMap((atoms, rule) => (atoms.length > 0 ? [rule] : []))),
      atoms: asking.flat(),
    };
  });
  if (front === undefined || back === undefined) {
    return [];
  }
  // The last component is read where it rules out more than the first, or can spare it.
  const isBackRead =
    [...back.rules].some((rule) => !front.rules.has(rule)) ||
    [...front.rules].every((rule) => back.rules.has(rule));
  return [countEnds(front.atoms, "front"), isBackRead ? countEnds(back.atoms, "back") : 0].filter(
    (count) => count > 0,
  );
}

type Side = "front" | "back";

function asksFor({ test }: Atom, side: Side): boolean {
  return test.kind === "text" && test.match !== (side === "front" ? "suffix" : "prefix");
}

function countEnds(atoms: readonly Atom[], side: Side): number {
  const parts = atoms.flatMap(({ test }) =>
    test.kind === "text" ? test.values.map(({ text }) => endPart(text, side)) : [],
  );
  return parts.some((part) => part === "")
    ? 0
    : new Set(parts.map((part) => (side === "front" ? part.slice(0, END_BYTES) : part.slice(-END_BYTES))))
        .size;
}

function endPart(text: string, side: Side): string {
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
