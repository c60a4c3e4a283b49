/** `CapabilitiesGained`: a set of capabilities has some that another one did not have. */
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { wordsOf } from "../../kernel/words.ts";
import type { Span } from "../../source/source.ts";
import type { Condition, Literal } from "../policy/tree.ts";
import type { YamlMapping, YamlScalar } from "../yaml/tree.ts";
import { itemsOf } from "../yaml/tree.ts";
import type { DeclaredArgument } from "./arguments.ts";
import type { Findings } from "./findings.ts";
import { readWord } from "./values.ts";

/** `args: [OLD, NEW]` are positions; with values only those capabilities are looked at, else all. */
export function lowerCapabilitiesGained(
  node: YamlMapping,
  operator: YamlScalar,
  declared: readonly DeclaredArgument[],
  findings: Findings,
): Condition | undefined {
  const sets = itemsOf(node, "args").map((item) =>
    item.kind === "scalar" ? declared[Number(item.value)] : undefined,
  );
  const [before, after] = sets;
  if (
    sets.length !== 2 ||
    before?.argumentClass !== "capabilities" ||
    after?.argumentClass !== "capabilities"
  ) {
    findings.push(
      diagnostic("missing-key", operator.span, "`CapabilitiesGained` compares two sets of capabilities", {
        help: "name the old and the new one by their positions under the hook's `args`: `args: [0, 1]`",
      }),
    );
    return undefined;
  }
  const items = itemsOf(node, "values");
  const given = items.map((item) => (item.kind === "scalar" ? readWord(item, findings) : undefined));
  const known = given.filter((value) => value !== undefined);
  if (known.length < given.length) {
    return undefined;
  }
  const values = known.length > 0 ? known : everyCapability(operator.span);
  const gained = values.map((value): Condition => {
    const has = (argument: DeclaredArgument): Condition => comparison(argument, value, operator.span);
    return {
      kind: "and",
      operands: [{ kind: "not", operand: has(before), span: node.span }, has(after)],
      span: node.span,
    };
  });
  const [only] = gained;
  return gained.length === 1 && only !== undefined ? only : { kind: "or", operands: gained, span: node.span };
}

function everyCapability(span: Span): readonly Literal[] {
  return wordsOf("capabilityMask").map((value) => ({ kind: "word", value, span }));
}

function comparison({ parameter }: DeclaredArgument, value: Literal, span: Span): Condition {
  return {
    kind: "comparison",
    field: { kind: "field", segments: [parameter.name.text], span },
    operator: "has-any",
    operatorSpan: span,
    values: [value],
    ignoreCase: false,
    span,
  };
}
