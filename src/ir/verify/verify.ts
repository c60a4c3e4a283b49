/** Checks an IR against the limits of every target before code is generated. */
import { type Diagnostic, type Outcome, failure, hasErrors, success } from "../../diagnostics/diagnostic.ts";
import type { Target } from "../../kernel/target.ts";
import type { Ir } from "../ir.ts";
import { type Budget, measure } from "./budget.ts";
import { checkRules, checkTexts, checkTotals, checkValues } from "./check-amounts.ts";
import { checkFeatures } from "./check-features.ts";
import { checkMaps } from "./check-maps.ts";
import { checkPlaces } from "./check-places.ts";
import { checkComplexity, checkFunctions, checkPrograms } from "./check-programs.ts";
import type { VerifyContext } from "./context.ts";

/** Known to this file only: nothing else can make a VerifiedIr. */
const verified = Symbol("verified");

/** An IR for which every limit of its targets holds. */
export interface VerifiedIr {
  readonly kind: "verified-ir";
  readonly ir: Ir;
  readonly budget: Budget;
  /** The kernels that the limits are those of. */
  readonly targets: readonly Target[];
  readonly [verified]: true;
}

/** Finds everything that a target would refuse. */
export function verify(ir: Ir, targets: readonly Target[]): Outcome<VerifiedIr> {
  const budget = measure(ir);
  const findings = checkBudget({ ir, budget, targets });
  return hasErrors(findings)
    ? failure(findings)
    : success({ kind: "verified-ir", ir, budget, targets, [verified]: true }, findings);
}

/** Every limit, by family. */
const checks: readonly ((context: VerifyContext) => readonly Diagnostic[])[] = [
  checkTotals,
  checkRules,
  checkValues,
  checkTexts,
  checkPlaces,
  checkFeatures,
  checkFunctions,
  checkMaps,
  checkPrograms,
  checkComplexity,
];

/** What of a budget is over a limit. */
export function checkBudget(context: VerifyContext): readonly Diagnostic[] {
  return checks.flatMap((check) => check(context));
}
