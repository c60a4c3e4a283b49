/** Arguments that only the registers of a processor tell. */
import { uint64 } from "./attach-points.ts";
import type { ArgumentFact, ArgumentType, Register } from "./hook.ts";

/** An argument for each register: numbers by their declaration; the rest has no meaning to the kernel. */
export function registerArguments(
  registers: readonly Register[],
  declared: ReadonlyMap<number, ArgumentType>,
): readonly ArgumentFact[] {
  return registers.map((_, index) => {
    const type = declared.get(index);
    return { name: `arg${index}`, type: type?.kind === "integer" ? type : uint64 };
  });
}
