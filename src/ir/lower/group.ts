/** Decision groups: the rules of their blocks, of all policies, become one list in order of precedence. */
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Block } from "../../parser/policy/tree.ts";
import { elementAt } from "../../source/invariant.ts";
import type { Span } from "../../source/source.ts";
import type { Bool, IrBlock, IrRule } from "../ir.ts";
import { type DraftBlock, matchesUnresolved } from "./block.ts";

/** Says where a block of a group does not say where its rules stand. */
export function checkGroup({ group, rules }: Block, findings: Diagnostic[]): void {
  if (group !== undefined && group.precedence === undefined && rules.length > 0) {
    findings.push(
      diagnostic("group-without-precedence", group.span, "nothing says when these rules are looked at", {
        help: "add `precedence N`: rules of the group with smaller numbers are looked at first",
      }),
    );
  }
}

/** The blocks of a hook, with those of one group and about one value joined where the first of them stands. */
export function joinGroups(drafts: readonly DraftBlock[], findings: Diagnostic[]): readonly IrBlock[] {
  const groups = new Map<string, DraftBlock[]>();
  for (const draft of drafts) {
    const key = groupKey(draft);
    if (key !== undefined) {
      groups.set(key, [...(groups.get(key) ?? []), draft]);
    }
  }
  return drafts.flatMap((draft) => {
    const members = groups.get(groupKey(draft) ?? "");
    return members === undefined ? [draft.block] : members[0] === draft ? [joined(members, findings)] : [];
  });
}

function groupKey({ group }: DraftBlock): string | undefined {
  return group === undefined ? undefined : `${group.subject ?? ""}/${group.name}`;
}

interface GroupRule {
  readonly rule: IrRule;
  readonly allows: boolean;
}

function joined(members: readonly DraftBlock[], findings: Diagnostic[]): IrBlock {
  const { block } = elementAt(members, 0);
  const all = members.flatMap(({ block: { rules }, allows }) =>
    rules.map((rule, index): GroupRule => ({ rule, allows: elementAt(allows, index) })),
  );
  const ordered = [...all].sort((a, b) => comparePlaces(a.rule, b.rule));
  reportConflicts(ordered, findings);
  const parts = ordered.map(({ rule, allows }) => ({ verdict: rule.verdict, post: rule.post, allows }));
  const rules = ordered.map(({ rule }, index): IrRule => {
    const matches = matchesUnresolved(elementAt(parts, index), parts.slice(index + 1));
    return { ...rule, onUnresolved: matches ? "match" : "no-match" };
  });
  return { ...block, rules };
}

const strictness = { allow: 0, deny: 1, kill: 2 } as const;

/** By precedence; postures last, the strictest first: several policies have one posture. */
function comparePlaces(a: IrRule, b: IrRule): number {
  if (a.posture !== b.posture) {
    return a.posture ? 1 : -1;
  }
  return a.posture
    ? strictness[b.verdict.kind] - strictness[a.verdict.kind]
    : (a.precedence ?? 0) - (b.precedence ?? 0);
}

/** What a rule asks, once for each text that it names as a whole. */
interface Asked {
  readonly key: string;
  readonly span: Span;
}

/** A rule for what an earlier one decides otherwise: the policies contradict each other. */
function reportConflicts(ordered: readonly GroupRule[], findings: Diagnostic[]): void {
  const first = new Map<string, { readonly rule: IrRule; readonly span: Span }>();
  for (const { rule } of ordered) {
    for (const { key, span } of rule.posture ? [] : askedBy(rule)) {
      const earlier = first.get(key);
      if (earlier === undefined) {
        first.set(key, { rule, span });
      } else if (earlier.rule.verdict.kind !== rule.verdict.kind) {
        findings.push(
          diagnostic("group-conflict", span, "another rule of the group decides this otherwise", {
            help: `its \`${earlier.rule.verdict.kind}\` is looked at first and decides; remove one of the two`,
            related: [{ message: "it is decided here", span: earlier.span }],
          }),
        );
      }
    }
  }
}

function askedBy({ condition, span }: IrRule): readonly Asked[] {
  const parts = condition.kind === "and" ? condition.operands : [condition];
  const named = parts.findIndex((part) => isWhole(part));
  const part = parts[named];
  if (part?.kind !== "atom" || part.test.kind !== "text") {
    return [{ key: keyOf(parts), span }];
  }
  const rest = keyOf(parts.filter((_, index) => index !== named));
  return part.test.values.map((value) => ({
    key: `${part.field} ${JSON.stringify(value.text)} ${rest}`,
    span: value.span,
  }));
}

/** Whether a part names texts as a whole. */
function isWhole(part: Bool): boolean {
  return part.kind === "atom" && part.test.kind === "text" && part.test.match === "exact";
}

/** Conditions without the places that they were written at. */
function keyOf(parts: readonly Bool[]): string {
  return JSON.stringify(parts, (name, value: unknown) =>
    name === "span" ? undefined : typeof value === "bigint" ? String(value) : value,
  );
}
