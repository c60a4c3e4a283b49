/** Policy tree -> syntax tree: the spelling that reads back to an equal tree. */
import { unreachable } from "../../source/invariant.ts";
import type { Span } from "../../source/source.ts";
import { spellDuration } from "./durations.ts";
import { raiseCondition, raiseLiteral } from "./raise-condition.ts";
import { raiseHook } from "./raise-hook.ts";
import type {
  ActionSyntax,
  NameSyntax,
  BlockSyntax,
  DurationSyntax,
  FileSyntax,
  GroupSyntax,
  PolicySyntax,
  RuleSyntax,
  ScopeSyntax,
  StringListSyntax,
  StringSyntax,
  TextItemSyntax,
} from "./syntax.ts";
import type {
  Action,
  Block,
  Group,
  LimitAction,
  Name,
  Policy,
  PolicyTree,
  Rule,
  Scope,
  Text,
} from "./tree.ts";
import { quoteString, spellName } from "./words.ts";

/** The file that says what the policies say; `span` is where it is said to come from. */
export function raisePolicyTree(tree: PolicyTree, span: Span): FileSyntax {
  return { kind: "file", statements: tree.policies.map(raisePolicy), span };
}

function raisePolicy(policy: Policy): PolicySyntax {
  const { span } = policy;
  return {
    kind: "policy",
    name: raiseString(policy.name),
    namespace: policy.namespace && raiseString(policy.namespace),
    mode: policy.mode,
    items: [
      ...raiseTextItem("description", policy.description),
      ...raiseSeverity(policy.severity, span),
      ...raiseTags(policy.tags, span),
      ...raiseTextItem("message", policy.message),
      raiseScope(policy.scope),
      ...policy.blocks.map(raiseBlock),
    ],
    body: span,
    span,
  };
}

function raiseString(text: Name | Text): StringSyntax {
  return { kind: "string", value: text.text, text: quoteString(text.text), span: text.span };
}

function raiseSeverity(severity: number | undefined, span: Span): readonly TextItemSyntax[] {
  return severity === undefined ? [] : [{ kind: "severity", value: BigInt(severity), span }];
}

function raiseGroup({ name, precedence, span }: Group): GroupSyntax {
  return {
    kind: "group",
    name: raiseString(name),
    precedence: precedence === undefined ? undefined : BigInt(precedence),
    span,
  };
}

function raiseTextItem(kind: "description" | "message", text: Text | undefined): readonly TextItemSyntax[] {
  return text === undefined ? [] : [{ kind, value: raiseString(text), span: text.span }];
}

function raiseTags(tags: readonly Text[], span: Span): readonly TextItemSyntax[] {
  if (tags.length === 0) {
    return [];
  }
  const values: StringListSyntax = { kind: "string-list", elements: tags.map(raiseString), span };
  return [{ kind: "tags", values, span }];
}

function raiseScope(scope: Scope): ScopeSyntax {
  const { span } = scope;
  switch (scope.kind) {
    case "everything":
    case "host":
      return { kind: "scope", workloads: scope.kind, condition: undefined, span };
    case "containers":
      return {
        kind: "scope",
        workloads: scope.withHost ? "host and containers" : "containers",
        condition: scope.condition && raiseCondition(scope.condition),
        span,
      };
    default:
      return unreachable(scope);
  }
}

function raiseBlock(block: Block): BlockSyntax {
  return {
    kind: "block",
    hooks: block.hooks.map(raiseHook),
    group: block.group && raiseGroup(block.group),
    condition: block.condition && raiseCondition(block.condition),
    items: [
      ...raiseSeverity(block.severity, block.span),
      ...raiseTags(block.tags, block.span),
      ...raiseTextItem("message", block.message),
      ...block.rules.map((rule) => raiseRule(rule, false)),
      ...(block.otherwise === undefined ? [] : [raiseRule(block.otherwise, true)]),
    ],
    body: block.span,
    span: block.span,
  };
}

function raiseRule(rule: Rule, otherwise: boolean): RuleSyntax {
  return {
    kind: "rule",
    label: rule.label && raiseString(rule.label),
    otherwise,
    actions: rule.actions.length === 0 ? [implied(rule)] : rule.actions.map(raiseAction),
    condition: rule.condition && raiseCondition(rule.condition),
    span: rule.span,
  };
}

/** A rule without actions reports; the language says so. */
function implied({ span }: Rule): ActionSyntax {
  return { kind: "alert", template: undefined, span };
}

function raiseAction(action: Action): ActionSyntax {
  const { span } = action;
  switch (action.kind) {
    case "allow":
    case "silent":
    case "default-limit":
      return { kind: action.kind, span };
    case "deny":
      return { kind: "deny", value: action.errno && raiseLiteral(action.errno), span };
    case "kill":
      return { kind: "kill", value: action.signal && raiseLiteral(action.signal), span };
    case "alert":
      return { kind: "alert", template: action.template && raiseString(action.template), span };
    case "stack":
      return { kind: "stack", subject: raiseWord(action.of, span), span };
    case "track":
    case "untrack":
      return { kind: action.kind, subject: raiseWord(action.argument.text, action.argument.span), span };
    case "fetch":
    case "resolve":
      return { kind: action.kind, target: raiseString(action.target), span };
    case "limit":
      return raiseLimit(action);
    default:
      return unreachable(action);
  }
}

function raiseWord(value: string, span: Span): NameSyntax {
  return { kind: "name", value, text: spellName(value), span };
}

function raiseLimit({ alike, count, mute, per, span, window }: LimitAction): ActionSyntax {
  const duration = (milliseconds: number): DurationSyntax => {
    return { kind: "duration", milliseconds, text: spellDuration(milliseconds), span };
  };
  return {
    kind: "limit",
    count: { kind: "number", value: BigInt(count), text: String(count), span },
    alike,
    window: duration(window),
    mute: mute === undefined ? undefined : duration(mute),
    scope: per === "rule" ? undefined : { kind: "name", value: per, text: per, span },
    span,
  };
}
