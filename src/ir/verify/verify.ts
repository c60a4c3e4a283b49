/** Checks an IR against the limits of every target before code is generated. */
import {
  type Diagnostic,
  type Outcome,
  diagnostic,
  failure,
  hasErrors,
  success,
} from "../../diagnostics/diagnostic.ts";
import type { AttachPoint, Requirement } from "../../kernel/hook.ts";
import { limits } from "../../kernel/limits.ts";
import { type Target, findPrototype, hasFunction } from "../../kernel/target.ts";
import type { Span } from "../../source/source.ts";
import type { Ir, IrHook } from "../ir.ts";
import { atomsOf } from "../lower/bool.ts";
import { type Budget, type HookBudget, measure, rulesOf } from "./budget.ts";

/** Known to this file only: nothing else can make a VerifiedIr. */
const verified = Symbol("verified");

/** An IR for which every limit of its targets holds. */
export interface VerifiedIr {
  readonly kind: "verified-ir";
  readonly ir: Ir;
  readonly budget: Budget;
  readonly [verified]: true;
}

/** Finds everything that a target would refuse. */
export function verify(ir: Ir, targets: readonly Target[]): Outcome<VerifiedIr> {
  const budget = measure(ir);
  const findings: Diagnostic[] = [];
  const lastHook = ir.hooks.at(-1);
  if (lastHook !== undefined) {
    exceed(findings, spanOf(lastHook), "rules in all", budget.rules, limits.rules);
  }
  for (const [index, hook] of ir.hooks.entries()) {
    const cost = budget.hooks[index];
    if (cost !== undefined) {
      checkHook(hook, cost, findings);
    }
    for (const target of targets) {
      checkTarget(hook, target, findings);
    }
  }
  checkTrampolines(ir, findings);
  return hasErrors(findings)
    ? failure(findings)
    : success({ kind: "verified-ir", ir, budget, [verified]: true }, findings);
}

/** The rule that a hook's fault is best shown at: the last one, which went over the limit. */
function spanOf(hook: IrHook): Span | undefined {
  return rulesOf(hook).at(-1)?.span;
}

function exceed(
  findings: Diagnostic[],
  span: Span | undefined,
  what: string,
  amount: number,
  maximum: number,
): void {
  if (amount > maximum) {
    findings.push(diagnostic("limit-exceeded", span, `${amount} ${what}: the limit is ${maximum}`));
  }
}

function checkHook(hook: IrHook, cost: HookBudget, findings: Diagnostic[]): void {
  const { id } = hook.fact;
  exceed(findings, spanOf(hook), `rules on \`${id}\``, cost.rules, limits.rulesPerHook);
  exceed(findings, spanOf(hook), `instructions for \`${id}\``, cost.instructions, limits.instructions);
  for (const [index, amount] of cost.valuesByField.entries()) {
    const name = hook.fields[index]?.name ?? "";
    exceed(findings, spanOf(hook), `values for \`${name}\``, amount, limits.valuesPerField);
  }
  for (const point of hook.attachments.flatMap((attachment) => attachment.alternatives)) {
    const what = `arguments of \`${point.target}\``;
    exceed(findings, spanOf(hook), what, point.parameters.length, limits.functionArguments);
  }
  for (const atom of rulesOf(hook).flatMap((rule) => atomsOf(rule.condition))) {
    if (atom.test.kind === "text") {
      for (const { text, span } of atom.test.values) {
        exceed(findings, span, "bytes of text", Buffer.byteLength(text, "utf8"), limits.prefixBytes);
      }
    }
  }
}

function checkTarget(hook: IrHook, target: Target, findings: Diagnostic[]): void {
  for (const attachment of hook.attachments) {
    const isServed = attachment.alternatives.some((point) => isAvailable(point, target));
    if (!isServed && attachment.need === "required") {
      findings.push(
        diagnostic("not-attachable", spanOf(hook), `kernel ${target.name} can't serve \`${hook.fact.id}\``, {
          help: "name other targets with `--target`, or another hook",
        }),
      );
    }
  }
}

/** What no fact denies is left to the runtime, which looks at the host. */
function isAvailable(point: AttachPoint, target: Target): boolean {
  return point.requires.every((requirement) => holds(requirement, target)) && fitsPrototype(point, target);
}

/** Another number of parameters than the table says: the program would read the wrong ones. */
function fitsPrototype(point: AttachPoint, target: Target): boolean {
  const name = point.kind === "lsm" ? `bpf_lsm_${point.target}` : point.target;
  const prototype = findPrototype([target], name);
  if (prototype === undefined || prototype.parameters.length === point.parameters.length) {
    return true;
  }
  return point.openEnded === true && prototype.parameters.length > point.parameters.length;
}

function holds(requirement: Requirement, target: Target): boolean {
  switch (requirement.kind) {
    case "bpf-lsm-active":
      return target.bpfLsm;
    case "kernel-function":
      return hasFunction(target, requirement.name) !== "no";
    case "helper":
      return true;
  }
}

/** Every attachment puts at most one program on a function, whichever alternative is taken. */
function checkTrampolines(ir: Ir, findings: Diagnostic[]): void {
  const programs = new Map<string, number>();
  for (const hook of ir.hooks) {
    for (const attachment of hook.attachments) {
      for (const target of new Set(attachment.alternatives.map((point) => point.target))) {
        const count = (programs.get(target) ?? 0) + 1;
        programs.set(target, count);
        // Reported once, where the limit is passed.
        if (count === limits.programsPerTrampoline + 1) {
          exceed(findings, spanOf(hook), `programs on \`${target}\``, count, limits.programsPerTrampoline);
        }
      }
    }
  }
}
