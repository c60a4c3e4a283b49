/** Syntax tree -> canonical text. The only place that decides on spaces and line breaks. */
import { unreachable } from "../../source/invariant.ts";
import { type Doc, concat, group, hardLine, indent, join, line, render, sequence } from "./doc.ts";
import { layoutBehind, layoutClause, layoutList, layoutValue } from "./layout-condition.ts";
import { layoutHook } from "./layout-hook.ts";
import type {
  ActionSyntax,
  BlockSyntax,
  DeclarationSyntax,
  FileStatement,
  FileSyntax,
  GroupSyntax,
  ItemSyntax,
  PolicySyntax,
  RuleSyntax,
  ScopeSyntax,
  TextItemSyntax,
} from "./syntax.ts";
import { type CommentTarget, type Trivia, commentLines, trailingComment } from "./trivia.ts";

/** Columns that a line may have. */
export const lineWidth = 100;

/** The canonical text of a file; it ends with a line break unless it is empty. */
export function layoutFile(file: FileSyntax, trivia: Trivia): string {
  const body = layoutStatements(file, file.statements, trivia, layoutTopLevel);
  const text = render(body, lineWidth);
  return text === "" ? "" : `${text}\n`;
}

function layoutTopLevel(statement: FileStatement, trivia: Trivia): Doc {
  switch (statement.kind) {
    case "policy":
      return layoutPolicy(statement, trivia);
    case "import":
      return `import ${statement.path.text}`;
    case "param":
    case "let":
    case "define":
      return layoutDeclaration(statement, trivia);
    default:
      return unreachable(statement);
  }
}

/** Statements one below the other, with their comments and the blank lines between them. */
function layoutStatements<T extends CommentTarget>(
  container: CommentTarget,
  statements: readonly T[],
  trivia: Trivia,
  layoutStatement: (statement: T, trivia: Trivia) => Doc,
): Doc {
  const parts: Doc[] = [];
  for (const statement of statements) {
    if (parts.length > 0) {
      parts.push(hardLine, trivia.blankBefore(statement) ? hardLine : "");
    }
    parts.push(commentLines(statement, trivia), layoutStatement(statement, trivia));
    parts.push(trailingComment(statement, trivia));
  }
  for (const comment of trivia.dangling(container)) {
    if (parts.length > 0) {
      parts.push(hardLine, comment.blankBefore ? hardLine : "");
    }
    parts.push(comment.text);
  }
  return sequence(parts);
}

/** `{`, the statements indented, `}`. */
function layoutBody<T extends CommentTarget>(
  container: CommentTarget,
  statements: readonly T[],
  trivia: Trivia,
  layoutStatement: (statement: T, trivia: Trivia) => Doc,
): Doc {
  if (statements.length === 0 && trivia.dangling(container).length === 0) {
    return " {}";
  }
  const body = layoutStatements(container, statements, trivia, layoutStatement);
  return concat(" {", indent(hardLine, body), hardLine, "}");
}

function layoutPolicy(policy: PolicySyntax, trivia: Trivia): Doc {
  const head = [
    `policy ${policy.name.text}`,
    ...(policy.namespace === undefined ? [] : [`namespace ${policy.namespace.text}`]),
    ...(policy.mode === undefined ? [] : [`mode ${policy.mode}`]),
  ];
  return concat(head.join(" "), layoutBody(policy, policy.items, trivia, layoutItem));
}

function layoutItem(item: ItemSyntax, trivia: Trivia): Doc {
  switch (item.kind) {
    case "description":
    case "message":
    case "severity":
    case "tags":
      return layoutTextItem(item, trivia);
    case "scope":
      return layoutScope(item, trivia);
    case "block":
      return layoutBlock(item, trivia);
    case "param":
    case "let":
    case "define":
      return layoutDeclaration(item, trivia);
    default:
      return unreachable(item);
  }
}

function layoutTextItem(item: TextItemSyntax, trivia: Trivia): Doc {
  switch (item.kind) {
    case "severity":
      return `severity ${item.value}`;
    case "tags":
      return concat("tags ", layoutList(item.values, trivia));
    case "description":
    case "message":
      return `${item.kind} ${item.value.text}`;
    default:
      return unreachable(item);
  }
}

function layoutScope(scope: ScopeSyntax, trivia: Trivia): Doc {
  return concat(`applies to ${scope.workloads}`, layoutClause("where", scope.condition, trivia));
}

function layoutDeclaration(declaration: DeclarationSyntax, trivia: Trivia): Doc {
  const name = declaration.name.text;
  switch (declaration.kind) {
    case "param": {
      const type = `param ${name}: ${declaration.type.text}${declaration.isList ? "[]" : ""}`;
      return declaration.value === undefined
        ? type
        : concat(type, " = ", layoutValue(declaration.value, trivia));
    }
    case "let":
      return concat(`let ${name} = `, layoutValue(declaration.value, trivia));
    case "define":
      return concat(`define ${name} =`, layoutBehind(declaration.condition, trivia));
    default:
      return unreachable(declaration);
  }
}

function layoutBlock(block: BlockSyntax, trivia: Trivia): Doc {
  const hooks = join(concat(",", line), block.hooks.map(layoutHook));
  return concat(
    "on ",
    group(indent(hooks)),
    block.group === undefined ? "" : spellGroup(block.group),
    layoutClause("when", block.condition, trivia),
    layoutBody(block, block.items, trivia, layoutBlockItem),
  );
}

function spellGroup({ name, precedence }: GroupSyntax): string {
  return ` in group ${name.text}${precedence === undefined ? "" : ` precedence ${precedence}`}`;
}

function layoutBlockItem(item: TextItemSyntax | RuleSyntax, trivia: Trivia): Doc {
  return item.kind === "rule" ? layoutRule(item, trivia) : layoutTextItem(item, trivia);
}

function layoutRule(rule: RuleSyntax, trivia: Trivia): Doc {
  return concat(
    rule.label === undefined ? "" : `rule ${rule.label.text}: `,
    rule.otherwise ? "otherwise " : "",
    rule.actions.map(spellAction).join(", "),
    layoutClause("when", rule.condition, trivia),
  );
}

function spellAction(action: ActionSyntax): string {
  switch (action.kind) {
    case "allow":
    case "silent":
      return action.kind;
    case "deny":
    case "kill":
      return action.value === undefined ? action.kind : `${action.kind} ${action.value.text}`;
    case "alert":
      return action.template === undefined ? "alert" : `alert ${action.template.text}`;
    case "stack":
    case "track":
    case "untrack":
      return `${action.kind} ${action.subject.text}`;
    case "fetch":
    case "resolve":
      return `${action.kind} ${action.target.text}`;
    case "default-limit":
      return "limit default";
    case "limit": {
      const alike = action.alike ? " alike" : "";
      const mute = action.mute === undefined ? "" : ` then mute ${action.mute.text}`;
      const scope = action.scope === undefined ? "" : ` per ${action.scope.text}`;
      return `limit ${action.count.text}${alike} per ${action.window.text}${mute}${scope}`;
    }
    default:
      return unreachable(action);
  }
}
