/** Limits of how much a policy lists: policies, rules, values, and the states of globs. */
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import { limits } from "../../kernel/limits.ts";
import { isListPart } from "../../kernel/hook.ts";
import { MAXIMUM_STATES } from "../automaton.ts";
import { elementTest } from "../element-test.ts";
import type { Atom, Field } from "../ir.ts";
import { type VerifyContext, lastRule, overLimit } from "./context.ts";
import { fitsAutomaton, sideOf } from "./tables.ts";
import { valueCount } from "../matching.ts";
import { atomsOfField } from "./values.ts";

const splitPolicies = "compile some of the policies into a bundle of their own";

/** Policies and rules in all. */
export function checkTotals(context: VerifyContext): readonly Diagnostic[] {
  const { ir, budget } = context;
  return [
    ...overLimit({
      code: "too-many-rules",
      what: "rules in all",
      amount: budget.rules,
      limit: limits.rules,
      span: lastRule(context, ir.hooks.length - 1),
      help: splitPolicies,
    }),
    ...overLimit({
      code: "too-many-rules",
      what: "policies",
      amount: budget.policies,
      limit: limits.policies,
      span: ir.policies[limits.policies]?.span,
      help: splitPolicies,
    }),
  ];
}

/** Rules of each hook. */
export function checkRules({ budget }: VerifyContext): readonly Diagnostic[] {
  return budget.hooks.flatMap(({ hook, rules }) =>
    overLimit({
      code: "too-many-rules",
      what: `rules on \`${hook}\``,
      amount: rules.length,
      limit: limits.rulesPerHook,
      span: rules[limits.rulesPerHook]?.span,
      help: "join rules that have the same actions: list their values in one rule",
    }),
  );
}

/** Values of each field. */
export function checkValues(context: VerifyContext): readonly Diagnostic[] {
  const { ir, budget } = context;
  return budget.hooks.flatMap(({ fields, hook }, index) =>
    fields.flatMap(({ name, values }, field) =>
      overLimit({
        code: "too-many-values",
        what: `values for \`${name}\` of \`${hook}\``,
        amount: values,
        limit: limits.valuesPerField,
        span: spanOfValue(ir.hooks[index], field) ?? lastRule(context, index),
        help: "name a directory, a network or a range that holds many of them",
      }),
    ),
  );
}

function spanOfValue(
  hook: VerifyContext["ir"]["hooks"][number] | undefined,
  field: number,
): Diagnostic["span"] {
  let values = 0;
  return (hook === undefined ? [] : atomsOfField(hook, field)).find(({ test }) => {
    values += valueCount(test);
    return values > limits.valuesPerField;
  })?.span;
}

/** Every comparison with a list is made by an automaton, which knows elements by what stands before them. */
function inAutomaton({ source }: Field, atom: Atom): Atom {
  return source.kind === "process" && isListPart(source.part)
    ? { ...atom, test: elementTest(source, atom) }
    : atom;
}

/** Globs, and texts longer than a table holds, that no automaton can be made of. */
export function checkTexts({ ir }: VerifyContext): readonly Diagnostic[] {
  return ir.hooks.flatMap((hook) =>
    hook.fields.flatMap((field, index) =>
      atomsOfField(hook, index)
        .map((atom) => inAutomaton(field, atom))
        .filter((atom) => sideOf(atom.test) === "globs" && !fitsAutomaton(atom))
        .map(({ span }) =>
          diagnostic("glob-too-large", span, `these globs need more than ${MAXIMUM_STATES} states`, {
            help: "split them over several rules, or use fewer `*` and `**` in one glob",
          }),
        ),
    ),
  );
}
