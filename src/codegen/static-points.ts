/** What programs on static points of programs need: rows of a map that say where their arguments are. */
import type { IrHook } from "../ir/ir.ts";
import type { AttachPoint } from "../kernel/hook.ts";
import type { ManifestMap, ManifestUserPlace } from "../../runtime/manifest.ts";
import { STATIC_ROWS, STATIC_ROW_BYTES, STATIC_ROWS_PER_HOOK } from "../../runtime/manifest.ts";
import { usedArguments } from "./values.ts";

/** The first row of a hook. */
export function firstStaticRow(hookIndex: number): number {
  return hookIndex * STATIC_ROWS_PER_HOOK;
}

/** Whether a hook is at a static point. */
export function isStaticPoint({ fact }: IrHook): boolean {
  return fact.section === "usdt";
}

/** The map of the rows, for objects that need it. */
export function staticMaps(hooks: readonly IrHook[]): readonly ManifestMap[] {
  const maxEntries = hooks.length * STATIC_ROWS_PER_HOOK;
  const sizes = { keySize: 4, valueSize: STATIC_ROW_BYTES, maxEntries, entries: 0 };
  const bytes = maxEntries * (4 + STATIC_ROW_BYTES);
  return hooks.some(isStaticPoint) ? [{ name: STATIC_ROWS, type: "array", ...sizes, bytes }] : [];
}

/** Where a program of a hook is attached, as the runtime is told of it; undefined where its section says it. */
export function userPlace(
  hook: IrHook,
  hookIndex: number,
  point: AttachPoint,
  cookie: boolean,
): ManifestUserPlace | undefined {
  const { place, seesResult } = point;
  if (place === undefined) {
    return undefined;
  }
  const { point: named, ...rest } = place;
  const asked = usedArguments(hook).flatMap((argument) => askedArguments(hook, point, argument));
  return {
    ...rest,
    atReturn: seesResult,
    ...(named === undefined
      ? {}
      : { point: { ...named, arguments: [...new Set(asked)], firstRow: firstStaticRow(hookIndex), cookie } }),
  };
}

/** The numbers of the point's arguments that an argument of the hook is read from: its own, and that of its size. */
function askedArguments(
  hook: IrHook,
  { argumentMappings }: AttachPoint,
  argument: number,
): readonly number[] {
  const mapping = argumentMappings[argument];
  const type = hook.fact.arguments[argument]?.type;
  const size = type?.kind === "text" && "size" in type.form ? type.form.size : undefined;
  return [
    ...(mapping?.kind === "static-argument" ? [mapping.argument] : []),
    ...(size?.kind === "argument" ? [size.index] : []),
  ];
}
