/** Classes of values: values for which the same atoms hold share a class, and a class has one vector. */
import type { Atom } from "../ir/ir.ts";
import { type FieldUse, type HookBits, vectorsOf } from "./bits.ts";

/** Numbers classes as they come up; class 0 is that of values for which no atom holds. */
export interface Classes {
  /** The class of values for which these atoms hold. */
  readonly classOf: (holding: ReadonlySet<Atom>) => number;
  /** The vector of each class so far. */
  readonly vectors: readonly bigint[];
}

/** The classes of a use of a field. */
export function createClasses(bits: HookBits, use: FieldUse): Classes {
  const vectorOf = vectorsOf(bits, use);
  const vectors = [vectorOf(new Set())];
  const numbers = new Map(vectors.map((vector, index) => [vector, index]));
  const classOf = (holding: ReadonlySet<Atom>): number => {
    const vector = vectorOf(holding);
    const number = numbers.get(vector) ?? vectors.push(vector) - 1;
    numbers.set(vector, number);
    return number;
  };
  return { classOf, vectors };
}
