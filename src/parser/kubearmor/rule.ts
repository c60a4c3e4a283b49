/** A rule of a section, whatever section it is, and the blocks that say it. */
import type { Span } from "../../source/source.ts";
import type { Action, Block, Condition, Group, Literal, Rule } from "../policy/tree.ts";
import type { Attributes } from "./attributes.ts";
import { allOf, compare, negated, word } from "./conditions.ts";
import { precedenceOf, type Subject } from "./precedence.ts";

/** Sections that decide; each has a posture. */
export type Section = "process" | "file" | "network" | "capabilities";

/** One entry of a section's lists. */
export interface SectionRule {
  readonly attributes: Attributes;
  /** The events that it decides about. */
  readonly events: readonly string[];
  readonly subject: Subject;
  /** What it compares. */
  readonly condition: Condition;
  /** Programs that it is only for; none: all. */
  readonly sources: readonly Literal[];
  readonly ownerOnly: boolean;
  /** Only from processes without a terminal. */
  readonly refusesTerminal: boolean;
  readonly span: Span;
}

/** What the program that acts is called: a new program's is the one that started it. */
function sourceField(section: Section): string {
  return section === "process" ? "parent.exe" : "process.exe";
}

/** The block that says a rule. Block and Allow decide in one group, Audit beside it: it must not let anything pass. */
export function blockOf(rule: SectionRule, section: Section): Block {
  const { attributes, span } = rule;
  const { action } = attributes;
  const hasSource = rule.sources.length > 0;
  const precedence = precedenceOf(rule.subject, hasSource, action);
  const name = action === "Audit" ? `kubearmor ${section} audit` : `kubearmor ${section}`;
  const sources = hasSource ? compare(sourceField(section), "in", rule.sources, span) : undefined;
  return {
    kind: "block",
    hooks: rule.events.map((event) => ({
      kind: "event",
      name: { kind: "name", text: event, span },
      span,
    })),
    condition: allOf([rule.condition, sources], span),
    rules: rulesOf(rule),
    otherwise: undefined,
    group: groupAt(name, precedence, span),
    severity: attributes.severity,
    tags: attributes.tags,
    message: attributes.message,
    span,
  };
}

/** The block that says what happens to all else. */
export function postureBlock(
  section: Section,
  events: readonly string[],
  blocks: boolean,
  span: Span,
): Block {
  return {
    kind: "block",
    hooks: events.map((event) => ({ kind: "event", name: { kind: "name", text: event, span }, span })),
    condition: undefined,
    rules: [],
    otherwise: ruleOf(undefined, blocks ? refusal(span) : report(span), span),
    group: groupAt(`kubearmor ${section}`, undefined, span),
    severity: undefined,
    tags: [],
    message: undefined,
    span,
  };
}

function groupAt(name: string, precedence: number | undefined, span: Span): Group {
  return { kind: "group", name: { kind: "name", text: name, span }, precedence, span };
}

/**
 * `ownerOnly` refuses all but the owner, whatever the action; a terminal is refused where `pts: false` stands,
 * and a Block with it refuses nothing else.
 */
function rulesOf(rule: SectionRule): readonly Rule[] {
  const { attributes, span } = rule;
  const { action, actionSpan } = attributes;
  const owned = compare("file.owned", "in", [{ kind: "integer", value: 1n, span }], span);
  const terminal = compare("process.tty", "exists", [], span);
  const refuse = action === "Audit" ? report(actionSpan) : refusal(actionSpan);
  const pass = permission(actionSpan);
  if (rule.ownerOnly) {
    return [ruleOf(owned, pass, span), ruleOf(negated(owned, span), refuse, span)];
  }
  if (rule.refusesTerminal) {
    return [ruleOf(terminal, refuse, span), ruleOf(undefined, pass, span)];
  }
  return [ruleOf(undefined, actionsOf(attributes), span)];
}

/** What an action does where nothing else is asked. */
export function actionsOf({ action, actionSpan }: Attributes): readonly Action[] {
  switch (action) {
    case "Allow":
      return permission(actionSpan);
    case "Audit":
      return report(actionSpan);
    case "Block":
      return refusal(actionSpan);
  }
}

function ruleOf(condition: Condition | undefined, actions: readonly Action[], span: Span): Rule {
  return { kind: "rule", label: undefined, condition, actions, span };
}

function refusal(span: Span): readonly Action[] {
  return [{ kind: "deny", errno: word("EACCES", span), span }, ...report(span)];
}

/** As many alerts as the node's configuration allows each rule and container. */
export function report(span: Span): readonly Action[] {
  return [
    { kind: "alert", template: undefined, span },
    { kind: "default-limit", span },
  ];
}

function permission(span: Span): readonly Action[] {
  return [{ kind: "allow", span }];
}
