/**
 * Bit numbering of a hook: one bit for each rule, in order of precedence, then one for each atom that a
 * residue asks for. A rule's guard is the conjunction of its top-level literals; what is left is its
 * residue, evaluated only when the guard held.
 */
import type { Atom, Bool, IrHook, IrRule } from "../ir/ir.ts";

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
  readonly residue: Bool | undefined;
}

/** A residue's atom and the bit that tells whether it holds. */
export interface AtomBit {
  readonly atom: Atom;
  readonly bit: number;
}

export interface HookBits {
  readonly rules: readonly RuleBits[];
  readonly atoms: readonly AtomBit[];
  /** 64-bit words that a vector takes. */
  readonly words: number;
}

/** Numbers the rules and residue atoms of a hook. */
export function numberBits(hook: IrHook): HookBits {
  const rules = hook.blocks.flatMap((block, index) =>
    block.rules.map((rule): RuleBits => ({
      rule,
      block: index,
      policy: block.policy,
      ...split(rule.condition),
    })),
  );
  const residueAtoms = rules.flatMap((entry) => (entry.residue === undefined ? [] : atomsOf(entry.residue)));
  const atoms = [...new Set(residueAtoms)].map((atom, index) => ({ atom, bit: rules.length + index }));
  return { rules, atoms, words: Math.max(1, Math.ceil((rules.length + atoms.length) / 64)) };
}

function split(condition: Bool): { guard: readonly Literal[]; residue: Bool | undefined } {
  const parts = conjuncts(condition);
  const guard: Literal[] = [];
  const rest: Bool[] = [];
  for (const part of parts) {
    if (part.kind === "atom") {
      guard.push({ atom: part, negated: false });
    } else if (part.kind === "not" && part.operand.kind === "atom") {
      guard.push({ atom: part.operand, negated: true });
    } else if (!(part.kind === "constant" && part.value)) {
      rest.push(part);
    }
  }
  const [only] = rest;
  const residue = rest.length <= 1 ? only : ({ kind: "and", operands: rest } as const);
  return { guard, residue };
}

function conjuncts(condition: Bool): readonly Bool[] {
  return condition.kind === "and" ? condition.operands.flatMap(conjuncts) : [condition];
}

function atomsOf(condition: Bool): readonly Atom[] {
  switch (condition.kind) {
    case "constant":
      return [];
    case "and":
    case "or":
      return condition.operands.flatMap(atomsOf);
    case "not":
      return atomsOf(condition.operand);
    case "atom":
      return [condition];
  }
}

/** The literals on one field: in guards, and as bits of their own. */
export interface FieldUse {
  readonly guards: readonly { readonly bit: number; readonly literal: Literal }[];
  readonly atoms: readonly AtomBit[];
  /** Bits of the rules that need the field, in guard or residue. */
  readonly needed: bigint;
}

/** Who asks for a field. */
export function useOfField(bits: HookBits, field: number): FieldUse {
  const guards = bits.rules.flatMap((entry, bit) =>
    entry.guard.filter((literal) => literal.atom.field === field).map((literal) => ({ bit, literal })),
  );
  const atoms = bits.atoms.filter(({ atom }) => atom.field === field);
  const needed = bits.rules.reduce((mask, entry, bit) => {
    const uses =
      entry.guard.some((literal) => literal.atom.field === field) ||
      (entry.residue !== undefined && atomsOf(entry.residue).some((atom) => atom.field === field));
    return uses ? mask | (1n << BigInt(bit)) : mask;
  }, 0n);
  return { guards, atoms, needed };
}

/** All bits of a hook set. */
export function allBits(bits: HookBits): bigint {
  return (1n << BigInt(bits.rules.length + bits.atoms.length)) - 1n;
}

/**
 * The vector of a field value: for each bit, whether everything that it asks of the field holds.
 * `holds` says whether an atom does; bits that don't ask for the field are set.
 */
export function vectorOf(bits: HookBits, use: FieldUse, holds: (atom: Atom) => boolean): bigint {
  let vector = allBits(bits);
  for (const { bit, literal } of use.guards) {
    if (holds(literal.atom) === literal.negated) {
      vector &= ~(1n << BigInt(bit));
    }
  }
  for (const { atom, bit } of use.atoms) {
    if (!holds(atom)) {
      vector &= ~(1n << BigInt(bit));
    }
  }
  return vector;
}

/** The 64-bit words of a vector, lowest first. */
export function wordsOf(vector: bigint, words: number): readonly bigint[] {
  return Array.from({ length: words }, (_, word) => (vector >> BigInt(64 * word)) & 0xffff_ffff_ffff_ffffn);
}
