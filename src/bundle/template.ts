/** Texts of alerts, as manifests have them. */
import type { Template, TemplatePart, IrHook } from "../ir/ir.ts";
import { capturedParts } from "../kernel/objects.ts";
import { elementAt, invariant } from "../source/invariant.ts";
import type { ManifestTemplatePart } from "../../runtime/manifest.ts";

/** The text of a rule of a hook: values by their place in the hook's event records. */
export function templateOf(template: Template, hook: IrHook): readonly ManifestTemplatePart[] {
  return template.map((part) => manifestPart(part, hook));
}

function manifestPart(part: TemplatePart, hook: IrHook): ManifestTemplatePart {
  if (part.kind !== "value") {
    return part;
  }
  const { source } = part;
  switch (source.kind) {
    case "argument":
    case "argument-text":
      return { kind: "capture", capture: placeOf(hook, source.argument), part: "value" };
    case "argument-path":
      return { kind: "capture", capture: placeOf(hook, source.argument), part: "path" };
    case "file":
      invariant(source.part === "mode" || source.part === "flags", "lowering refuses the others");
      return { kind: "capture", capture: placeOf(hook, source.argument), part: source.part };
    case "sock":
      invariant(source.part !== "length", "lowering refuses what events don't carry");
      return { kind: "capture", capture: placeOf(hook, source.argument), part: source.part };
    case "part": {
      const capture = placeOf(hook, source.argument);
      const { type } = elementAt(hook.captures, capture);
      invariant(type.kind === "object", "only objects have such parts");
      const place = capturedParts(type.of).findIndex(({ name }) => name === source.part);
      invariant(place !== -1, "lowering refuses parts that events don't carry");
      return { kind: "object", capture, part: place };
    }
    case "workload":
    case "scope":
      throw new Error("policyc bug: lowering refuses what events don't carry");
    case "process": {
      const { level, part: name } = source;
      invariant(level !== "any", "no single process");
      invariant(
        name === "exe" || name === "pid" || name === "uid" || name === "auid",
        "lowering refuses others",
      );
      return { kind: "process", level, part: name };
    }
    case "result":
      return { kind: "result" };
  }
}

function placeOf({ captures }: IrHook, argument: number): number {
  const place = captures.findIndex((capture) => capture.argument === argument);
  invariant(place !== -1, "an event carries what its rules name");
  return place;
}
