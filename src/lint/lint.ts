import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { hasErrors } from "../diagnostics/diagnostic.ts";
import type { Target } from "../kernel/target.ts";
import type { ParseOptions } from "../parser/parse.ts";
import { parseSources } from "../parser/parse.ts";
import type { PolicyTree } from "../parser/policy/tree.ts";
import type { Source } from "../source/source.ts";
import { checkDialectLimits } from "./rules/dialect-limit.ts";

/** Rules that only run when asked for. */
export const optionalRules = ["dialect-limit"] as const;
export type OptionalRule = (typeof optionalRules)[number];

export interface LintOptions extends ParseOptions {
  /** Kernels whose facts and limits policies are checked against. */
  readonly targets: readonly Target[];
  readonly enabled: readonly OptionalRule[];
}

/** Everything that is wrong with some sources, and how much there was to look at. */
export interface LintResult {
  readonly diagnostics: readonly Diagnostic[];
  readonly files: number;
  readonly policies: number;
  readonly rules: number;
}

/**
 * Runs every check that compiling would, up to the point where code is generated. Policies without errors
 * are checked against the kernel's facts even when others have some.
 */
export async function lintSources(sources: readonly Source[], options: LintOptions): Promise<LintResult> {
  const parsed = await parseSources(sources, options);
  const tree: PolicyTree = parsed.value ?? { kind: "policy-tree", policies: [] };
  const diagnostics = [
    ...parsed.diagnostics,
    ...(tree.policies.length === 0 ? [] : await checkKernelFacts(tree, options.targets)),
    ...(options.enabled.includes("dialect-limit") ? checkDialectLimits(tree) : []),
  ];
  return {
    diagnostics,
    files: sources.length,
    policies: tree.policies.length,
    rules: countRules(tree),
  };
}

async function checkKernelFacts(
  tree: PolicyTree,
  targets: readonly Target[],
): Promise<readonly Diagnostic[]> {
  const { lowerPolicies } = await import("../ir/lower/lower.ts");
  const lowered = lowerPolicies(tree, { targets });
  if (lowered.value === undefined || hasErrors(lowered.diagnostics)) {
    return lowered.diagnostics;
  }
  const { verify } = await import("../ir/verify/verify.ts");
  return [...lowered.diagnostics, ...verify(lowered.value, targets).diagnostics];
}

function countRules(tree: PolicyTree): number {
  let rules = 0;
  for (const policy of tree.policies) {
    for (const block of policy.blocks) {
      rules += block.rules.length + (block.otherwise === undefined ? 0 : 1);
    }
  }
  return rules;
}
