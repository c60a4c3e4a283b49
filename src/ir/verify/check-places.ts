/** Whether each target can attach a program that gives the verdicts, with the arguments that it expects. */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { type BtfPrototype, type BtfType, findTracepoint } from "../../kernel/btf.ts";
import { helperFeatures, kernelFeatures, programFeatures, releaseName } from "../../kernel/features.ts";
import type { AttachPoint, CParameter, Requirement } from "../../kernel/hook.ts";
import { limits } from "../../kernel/limits.ts";
import { type Target, findPrototype, hasFeature, hasFunction } from "../../kernel/target.ts";
import type { IrAttachment, IrHook } from "../ir.ts";
import { rulesOf } from "./budget.ts";
import { type TargetProblem, type VerifyContext, lastRule, overTargets } from "./context.ts";

/** Every place that must have a program, on every target. */
export function checkPlaces(context: VerifyContext): readonly Diagnostic[] {
  return context.ir.hooks.flatMap((hook, index) =>
    hook.attachments.flatMap((attachment) =>
      overTargets(context.targets, lastRule(context, index), (target) => problemOf(hook, attachment, target)),
    ),
  );
}

/** Why a target can't use an attach point. */
interface Obstacle {
  readonly code: "not-attachable" | "too-many-arguments" | "prototype-mismatch";
  readonly reason: string;
}

function problemOf(
  hook: IrHook,
  { alternatives, need }: IrAttachment,
  target: Target,
): TargetProblem | undefined {
  const obstacles = alternatives.map((point) => obstacleOf(point, target));
  const last = obstacles.at(-1);
  if (last === undefined || obstacles.includes(undefined)) {
    return undefined;
  }
  // Where the place is missing the kernel does the operation elsewhere; a place that is there must be served.
  if (need === "if-present" && alternatives.every((point) => isAbsent(point, target))) {
    return undefined;
  }
  const refuses = rulesOf(hook).some(({ verdict }) => verdict.kind !== "allow");
  const denies = refuses && alternatives.every(({ canDeny }) => canDeny);
  return {
    code: last.code,
    message: (kernels) => `${kernels} can't ${denies ? "refuse at" : "serve"} \`${hook.fact.id}\``,
    help: () => `${last.reason}; name other targets with \`--target\`, or use another hook`,
  };
}

/** Whether the kernel has no such place, however a program would be attached. */
function isAbsent({ requires }: AttachPoint, target: Target): boolean {
  return requires.some(
    (requirement) => requirement.kind === "kernel-function" && hasFunction(target, requirement.name) === "no",
  );
}

/** What keeps a program from this place. What no fact denies is left to the runtime, which looks at the host. */
function obstacleOf(point: AttachPoint, target: Target): Obstacle | undefined {
  const kind = programFeatures[point.kind];
  if (hasFeature(target, kind) === "no") {
    const reason = `programs of type \`${point.kind}\` came with ${releaseName(kind.since)}`;
    return { code: "not-attachable", reason };
  }
  for (const requirement of point.requires) {
    const obstacle = unmet(requirement, target);
    if (obstacle !== undefined) {
      return obstacle;
    }
  }
  return argumentObstacle(point, target);
}

function unmet(requirement: Requirement, target: Target): Obstacle | undefined {
  switch (requirement.kind) {
    case "bpf-lsm-active":
      return target.bpfLsm
        ? undefined
        : {
            code: "not-attachable",
            reason: "`bpf` is not among its security modules unless it boots with `lsm=…,bpf`",
          };
    case "kernel-function":
      return hasFunction(target, requirement.name) !== "no"
        ? undefined
        : { code: "not-attachable", reason: `it has no function \`${requirement.name}\`` };
    case "modifiable-function":
      return hasFeature(target, kernelFeatures.modifiableSystemCalls) !== "no"
        ? undefined
        : {
            code: "not-attachable",
            reason:
              "it lacks CONFIG_BPF_KPROBE_OVERRIDE (with FUNCTION_ERROR_INJECTION), and no security hook stands for this call",
          };
    case "raw-tracepoint":
      return target.btf === undefined || findTracepoint(target.btf, requirement.name) !== undefined
        ? undefined
        : { code: "not-attachable", reason: `it has no tracepoint \`${requirement.name}\`` };
    case "helper":
      return hasHelper(requirement.name, target)
        ? undefined
        : { code: "not-attachable", reason: `it has no helper \`${requirement.name}\`` };
  }
}

function hasHelper(name: string, target: Target): boolean {
  const known = Object.entries(helperFeatures).find(([helper]) => helper === name);
  return known === undefined || hasFeature(target, known[1]) !== "no";
}

function argumentObstacle(point: AttachPoint, target: Target): Obstacle | undefined {
  if (point.context !== undefined) {
    return undefined;
  }
  const prototype = prototypeOf(point, target);
  const count = prototype?.parameters.length ?? point.parameters.length;
  const limit = argumentLimit(point, target);
  if (count > limit) {
    const reason = `\`${point.target}\` has ${count} arguments: the limit is ${limit} there`;
    return { code: "too-many-arguments", reason };
  }
  const difference = prototype === undefined ? undefined : prototypeDifference(point, prototype);
  return difference === undefined
    ? undefined
    : { code: "prototype-mismatch", reason: `\`${point.target}\` ${difference}` };
}

function prototypeOf({ kind, target: name }: AttachPoint, target: Target): BtfPrototype | undefined {
  if (kind === "tp_btf") {
    return target.btf && findTracepoint(target.btf, name);
  }
  return findPrototype([target], kind === "lsm" ? `bpf_lsm_${name}` : name);
}

/** Arguments that the kernel passes on to programs of the point's type. */
function argumentLimit({ kind }: AttachPoint, target: Target): number {
  const passesStack = kind === "tp_btf" || hasFeature(target, kernelFeatures.stackArguments) === "yes";
  return passesStack ? limits.functionArguments : limits.registerArguments;
}

/** Where the target's function is another than the program expects: it would read the wrong values. */
function prototypeDifference(point: AttachPoint, prototype: BtfPrototype): string | undefined {
  const expected = point.parameters.length;
  const found = prototype.parameters.length;
  if (found !== expected && !(point.openEnded === true && found > expected)) {
    return `has ${found} arguments there, not ${expected}`;
  }
  const place = point.parameters.findIndex((parameter, index) => {
    const actual = prototype.parameters[index];
    return actual !== undefined && !isSameType(parameter, actual);
  });
  const [actual, wanted] = [prototype.parameters[place], point.parameters[place]];
  return actual === undefined || wanted === undefined
    ? undefined
    : `takes \`${actual.cType}\` as argument ${place + 1} there, not \`${wanted.cType}\``;
}

/** Bytes of C's integer types on 64-bit machines. */
const integerBits: ReadonlyMap<string, number> = new Map([
  ["char", 8],
  ["short", 16],
  ["int", 32],
  ["unsigned int", 32],
  ["long", 64],
  ["unsigned long", 64],
  ["long long", 64],
  ...["8", "16", "32", "64"].flatMap((bits): [string, number][] => [
    [`__u${bits}`, Number(bits)],
    [`__s${bits}`, Number(bits)],
    [`u${bits}`, Number(bits)],
    [`s${bits}`, Number(bits)],
  ]),
]);

/** Pointers must point to the same; integers must have the same width; other spellings are left to clang. */
function isSameType({ cType }: CParameter, actual: BtfType): boolean {
  const wanted = plain(cType);
  const found = plain(actual.cType);
  if (wanted === found || wanted === "void*") {
    return true;
  }
  if (wanted.endsWith("*") || found.endsWith("*")) {
    return wanted.endsWith("*") && found === "void*";
  }
  const bits = integerBits.get(wanted);
  return bits === undefined || actual.type?.kind !== "integer" || actual.type.bits === bits;
}

function plain(cType: string): string {
  return cType
    .replaceAll(/\b(?:const|volatile|restrict)\b/g, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(" *", "*")
    .trim();
}
