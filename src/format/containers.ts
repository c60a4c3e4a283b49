/** The parts of a syntax tree that lay their elements out one below the other, so that comments fit between. */
import { unreachable } from "../source/invariant.ts";
import type { Span } from "../source/source.ts";
import type {
  BlockSyntax,
  ConditionSyntax,
  FileStatement,
  FileSyntax,
  ItemSyntax,
  RuleSyntax,
  StringListSyntax,
  ValueListSyntax,
  ValueSyntax,
} from "../parser/policy/syntax.ts";
import type { CommentTarget } from "../parser/policy/trivia.ts";

export interface Container {
  readonly kind: "statements" | "list" | "chain";
  readonly elements: readonly CommentTarget[];
  /** The node that comments without an element hang on. */
  readonly owner: CommentTarget;
  /** From its opening to its closing sign. */
  readonly span: Span;
}

/** Every element that a container can have. */
type Element = FileStatement | ItemSyntax | RuleSyntax | ConditionSyntax;

export function fileContainer(file: FileSyntax): Container {
  return { kind: "statements", elements: file.statements, owner: file, span: file.span };
}

/** The containers directly within an element. */
export function containersWithin(node: CommentTarget): readonly Container[] {
  return isElement(node) ? within(node) : [];
}

const elementKinds: ReadonlySet<string> = new Set<Element["kind"]>([
  "policy",
  "import",
  "param",
  "let",
  "define",
  "description",
  "message",
  "tags",
  "severity",
  "scope",
  "block",
  "rule",
  "chain",
  "not",
  "parentheses",
  "constant",
  "reference",
  "comparison",
]);

function isElement(node: CommentTarget): node is Element {
  return elementKinds.has(node.kind);
}

function within(node: Element): readonly Container[] {
  switch (node.kind) {
    case "policy":
      return [{ kind: "statements", elements: node.items, owner: node, span: node.body }];
    case "block":
      return [...withinCondition(node.condition), blockBody(node)];
    case "rule":
    case "scope":
    case "define":
      return withinCondition(node.condition);
    case "param":
    case "let":
      return withinValue(node.value);
    case "tags":
      return [list(node.values)];
    case "import":
    case "description":
    case "message":
    case "severity":
      return [];
    case "chain":
    case "not":
    case "parentheses":
    case "constant":
    case "reference":
    case "comparison":
      return withinCondition(node);
    default:
      return unreachable(node);
  }
}

function blockBody(block: BlockSyntax): Container {
  return { kind: "statements", elements: block.items, owner: block, span: block.body };
}

function withinCondition(condition: ConditionSyntax | undefined): readonly Container[] {
  if (condition === undefined) {
    return [];
  }
  switch (condition.kind) {
    case "chain":
      return [{ kind: "chain", elements: condition.operands, owner: condition, span: condition.reach }];
    case "not":
      return withinCondition(condition.operand);
    case "parentheses":
      // Comments just inside the parentheses belong to the chain in them.
      return withinCondition(condition.inner).map((inner) =>
        inner.kind === "chain" ? { ...inner, span: condition.span } : inner,
      );
    case "constant":
    case "reference":
      return [];
    case "comparison":
      return withinValue(condition.operand);
    default:
      return unreachable(condition);
  }
}

function withinValue(value: ValueSyntax | undefined): readonly Container[] {
  return value?.kind === "value-list" ? [list(value)] : [];
}

function list(node: StringListSyntax | ValueListSyntax): Container {
  return { kind: "list", elements: node.elements, owner: node, span: node.span };
}
