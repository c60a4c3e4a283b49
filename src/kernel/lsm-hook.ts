/** Hook facts for hooks of the Linux security module interface, named without `security_` or `bpf_lsm_`. */
import { int32, lsm, trampoline, uint64 } from "./attach-points.ts";
import type { BtfPrototype } from "./btf.ts";
import { functionHook } from "./function-hook.ts";
import { hookTable } from "./hook-table.ts";
import type { ArgumentMapping, ArgumentType, AttachPoint, HookFact } from "./hook.ts";

const knownByLsmName: ReadonlyMap<string, HookFact> = new Map(
  [...hookTable.values()].flatMap((fact) =>
    fact.attachPoints.flatMap((point): readonly [string, HookFact][] =>
      point.kind === "lsm" ? [[point.target, fact]] : [],
    ),
  ),
);

/**
 * The hook as LSM programs see it. Where its `security_*` function is known, the function serves as well: on
 * kernels where `bpf` is no active LSM it is the only way.
 */
export function lsmHook(
  name: string,
  declared: ReadonlyMap<number, ArgumentType>,
  prototype: BtfPrototype | undefined,
): HookFact {
  const known = knownByLsmName.get(name);
  const point = known?.attachPoints.find(({ kind }) => kind === "lsm");
  if (known === undefined || point === undefined) {
    return unknownHook(name, declared, prototype);
  }
  const asParameters: readonly ArgumentMapping[] = point.parameters.map((_, parameter) => ({
    kind: "parameter",
    parameter,
  }));
  return {
    ...known,
    id: name,
    section: "lsm",
    arguments: point.parameters.map(({ name: parameter }, index) => {
      const place = point.argumentMappings.findIndex(
        (mapping) => mapping.kind === "parameter" && mapping.parameter === index,
      );
      // The one parameter that only the LSM hook has is the final protection of a mapping.
      return known.arguments[place] ?? { name: parameter, type: uint64, words: "memoryProtection" };
    }),
    attachPoints: known.attachPoints.map((candidate): AttachPoint =>
      candidate.kind === "lsm"
        ? { ...candidate, argumentMappings: asParameters }
        : { ...candidate, argumentMappings: throughFunction(point, candidate) },
    ),
  };
}

/** The LSM hook's arguments, as far as the `security_*` function has them. */
function throughFunction(point: AttachPoint, candidate: AttachPoint): readonly ArgumentMapping[] {
  return point.parameters.map((_, index) => {
    const place = point.argumentMappings.findIndex(
      (mapping) => mapping.kind === "parameter" && mapping.parameter === index,
    );
    return candidate.argumentMappings[place] ?? { kind: "absent" };
  });
}

function unknownHook(
  name: string,
  declared: ReadonlyMap<number, ArgumentType>,
  prototype: BtfPrototype | undefined,
): HookFact {
  const fact = functionHook(`bpf_lsm_${name}`, declared, prototype, undefined);
  const shape = fact.attachPoints[0] ?? trampoline("fentry", name, { parameters: [], argumentMappings: [] });
  return {
    ...fact,
    id: name,
    section: "lsm",
    result: prototype === undefined ? int32 : prototype.result.type,
    attachPoints: [lsm(name, { parameters: shape.parameters, argumentMappings: shape.argumentMappings })],
  };
}
