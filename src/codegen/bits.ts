/**
 * Bit numbering of a hook: one bit for each rule, in order of precedence, then one for each literal that a
 * residue asks for. A rule's guard is the conjunction of its top-level literals; what is left is its
 * residue, evaluated only when the guard held.
 */
import type { Atom, Bool, IrHook, IrRule } from "../ir/ir.ts";
import { conjuncts } from "../ir/matching.ts";

/** An atom of a guard, or its negation. */
export interface Literal {
  readonly atom: Atom;
  readonly negated: boolean;
}

export interface RuleBits {
  readonly rule: IrRule;
  /** Index of the block in the hook; rules of one block are neighbours. */
  readonly block: number;
  readonly policy: number;
  readonly guard: readonly Literal[];
  /** Undefined: the guard is the whole condition. */
  readonly residue: Residue | undefined;
}

/**
 * A condition with all negation moved into its literals. What a literal on an unresolved value is worth can
 * then be chosen by the rule, and the whole is worth what three-valued logic says.
 */
export type Residue =
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "and"; readonly operands: readonly Residue[] }
  | { readonly kind: "or"; readonly operands: readonly Residue[] }
  | LiteralBit;

/** A literal of a residue and the bit that tells whether it holds. */
export interface LiteralBit extends Literal {
  readonly kind: "literal";
  readonly bit: number;
  /** The bit of the rule that it belongs to. */
  readonly rule: number;
  readonly onUnresolved: IrRule["onUnresolved"];
}

export interface HookBits {
  readonly rules: readonly RuleBits[];
  readonly literals: readonly LiteralBit[];
  /** 64-bit words that a vector takes. */
  readonly words: number;
}

/** Numbers the rules and residue literals of a hook. */
export function numberBits(hook: IrHook): HookBits {
  const entries = hook.blocks.flatMap((block, index) =>
    block.rules.map((rule) => ({ rule, block: index, policy: rule.origin.policy, ...split(rule.condition) })),
  );
  const literals: LiteralBit[] = [];
  const rules = entries.map((entry, rule): RuleBits => {
    const newBit = (literal: Literal): LiteralBit => {
      const { onUnresolved } = entry.rule;
      const bit = {
        kind: "literal" as const,
        ...literal,
        bit: entries.length + literals.length,
        rule,
        onUnresolved,
      };
      literals.push(bit);
      return bit;
    };
    const residue = entry.rest.length === 0 ? undefined : toResidue(entry.rest, newBit);
    return { rule: entry.rule, block: entry.block, policy: entry.policy, guard: entry.guard, residue };
  });
  return { rules, literals, words: Math.max(1, Math.ceil((rules.length + literals.length) / 64)) };
}

function split(condition: Bool): { readonly guard: readonly Literal[]; readonly rest: readonly Bool[] } {
  const guard: Literal[] = [];
  const rest: Bool[] = [];
  for (const part of conjuncts(condition)) {
    if (part.kind === "atom") {
      guard.push({ atom: part, negated: false });
    } else if (part.kind === "not" && part.operand.kind === "atom") {
      guard.push({ atom: part.operand, negated: true });
    } else if (!(part.kind === "constant" && part.value)) {
      rest.push(part);
    }
  }
  return { guard, rest };
}

function toResidue(parts: readonly Bool[], newBit: (literal: Literal) => LiteralBit): Residue {
  const [only] = parts;
  return parts.length === 1 && only !== undefined
    ? pushNegation(only, false, newBit)
    : { kind: "and", operands: parts.map((part) => pushNegation(part, false, newBit)) };
}

/** The condition, or its negation, by De Morgan's laws. */
function pushNegation(condition: Bool, negated: boolean, newBit: (literal: Literal) => LiteralBit): Residue {
  switch (condition.kind) {
    case "constant":
      return { kind: "constant", value: condition.value !== negated };
    case "and":
    case "or":
      return {
        kind: (condition.kind === "and") === negated ? "or" : "and",
        operands: condition.operands.map((operand) => pushNegation(operand, negated, newBit)),
      };
    case "not":
      return pushNegation(condition.operand, !negated, newBit);
    case "atom":
      return newBit({ atom: condition, negated });
  }
}

/** The literals on one field: in guards, and as bits of their own. */
export interface FieldUse {
  readonly guards: readonly { readonly bit: number; readonly literal: Literal }[];
  readonly literals: readonly LiteralBit[];
}

/** Who asks for a field. */
export function useOfField(bits: HookBits, field: number): FieldUse {
  const guards = bits.rules.flatMap((entry, bit) =>
    entry.guard.filter((literal) => literal.atom.field === field).map((literal) => ({ bit, literal })),
  );
  return { guards, literals: bits.literals.filter(({ atom }) => atom.field === field) };
}

/** All bits of a hook set. */
export function allBits(bits: HookBits): bigint {
  return (1n << BigInt(bits.rules.length + bits.literals.length)) - 1n;
}

/** The atoms of a use, each once. */
export function atomsOfUse(use: FieldUse): readonly Atom[] {
  return [
    ...new Set([...use.guards.map(({ literal }) => literal.atom), ...use.literals.map(({ atom }) => atom)]),
  ];
}

/** The part of a field's use that some of its atoms make. */
export function onlyAtoms(use: FieldUse, wanted: (atom: Atom) => boolean): FieldUse {
  return {
    guards: use.guards.filter(({ literal }) => wanted(literal.atom)),
    literals: use.literals.filter(({ atom }) => wanted(atom)),
  };
}

/** The bits that ask for a use. */
export function bitsOfUse(use: FieldUse): bigint {
  return [...use.guards, ...use.literals].reduce((mask, { bit }) => mask | (1n << BigInt(bit)), 0n);
}

/** The rules whose outcome depends on a use. */
export function rulesOfUse(use: FieldUse): bigint {
  const rules = [...use.guards.map(({ bit }) => bit), ...use.literals.map(({ rule }) => rule)];
  return rules.reduce((mask, bit) => mask | (1n << BigInt(bit)), 0n);
}

/** Gives the vector of a value for the atoms that hold for it. */
export type VectorOf = (holding: ReadonlySet<Atom>) => bigint;

/**
 * The vectors of a field: for each bit, whether everything that it asks of the field holds; bits that don't
 * ask for the field are set. Few atoms hold for any one value, so each vector is made from that of none.
 */
export function vectorsOf(bits: HookBits, use: FieldUse): VectorOf {
  const literals = new Map<number, Literal[]>();
  const add = (bit: number, literal: Literal): void => {
    literals.set(bit, [...(literals.get(bit) ?? []), literal]);
  };
  use.guards.forEach(({ bit, literal }) => {
    add(bit, literal);
  });
  use.literals.forEach((literal) => {
    add(literal.bit, literal);
  });
  const bitsOf = new Map<Atom, number[]>();
  for (const [bit, asked] of literals) {
    for (const { atom } of asked) {
      bitsOf.set(atom, [...(bitsOf.get(atom) ?? []), bit]);
    }
  }
  const isSet = (bit: number, holding: ReadonlySet<Atom>): boolean =>
    (literals.get(bit) ?? []).every(({ atom, negated }) => holding.has(atom) !== negated);
  const none = new Set<Atom>();
  let base = allBits(bits);
  for (const bit of literals.keys()) {
    if (!isSet(bit, none)) {
      base &= ~(1n << BigInt(bit));
    }
  }
  return (holding) => {
    let vector = base;
    for (const bit of new Set([...holding].flatMap((atom) => bitsOf.get(atom) ?? []))) {
      const mask = 1n << BigInt(bit);
      vector = isSet(bit, holding) ? vector | mask : vector & ~mask;
    }
    return vector;
  };
}

/** The vector of a value that could not be read: for each bit, the outcome that its rule states. */
export function unresolvedVector(bits: HookBits, use: FieldUse): bigint {
  const dropped = [
    ...use.guards.filter(({ bit }) => bits.rules[bit]?.rule.onUnresolved === "no-match"),
    ...use.literals.filter(({ onUnresolved }) => onUnresolved === "no-match"),
  ];
  return dropped.reduce((vector, { bit }) => vector & ~(1n << BigInt(bit)), allBits(bits));
}

/** The 64-bit words of a vector, lowest first. */
export function wordsOf(vector: bigint, words: number): readonly bigint[] {
  return Array.from({ length: words }, (_, word) => (vector >> BigInt(64 * word)) & 0xffff_ffff_ffff_ffffn);
}
