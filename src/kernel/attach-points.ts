/** Builders for the attach points of the hook table. */
import type {
  ArgumentMapping,
  ArgumentType,
  AttachFilter,
  AttachKind,
  ArgumentFact,
  AttachPoint,
  CParameter,
  HookFact,
  Requirement,
} from "./hook.ts";

export const uint16: ArgumentType = { kind: "integer", bits: 16, signed: false };
export const int32: ArgumentType = { kind: "integer", bits: 32, signed: true };
export const uint32: ArgumentType = { kind: "integer", bits: 32, signed: false };
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
  /** See `AttachPoint.openEnded`. */
  readonly openEnded?: true;
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
    ...(shape.openEnded === undefined ? {} : { openEnded: shape.openEnded }),
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

/** A program on a tracepoint, with the tracepoint's own arguments; the tracepoint is in every kernel. */
export function tracepoint(name: string, shape: PlaceShape): AttachPoint {
  return attachPoint("tp_btf", name, shape, []);
}

/**
 * The attach points of a `security_*` function, best first. An LSM program comes before fmod_ret: the
 * kernel never skips it for recursion, which it may do to a trampoline program on a preemptible kernel.
 * `lsmName` is given where the LSM hook is not called like the function.
 */
export function securityPoints(
  target: string,
  shape: PlaceShape,
  lsmShape: PlaceShape | undefined,
  lsmName = target.replace(/^security_/, ""),
): readonly AttachPoint[] {
  return [
    ...(lsmShape === undefined ? [] : [lsm(lsmName, lsmShape)]),
    trampoline("fmod_ret", target, shape),
    trampoline("fexit", target, shape),
    trampoline("fentry", target, shape),
  ];
}

/** A `security_*` function whose LSM hook has the same parameters. */
export function securityHook(
  id: string,
  args: readonly ArgumentFact[],
  shape: PlaceShape,
  lsmName?: string,
): HookFact {
  return {
    id,
    section: "kprobe",
    arguments: args,
    result: int32,
    attachPoints: securityPoints(id, shape, shape, lsmName),
    alsoServedBy: [],
    guards: [],
  };
}

/** A pointer argument of which only derived arguments can be read. */
export function opaque(name: string, cType: string): ArgumentFact {
  return { name, type: { kind: "opaque", cType } };
}

/** Whether the programs of a point are passed the registers of the processor, and nothing else. */
export function takesRegisters({ kind }: AttachPoint): boolean {
  return kind === "uprobe" || kind === "uretprobe" || kind === "usdt";
}

/** The ELF section of the object that a program stands in: it tells libbpf what the program is attached to. */
export function sectionOf({ kind, target, place }: AttachPoint): string {
  if (place === undefined) {
    return `${kind}/${target}`;
  }
  return kind === "usdt" ? "uprobe" : kind;
}
