/** Which attach points serve a hook, given what its rules ask for. */
import type { AttachPoint, HookFact, HookPlace } from "../../kernel/hook.ts";
import type { Field, IrAttachment } from "../ir.ts";

/** What the rules of a hook need of its attach points. */
export interface Needs {
  /** Any rule denies or kills. */
  readonly refuses: boolean;
  /** Any rule asks for a refusal. A kill alone can come late, where nothing refuses. */
  readonly denies: boolean;
  readonly wantsResult: boolean;
  /** Rules compare the return value, so that nothing before the function's end can decide. */
  readonly comparesResult: boolean;
  /** Every field that a rule compares. */
  readonly fields: readonly Field[];
  /** The fields that blocks with refusing rules compare. */
  readonly refusalFields: readonly Field[];
}

export interface ChosenAttachments {
  readonly attachments: readonly IrAttachment[];
  /** What makes refused operations fail; `undefined`: nothing does. */
  readonly refusedBy: "hook" | "guards" | "later" | undefined;
  /** Fields for which guards exist but can't serve. */
  readonly unguarded: readonly Field[];
}

/** Picks the attachments of a hook that kernels must have or may lack. Alternatives stay in the order of the fact: best first. */
export function chooseAttachments(
  fact: HookFact,
  needs: Needs,
  need: IrAttachment["need"],
): ChosenAttachments {
  const refuses = needs.refuses && !needs.comparesResult;
  const hook = pickAlternatives(fact.attachPoints, needs);
  const hookDenies = refuses && hook.every((point) => point.canDeny);
  const unguarded = needs.refusalFields.filter((field) => !isKnownToGuards(field, fact.guards));
  const later = refuses && !hookDenies ? fact.refusals : undefined;
  // A kill alone does without what only some kernels can refuse: it then comes too late.
  const isCovered = later !== undefined && (needs.denies || later.functions.length === 0);
  const guarded = refuses && !hookDenies && fact.guards.length > 0 && unguarded.length === 0;
  return {
    attachments: [
      { kind: "hook", alternatives: hook, need },
      ...fact.alsoServedBy.map((place): IrAttachment => attachment("also", place, needs)),
      ...(guarded ? fact.guards.map((place): IrAttachment => attachment("guard", place, needs)) : []),
      ...[...(later?.places ?? []), ...(needs.denies ? (later?.functions ?? []) : [])].map(
        ({ attachPoints, need: placeNeed }): IrAttachment => ({
          kind: "refusal",
          alternatives: attachPoints,
          need: placeNeed,
        }),
      ),
    ],
    refusedBy: hookDenies ? "hook" : guarded ? "guards" : isCovered ? "later" : undefined,
    unguarded: fact.guards.length > 0 ? unguarded : [],
  };
}

function attachment(kind: "also" | "guard", place: HookPlace, needs: Needs): IrAttachment {
  return { kind, alternatives: pickAlternatives(place.attachPoints, needs), need: place.need };
}

function pickAlternatives(all: readonly AttachPoint[], needs: Needs): readonly AttachPoint[] {
  // Where an argument is absent its atoms are false, which would weaken the rules that compare it.
  const points = all.filter((point) => needs.fields.every((field) => givesArgumentOf(point, field)));
  const denying = points.filter((point) => point.canDeny);
  const observing = points.filter((point) => !point.canDeny && point.seesResult === needs.wantsResult);
  const silent = observing.length > 0 ? observing : points.filter((point) => !point.canDeny);
  if (needs.refuses && !needs.comparesResult && denying.length > 0) {
    // Kernels that can't change the function's result still kill.
    return !needs.denies && denying.every(dependsOnBuild) ? [...denying, ...silent] : denying;
  }
  // A program that could deny can also just look.
  return silent.length > 0 ? silent : points;
}

/** Whether kernels of one version may have the place or lack it. */
function dependsOnBuild({ requires }: AttachPoint): boolean {
  return requires.some(({ kind }) => kind === "modifiable-function");
}

function givesArgumentOf(point: AttachPoint, { source }: Field): boolean {
  return (
    source.kind === "result" ||
    source.kind === "process" ||
    source.kind === "workload" ||
    source.kind === "scope" ||
    (point.argumentMappings[source.argument]?.kind ?? "absent") !== "absent"
  );
}

/** Before the connection exists only its destination and its socket's kind are known. */
function isKnownToGuards(field: Field, guards: readonly HookPlace[]): boolean {
  const mappings = guards.flatMap((place) => place.attachPoints).map((point) => point.argumentMappings);
  switch (field.source.kind) {
    case "result":
      return false;
    case "process":
    case "workload":
    case "scope":
      return true;
    case "argument":
    case "argument-path":
    case "argument-text":
    case "part":
    case "file": {
      const { argument } = field.source;
      return mappings.every((mapping) => (mapping[argument]?.kind ?? "absent") !== "absent");
    }
    case "sock": {
      const { argument, part } = field.source;
      const early = part !== "saddr" && part !== "sport" && part !== "state";
      return mappings.every((mapping) => mapping[argument]?.kind === "parameter" || early);
    }
  }
}
