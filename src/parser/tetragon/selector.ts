import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Action, Condition, Rule } from "../policy/tree.ts";
import type { YamlMapping, YamlNode } from "../yaml/tree.ts";
import { entryOf, itemsOf, scalarOf, valueOf } from "../yaml/tree.ts";
import { lowerActions } from "./actions.ts";
import type { DeclaredArgument } from "./arguments.ts";
import { nameAt } from "./arguments.ts";
import { type Notifications, notificationOf, notifyingRules } from "./enforcers.ts";
import type { Findings } from "./findings.ts";
import { notYet, refuseOtherKeys } from "./findings.ts";
import type { CallLists } from "./lists.ts";
import { credentialFilterKeys, lowerCredentialFilters } from "./match-credentials.ts";
import { lowerMatchArguments } from "./match-arguments.ts";
import { selectWorkloads, workloadCondition } from "./workload-selector.ts";
import { lowerProcessFilters, processFilterKeys } from "./match-process.ts";

/** What the comparisons of a hook can name. */
export interface HookScope {
  readonly declared: readonly DeclaredArgument[];
  readonly result: DeclaredArgument | undefined;
  readonly lists: CallLists;
  /** The hook, for the rule that stands for no selector at all. */
  readonly node: YamlMapping;
  readonly notifications: Notifications;
}

const loweredKeys: ReadonlySet<string> = new Set([
  ...processFilterKeys,
  ...credentialFilterKeys,
  "matchArgs",
  "matchReturnArgs",
  "matchActions",
  "matchReturnActions",
  "matchWorkloads",
  "label",
]);

/** The selectors of a hook as ordered rules. Without any, every call is reported. */
export function lowerSelectors(scope: HookScope, findings: Findings): readonly Rule[] {
  const selectors = itemsOf(scope.node, "selectors");
  if (selectors.length === 0) {
    const { span } = scope.node;
    return [
      {
        kind: "rule",
        label: undefined,
        condition: undefined,
        actions: [{ kind: "alert", template: undefined, span }],
        span,
      },
    ];
  }
  return selectors.flatMap((selector) => {
    const rule = lowerSelector(selector, scope, findings);
    const notification = notificationOf(selector);
    return rule === undefined || notification === undefined
      ? (rule ?? [])
      : notifyingRules(rule, scope.notifications, notification);
  });
}

function lowerSelector(node: YamlNode, scope: HookScope, findings: Findings): Rule | undefined {
  if (node.kind !== "mapping") {
    return undefined;
  }
  refuseOtherKeys(findings, node, "selector", loweredKeys);
  const workloads = selectWorkloads(valueOf(node, "matchWorkloads"), findings);
  const workload = workloads && workloadCondition(workloads);
  const operands = [
    ...(workload === undefined ? [] : [workload]),
    ...lowerProcessFilters(node, findings),
    ...lowerCredentialFilters(node, findings),
    ...lowerMatchArguments(node, "matchArgs", scope, findings),
    ...lowerMatchResult(node, scope, findings),
  ];
  const label = scalarOf(node, "label");
  return {
    kind: "rule",
    label: label === undefined ? undefined : nameAt(label.text, label),
    condition: conjunction(operands, node),
    actions: lowerAllActions(node, scope, findings),
    span: node.span,
  };
}

/**
 * What a selector asks for when the function is called and when it returns. There is one event, and where a rule
 * can refuse it does so before the function has done anything.
 */
function lowerAllActions(node: YamlMapping, scope: HookScope, findings: Findings): readonly Action[] {
  const actions = lowerActions(node, "matchActions", scope.declared, findings);
  const entry = entryOf(node, "matchReturnActions");
  if (entry === undefined || itemsOf(node, "matchReturnActions").length === 0) {
    return actions;
  }
  if (scope.result === undefined) {
    notYet(findings, entry.key.span, "`matchReturnActions` without `return: true` and `returnArg`");
    return actions;
  }
  const returned = lowerActions(node, "matchReturnActions", scope.declared, findings);
  const late = returned.find(({ kind }) => kind === "deny");
  if (late !== undefined) {
    findings.push(
      diagnostic("result-known-too-late", late.span, "when the function returns it is too late to override", {
        help: "move the action to `matchActions`",
      }),
    );
  }
  if (isListed(actions) && isListed(returned)) {
    notYet(findings, entry.key.span, "`matchReturnActions` beside other actions than `Post` and `NoPost`");
  }
  const isSilent = [...actions, ...returned].some(({ kind }) => kind === "silent");
  const [more, own] = isListed(returned) ? [returned, actions] : [actions, returned];
  const kept = isSilent ? more.filter(({ kind }) => kind !== "alert" && kind !== "limit") : more;
  return isSilent && !kept.some(({ kind }) => kind === "silent")
    ? [...kept, ...own.filter(({ kind }) => kind === "silent")]
    : kept;
}

/** Whether a list has more than whether to report. */
function isListed(actions: readonly Action[]): boolean {
  return actions.some(({ kind }) => kind !== "alert" && kind !== "silent");
}

function lowerMatchResult(node: YamlMapping, scope: HookScope, findings: Findings): readonly Condition[] {
  const entry = entryOf(node, "matchReturnArgs");
  if (entry === undefined || itemsOf(node, "matchReturnArgs").length === 0) {
    return [];
  }
  if (scope.result === undefined) {
    notYet(findings, entry.key.span, "`matchReturnArgs` without `return: true` and `returnArg`");
    return [];
  }
  return lowerMatchArguments(
    node,
    "matchReturnArgs",
    { declared: [scope.result], lists: scope.lists },
    findings,
  );
}

function conjunction(operands: readonly Condition[], node: YamlMapping): Condition | undefined {
  const [first, ...rest] = operands;
  return rest.length === 0 ? first : { kind: "and", operands, span: node.span };
}
