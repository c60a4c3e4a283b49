/** Hook facts for hooks of the Linux security module interface, named without `security_` or `bpf_lsm_`. */
import { fromParameters, int32, lsm, trampoline, uint64 } from "./attach-points.ts";
import type { BtfPrototype } from "./btf.ts";
import { functionHook } from "./function-hook.ts";
import { hookTable } from "./hook-table.ts";
import { elementAt } from "../source/invariant.ts";
import type { ArgumentFact, ArgumentMapping, ArgumentType, AttachPoint, HookFact } from "./hook.ts";

const knownByLsmName: ReadonlyMap<string, HookFact> = new Map(
  [...hookTable.values()]
    .filter(({ section }) => section === "kprobe")
    .flatMap((fact) =>
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
  const derived = known.arguments.flatMap((argument, index) => (argument.derived === true ? [index] : []));
  const own = known.arguments.length - derived.length;
  // The one parameter that only an LSM hook has is the final protection of a mapping.
  const extra: ArgumentFact = { name: "prot", type: uint64, words: "memoryProtection" };
  return {
    ...known,
    id: name,
    section: "lsm",
    arguments: [
      ...point.parameters.map(({ name: parameter }, index): ArgumentFact => {
        const { reads, ...argument } = known.arguments[placeOf(point, index)] ?? {
          ...extra,
          name: parameter,
        };
        return reads === undefined ? argument : { ...argument, reads: reads - own + point.parameters.length };
      }),
      ...derived.map((index) => elementAt(known.arguments, index)),
    ],
    attachPoints: known.attachPoints.map((candidate): AttachPoint => {
      const mappings = derived.map((index) => elementAt(candidate.argumentMappings, index));
      const parameters = candidate.kind === "lsm" ? asParameters(point) : throughFunction(point, candidate);
      return { ...candidate, argumentMappings: [...parameters, ...mappings] };
    }),
  };
}

/** The argument of the `security_*` function that a parameter of the LSM hook is; -1: none. */
function placeOf(point: AttachPoint, index: number): number {
  return point.argumentMappings.findIndex(
    (mapping) => mapping.kind === "parameter" && mapping.parameter === index,
  );
}

function asParameters(point: AttachPoint): readonly ArgumentMapping[] {
  return fromParameters(...point.parameters.keys());
}

/** The LSM hook's arguments, as far as the `security_*` function has them. */
function throughFunction(point: AttachPoint, candidate: AttachPoint): readonly ArgumentMapping[] {
  return point.parameters.map(
    (_, index) => candidate.argumentMappings[placeOf(point, index)] ?? { kind: "absent" },
  );
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
