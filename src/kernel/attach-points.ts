/** Builders for the attach points of the hook table. */
import type {
  ArgumentMapping,
  ArgumentType,
  AttachFilter,
  AttachKind,
  AttachPoint,
  CParameter,
  Requirement,
} from "./hook.ts";

export const int32: ArgumentType = { kind: "integer", bits: 32, signed: true };
export const int64: ArgumentType = { kind: "integer", bits: 64, signed: true };
export const uint64: ArgumentType = { kind: "integer", bits: 64, signed: false };
export const file: ArgumentType = { kind: "file" };
export const path: ArgumentType = { kind: "path" };
export const sock: ArgumentType = { kind: "sock" };

/** The part of an attach point that its place decides, whatever its program type. */
export interface PlaceShape {
  readonly parameters: readonly CParameter[];
  readonly argumentMappings: readonly ArgumentMapping[];
  readonly filter?: AttachFilter;
}

/** `[type, name]` pairs as C declares them. */
export function parameters(...pairs: readonly (readonly [string, string])[]): readonly CParameter[] {
  return pairs.map(([cType, name]) => ({ name, cType }));
}

/** The hook's arguments are these parameters, in this order. */
export function fromParameters(...indices: readonly number[]): readonly ArgumentMapping[] {
  return indices.map((parameter) => ({ kind: "parameter", parameter }));
}

function attachPoint(
  kind: AttachKind,
  target: string,
  shape: PlaceShape,
  requires: readonly Requirement[],
): AttachPoint {
  return {
    kind,
    target,
    parameters: shape.parameters,
    canDeny: kind === "lsm" || kind === "fmod_ret",
    seesResult: kind === "fexit" || kind === "kretprobe",
    requires,
    argumentMappings: shape.argumentMappings,
    filter: shape.filter,
  };
}

/** A BPF LSM program on `hook` (`file_open`): denies; runs only where `bpf` is an active LSM. */
export function lsm(hook: string, shape: PlaceShape): AttachPoint {
  return attachPoint("lsm", hook, shape, [
    { kind: "bpf-lsm-active" },
    { kind: "kernel-function", name: `bpf_lsm_${hook}` },
  ]);
}

/** A trampoline program on a kernel function. fmod_ret can replace the result of `security_*` functions. */
export function trampoline(
  kind: "fmod_ret" | "fentry" | "fexit",
  target: string,
  shape: PlaceShape,
): AttachPoint {
  return attachPoint(kind, target, shape, [{ kind: "kernel-function", name: target }]);
}

/**
 * The attach points of a `security_*` function, best first. An LSM program comes before fmod_ret: the
 * kernel never skips it for recursion, which it may do to a trampoline program on a preemptible kernel.
 */
export function securityPoints(
  target: string,
  shape: PlaceShape,
  lsmShape: PlaceShape | undefined,
): readonly AttachPoint[] {
  return [
    ...(lsmShape === undefined ? [] : [lsm(target.replace(/^security_/, ""), lsmShape)]),
    trampoline("fmod_ret", target, shape),
    trampoline("fexit", target, shape),
    trampoline("fentry", target, shape),
  ];
}
