/** Policies of any language -> the text of another. */
import type { PolicyTree } from "../parser/policy/tree.ts";
import { printPolicyTree } from "../parser/policy/print.ts";

// The policy language holds whatever a Policy tree holds, so nothing is lost.
const printers = { policy: printPolicyTree } as const;

export type ConversionTarget = keyof typeof printers;

/** Languages that policies can be converted to. */
export const conversionTargets: readonly ConversionTarget[] = ["policy"];

/** The policies as one text. */
export function convertPolicies(tree: PolicyTree, target: ConversionTarget): string {
  return printers[target](tree);
}
