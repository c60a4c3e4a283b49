import type { Diagnostic, Severity } from "../diagnostics/diagnostic.ts";
import { hasErrors } from "../diagnostics/diagnostic.ts";
import type { Ir } from "../ir/ir.ts";
import type { Target } from "../kernel/target.ts";
import type { ParseOptions } from "../parser/parse.ts";
import { parseSources } from "../parser/parse.ts";
import type { PolicyTree } from "../parser/policy/tree.ts";
import type { Source } from "../source/source.ts";
import type { LintContext, LintRule } from "./lint-rule.ts";
import { lintRules } from "./rules.ts";
import { spanKey } from "./walk.ts";

/** Codes of the rules that only run when asked for. */
export const optionalRules: readonly string[] = lintRules
  .filter(({ optional }) => optional)
  .map(({ code }) => code);

/** Codes whose severity can be set: those of lint rules. */
export const lintCodes: readonly string[] = lintRules.map(({ code }) => code);

export type RuleSeverity = Severity | "off";

export interface LintOptions extends ParseOptions {
  /** Kernels whose facts and limits policies are checked against. */
  readonly targets: readonly Target[];
  /** Codes of optional rules to run. */
  readonly enabled: readonly string[];
  /** Severities of lint rules by code, other than their own; a rule that has one runs. */
  readonly severities?: ReadonlyMap<string, RuleSeverity>;
}

/** Everything that is wrong with some sources, and how much there was to look at. */
export interface LintResult {
  readonly diagnostics: readonly Diagnostic[];
  readonly files: number;
  readonly policies: number;
  readonly rules: number;
}

/**
 * Runs every check that compiling would, up to the point where code is generated, and the lint rules. Policies
 * without errors are checked against the kernel's facts even when others have some.
 */
export async function lintSources(sources: readonly Source[], options: LintOptions): Promise<LintResult> {
  const parsed = await parseSources(sources, options);
  const tree: PolicyTree = parsed.value ?? { kind: "policy-tree", policies: [] };
  const checked: CheckedPolicies =
    tree.policies.length === 0
      ? { ir: undefined, diagnostics: [] }
      : await checkKernelFacts(tree, options.targets);
  const found = [...parsed.diagnostics, ...checked.diagnostics];
  return {
    diagnostics: [...found, ...runRules({ tree, ir: checked.ir, found }, options)],
    files: sources.length,
    policies: tree.policies.length,
    rules: countRules(tree),
  };
}

/** A place is reported once, however many names lead to it; one with an error is left alone. */
function runRules(context: LintContext, options: LintOptions): readonly Diagnostic[] {
  const findings = new Map<string, Diagnostic>();
  const faulty = new Set(
    context.found.flatMap(({ severity, span }) => (severity === "error" && span ? [spanKey(span)] : [])),
  );
  for (const rule of lintRules) {
    const severity = severityOf(rule, options);
    if (severity === "off") {
      continue;
    }
    for (const finding of rule.check(context)) {
      const place = finding.span === undefined ? "" : spanKey(finding.span);
      const key = `${finding.code} ${place}`;
      if (!findings.has(key) && !faulty.has(place)) {
        findings.set(key, severity === "own" ? finding : { ...finding, severity });
      }
    }
  }
  return [...findings.values()];
}

function severityOf({ code, optional }: LintRule, options: LintOptions): RuleSeverity | "own" {
  const chosen = options.severities?.get(code);
  if (chosen !== undefined) {
    return chosen;
  }
  return optional && !options.enabled.includes(code) ? "off" : "own";
}

interface CheckedPolicies {
  readonly ir: Ir | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

async function checkKernelFacts(tree: PolicyTree, targets: readonly Target[]): Promise<CheckedPolicies> {
  const { lowerPolicies } = await import("../ir/lower/lower.ts");
  const lowered = lowerPolicies(tree, { targets });
  if (lowered.value === undefined || hasErrors(lowered.diagnostics)) {
    return { ir: undefined, diagnostics: lowered.diagnostics };
  }
  const { verify } = await import("../ir/verify/verify.ts");
  const diagnostics = [...lowered.diagnostics, ...verify(lowered.value, targets).diagnostics];
  return { ir: lowered.value, diagnostics };
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
