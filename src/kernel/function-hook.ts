/** Hook facts for kernel functions that the hook table does not know, from what policies declare. */
import { fromParameters, int32, securityPoints, trampoline } from "./attach-points.ts";
import type { ArgumentFact, ArgumentType, HookFact } from "./hook.ts";

/**
 * A hook on any kernel function. Its arguments are the declared ones; those before them that nobody
 * declares are opaque. Without the function's prototype the place of the return value is not known, so
 * only `security_*` functions (which all return int) have a result.
 */
export function functionHook(name: string, declared: ReadonlyMap<number, ArgumentType>): HookFact {
  const count = Math.max(-1, ...declared.keys()) + 1;
  const facts: readonly ArgumentFact[] = Array.from({ length: count }, (_, index) => ({
    name: `arg${index}`,
    type: declared.get(index) ?? { kind: "opaque", cType: "void *" },
  }));
  const shape = {
    parameters: facts.map((fact) => ({ name: fact.name, cType: cTypeOf(fact.type) })),
    argumentMappings: fromParameters(...facts.keys()),
  };
  const isSecurity = name.startsWith("security_");
  return {
    id: name,
    section: "kprobe",
    arguments: facts,
    result: isSecurity ? int32 : undefined,
    attachPoints: isSecurity ? securityPoints(name, shape, undefined) : [trampoline("fentry", name, shape)],
    alsoServedBy: [],
    guards: [],
  };
}

function cTypeOf(type: ArgumentType): string {
  switch (type.kind) {
    case "integer":
      return `__${type.signed ? "s" : "u"}${type.bits}`;
    case "file":
      return "struct file *";
    case "path":
      return "const struct path *";
    case "sock":
      return "struct sock *";
    case "opaque":
      return type.cType;
  }
}
