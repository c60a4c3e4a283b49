/** Conditions, fields and values -> document. */
import { unreachable } from "../../source/invariant.ts";
import { type Doc, concat, group, hardLine, ifBroken, indent, join, line, softLine } from "./doc.ts";
import type { ChainSyntax, ComparisonSyntax, ConditionSyntax, LiteralSyntax, ValueSyntax } from "./syntax.ts";
import type { FieldReference } from "./tree.ts";
import { type CommentTarget, type Trivia, commentLines, trailingComment } from "./trivia.ts";
import { isIdentifier, quoteString, spellName } from "./words.ts";

/** `when` or `where` and its condition, after a space. */
export function layoutClause(word: string, condition: ConditionSyntax | undefined, trivia: Trivia): Doc {
  return condition === undefined ? "" : concat(" ", word, layoutBehind(condition, trivia));
}

/** A condition behind a word: a chain moves to lines of its own when it is long, a list breaks where it is. */
export function layoutBehind(condition: ConditionSyntax, trivia: Trivia): Doc {
  const laidOut = layoutCondition(condition, trivia);
  return condition.kind === "chain" ? group(indent(line, laidOut)) : concat(" ", laidOut);
}

export function layoutCondition(condition: ConditionSyntax, trivia: Trivia): Doc {
  switch (condition.kind) {
    case "chain":
      return layoutChain(condition, trivia);
    case "not":
      return concat("not ", layoutCondition(condition.operand, trivia));
    case "parentheses":
      return group("(", indent(softLine, layoutCondition(condition.inner, trivia)), softLine, ")");
    case "constant":
      return condition.value ? "true" : "false";
    case "reference":
      return condition.name.text;
    case "comparison":
      return layoutComparison(condition, trivia);
    default:
      return unreachable(condition);
  }
}

/** No group of its own: it breaks where the clause or the parentheses around it break. */
function layoutChain(chain: ChainSyntax, trivia: Trivia): Doc {
  const last = chain.operands.at(-1);
  const parts = chain.operands.map((operand, index) =>
    concat(
      commentLines(operand, trivia),
      index === 0 ? "" : `${chain.operator} `,
      layoutCondition(operand, trivia),
      // The last operand's comment would take in what follows the chain.
      operand === last ? "" : trailingComment(operand, trivia),
    ),
  );
  const hasComments = chain.operands.some((operand) => trivia.hasComments(operand));
  return join(hasComments ? hardLine : line, parts);
}

function layoutComparison(comparison: ComparisonSyntax, trivia: Trivia): Doc {
  const operand =
    comparison.operand === undefined ? "" : concat(" ", layoutValue(comparison.operand, trivia));
  const suffix = comparison.ignoreCase ? " ignoring case" : "";
  return concat(spellField(comparison.field), ` ${comparison.operator}`, operand, suffix);
}

export function layoutValue(value: ValueSyntax, trivia: Trivia): Doc {
  return value.kind === "literal" ? value.text : layoutList(value, trivia);
}

interface ListSyntax extends CommentTarget {
  readonly elements: readonly (CommentTarget & Pick<LiteralSyntax, "text">)[];
}

/** `[a, b]`, or one element a line. */
export function layoutList(list: ListSyntax, trivia: Trivia): Doc {
  const { elements } = list;
  const closing = trivia.dangling(list).map(({ text }) => text);
  if (elements.length + closing.length === 0) {
    return "[]";
  }
  const last = elements.at(-1);
  const parts = elements.map((element) =>
    concat(
      commentLines(element, trivia),
      element.text,
      element === last ? ifBroken(",") : ",",
      trailingComment(element, trivia),
    ),
  );
  const hasComments = closing.length > 0 || elements.some((element) => trivia.hasComments(element));
  const edge = hasComments ? hardLine : softLine;
  return group("[", indent(edge, join(hasComments ? hardLine : line, [...parts, ...closing])), edge, "]");
}

/** Segments after which a key of the user's choice follows: shown as `labels["app"]`. */
const keyedSegments: ReadonlySet<string> = new Set(["labels", "annotations", "env"]);
const quantified = /^(?:any|all) ([A-Za-z_][A-Za-z0-9_]*)$/;
const plainIndex = /^(?:0|[1-9]\d{0,8})$/;

/** A field as source text that reads back to the same segments. */
export function spellField(field: FieldReference): string {
  let text = "";
  let previous = "";
  for (const [index, segment] of field.segments.entries()) {
    if (index === 0) {
      text = spellFirstSegment(segment);
    } else if (plainIndex.test(segment)) {
      text += `[${segment}]`;
    } else if (isIdentifier(segment) && !keyedSegments.has(previous)) {
      text += `.${segment}`;
    } else {
      text += `[${quoteString(segment)}]`;
    }
    previous = segment;
  }
  return text;
}

function spellFirstSegment(segment: string): string {
  const noun = quantified.exec(segment)?.[1];
  return noun !== undefined && spellName(noun) === noun ? segment : spellName(segment);
}
