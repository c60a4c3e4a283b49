/** Arguments that have a number and a place, and no type that anything but policies tells. */
import { uint64 } from "./attach-points.ts";
import type { ArgumentFact, ArgumentType } from "./hook.ts";

/** So many arguments: numbers by their declaration; the rest has no meaning to the kernel. */
export function numberedArguments(
  count: number,
  declared: ReadonlyMap<number, ArgumentType>,
): readonly ArgumentFact[] {
  return Array.from({ length: count }, (_, index) => {
    const type = declared.get(index);
    return { name: `arg${index}`, type: type?.kind === "integer" ? type : uint64 };
  });
}
