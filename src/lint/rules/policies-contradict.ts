import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Field, Ir, IrBlock, IrRule } from "../../ir/ir.ts";
import type { Policy, PolicyTree, Scope } from "../../parser/policy/tree.ts";
import { excludes, implies, isImpossible } from "../implication.ts";
import type { LintRule } from "../lint-rule.ts";
import { rulesBySpan } from "../placed-rules.ts";
import { rulesOf, spanKey } from "../walk.ts";

/** Pairs of rule and block at one hook that are compared: enough for dozens of policies on one hook. */
const mostPairs = 4_000;

/** An `allow` whose every event another policy refuses: blocks are independent, so the refusal wins. */
export const policiesContradict: LintRule = {
  code: "policies-contradict",
  optional: false,
  check: ({ ir, tree }) => (ir === undefined ? [] : contradictions(ir, tree)),
};

function contradictions(ir: Ir, tree: PolicyTree): readonly Diagnostic[] {
  const allowing = allowingRules(tree);
  const blocksAt = new Map(ir.hooks.map(({ blocks, fields }) => [fields, blocks]));
  const grouped = groupedBlocks(tree);
  let pairs = 0;
  return [...rulesBySpan(ir)].flatMap(([key, places]) => {
    const [first] = places;
    if (first === undefined || !allowing.has(key)) {
      return [];
    }
    // An event can pass several hooks: it is refused for certain only where each of them refuses it.
    const refusals = places.map(({ fields, rule }) => {
      const others = isImpossible(rule.condition, fields) ? [] : (blocksAt.get(fields) ?? []);
      pairs += others.length;
      return pairs > mostPairs
        ? undefined
        : firstDefined(others, (other) =>
            isOpposed(rule, other, ir, tree) && !grouped.has(spanKey(other.span))
              ? refusal(rule, other, fields)
              : undefined,
          );
    });
    const refusing = refusals.every((found) => found !== undefined) ? refusals[0] : undefined;
    return refusing === undefined ? [] : [finding(first.rule, refusing)];
  });
}

function finding(rule: IrRule, refusing: IrRule): Diagnostic {
  const message = "another policy refuses all that this rule allows";
  return diagnostic("policies-contradict", rule.span, message, {
    help: "an `allow` ends its own block only: make an exception in the other policy as well",
    related: [{ message: "it is refused here", span: refusing.span }],
  });
}

/** Where rules stand that say `allow`; in the IR a rule that only reports allows as well. */
function allowingRules(tree: PolicyTree): ReadonlySet<string> {
  return new Set(
    tree.policies
      .flatMap(({ blocks }) => blocks.flatMap(rulesOf))
      .filter(({ actions }) => actions.some(({ kind }) => kind === "allow"))
      .map(({ span }) => spanKey(span)),
  );
}

/** Where blocks of decision groups stand: what a group decides is not for one of its blocks alone. */
function groupedBlocks(tree: PolicyTree): ReadonlySet<string> {
  return new Set(
    tree.policies
      .flatMap(({ blocks }) => blocks)
      .filter(({ group }) => group !== undefined)
      .map(({ span }) => spanKey(span)),
  );
}

function firstDefined<T, R>(list: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of list) {
    const found = find(item);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

/** Whether a block is of another policy than a rule, is enforced, and looks at all that the rule's does. */
function isOpposed({ origin }: IrRule, block: IrBlock, ir: Ir, tree: PolicyTree): boolean {
  const other = block.rules[0]?.origin.policy ?? origin.policy;
  const policy = tree.policies[origin.policy];
  const opposed = tree.policies[other];
  return (
    origin.policy !== other &&
    policy !== undefined &&
    opposed !== undefined &&
    ir.policies[other]?.mode === "enforce" &&
    takesIn(opposed, policy)
  );
}

function takesIn(wide: Policy, narrow: Policy): boolean {
  return (
    wide.namespace?.text === narrow.namespace?.text &&
    (wide.scope.kind === "everything" ||
      (wide.scope.kind === "host" && narrow.scope.kind === "host") ||
      hasAllContainers(wide.scope, narrow.scope))
  );
}

function hasAllContainers(wide: Scope, narrow: Scope): boolean {
  return (
    wide.kind === "containers" &&
    narrow.kind === "containers" &&
    wide.condition === undefined &&
    (wide.withHost || !narrow.withHost)
  );
}

/** The rule of a block that refuses every event of `rule`; nothing where another may decide some of them. */
function refusal(rule: IrRule, block: IrBlock, fields: readonly Field[]): IrRule | undefined {
  for (const candidate of block.rules) {
    if (implies(rule.condition, candidate.condition, fields)) {
      return candidate.verdict.kind === "allow" ? undefined : candidate;
    }
    if (!excludes(rule.condition, candidate.condition, fields)) {
      return undefined;
    }
  }
  return undefined;
}
