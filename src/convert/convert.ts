/** Policies of any language -> the text of another. */
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { printPolicyTree } from "../parser/policy/print.ts";
import type { PolicyTree } from "../parser/policy/tree.ts";
import { convertToTetragon } from "./tetragon/convert.ts";

export interface Conversion {
  readonly text: string;
  /** The loss report: everything that the text does not say. */
  readonly diagnostics: readonly Diagnostic[];
}

const printers = {
  // The policy language holds whatever a Policy tree holds, so nothing is lost.
  policy: (tree: PolicyTree): Conversion => ({ text: printPolicyTree(tree), diagnostics: [] }),
  tetragon: convertToTetragon,
} as const;

export type ConversionTarget = keyof typeof printers;

/** Languages that policies can be converted to. */
export const conversionTargets: readonly ConversionTarget[] = ["policy", "tetragon"];

/** The policies as one text. */
export function convertPolicies(tree: PolicyTree, target: ConversionTarget): Conversion {
  return printers[target](tree);
}
