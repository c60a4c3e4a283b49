/** Limits of how much a policy lists: policies, rules, values, and the bytes of a value. */
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import { limits } from "../../kernel/limits.ts";
import { type VerifyContext, lastRule, overLimit } from "./context.ts";
import { keysOf } from "./tables.ts";
import { atomsOfField, valuesOf } from "./values.ts";

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
    values += valuesOf(test);
    return values > limits.valuesPerField;
  })?.span;
}

/** Bytes of each text. */
export function checkTexts({ ir }: VerifyContext): readonly Diagnostic[] {
  return ir.hooks.flatMap((hook) =>
    hook.fields.flatMap((_, field) =>
      atomsOfField(hook, field).flatMap((atom) => {
        const { test } = atom;
        if (test.kind !== "text") {
          return [];
        }
        // An exact text's key holds the NUL that ends it.
        const room = limits.trieKeyBytes - (test.match === "exact" ? 1 : 0);
        return keysOf(atom).flatMap(({ text, span }) => {
          const bytes = text.length - (limits.trieKeyBytes - room);
          return bytes <= room
            ? []
            : [
                diagnostic("value-too-long", span, `${bytes} bytes of text: the limit is ${room}`, {
                  help: textHelp[test.match],
                }),
              ];
        });
      }),
    ),
  );
}

const textHelp = {
  exact: "compare with the path of a directory above it, by its start",
  prefix: "compare with a directory above it",
  suffix: "compare with fewer components of the path's end",
} as const;
