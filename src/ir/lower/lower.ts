/** The policy tree to the intermediate representation. */
import {
  type Diagnostic,
  type Outcome,
  diagnostic,
  failure,
  hasErrors,
  success,
} from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import { functionNames } from "../../kernel/btf.ts";
import type { HookFact } from "../../kernel/hook.ts";
import { type Target, hasFunction } from "../../kernel/target.ts";
import type { Block, HookReference, Policy, PolicyTree } from "../../parser/policy/tree.ts";
import { elementAt } from "../../source/invariant.ts";
import type { Span } from "../../source/source.ts";
import type { Capture, Ir, IrBlock, IrHook, IrPolicy } from "../ir.ts";
import { type ChosenAttachments, chooseAttachments } from "./attach.ts";
import { type DraftBlock, lowerBlock } from "./block.ts";
import { atomsOf, mapAtoms } from "../bool.ts";
import type { FieldRegistry } from "./condition.ts";
import { checkGroup, joinGroups } from "./group.ts";
import { type DeclaredFunctions, collectDeclarations, resolveHook } from "./resolve-hook.ts";
import type { ResolvedHook } from "./resolved-hook.ts";
import { createRuleIds, policyKeys } from "./rule-ids.ts";
import { type ScopeTable, createScopeTable, finishScope, lowerScope } from "./scope.ts";

export interface LoweringContext {
  /** The kernels to compile for. */
  readonly targets: readonly Target[];
}

/** All that policies say about one hook. */
interface HookDraft {
  readonly fact: HookFact;
  readonly registry: FieldRegistry;
  readonly captures: Map<number, Capture>;
  readonly blocks: DraftBlock[];
}

/** Lowers all policies together. Any error leaves no IR: a part of a policy must not be enforced alone. */
export function lowerPolicies(tree: PolicyTree, context: LoweringContext): Outcome<Ir> {
  const findings: Diagnostic[] = [];
  const drafts = new Map<string, HookDraft>();
  const declarations = collectDeclarations(tree);
  const keys = policyKeys(tree.policies);
  const nextId = createRuleIds();
  const scopes = createScopeTable();
  const metadata: IrPolicy[] = [];
  for (const [index, policy] of tree.policies.entries()) {
    const scope = lowerScope(policy.scope, scopes, findings);
    metadata.push({ ...lowerMetadata(policy), scope });
    lowerPolicy(policy, {
      ...{ index, scope, scopes, declarations, drafts, findings },
      targets: context.targets,
      nextId: (hook) => nextId(elementAt(keys, index), hook),
    });
  }
  const ordered = [...drafts.values()].sort((a, b) => (a.fact.id < b.fact.id ? -1 : 1));
  const hooks = ordered.flatMap((draft) => finishHooks(draft, findings));
  return hasErrors(findings)
    ? failure(findings)
    : success({ kind: "ir", policies: metadata, hooks, scope: finishScope(scopes) }, findings);
}

function lowerMetadata(policy: Policy): Omit<IrPolicy, "scope"> {
  return {
    name: policy.name.text,
    namespace: policy.namespace?.text,
    mode: policy.mode ?? "enforce",
    tags: policy.tags.map(({ text }) => text),
    message: policy.message?.text,
    severity: policy.severity,
    span: policy.span,
  };
}

/** Where a policy is lowered to. */
interface PolicyPlace {
  readonly index: number;
  /** Index of the condition of the workloads that it is for. */
  readonly scope: number | undefined;
  readonly scopes: ScopeTable;
  readonly targets: readonly Target[];
  readonly declarations: DeclaredFunctions;
  readonly drafts: Map<string, HookDraft>;
  readonly nextId: (hook: string) => string;
  readonly findings: Diagnostic[];
}

function lowerPolicy(policy: Policy, place: PolicyPlace): void {
  const { findings } = place;
  for (const block of policy.blocks) {
    checkGroup(block, findings);
    for (const reference of block.hooks) {
      lowerAtHook(block, reference, place);
    }
  }
}

function isSamePlace(a: Span | undefined, b: Span | undefined): boolean {
  return a === b || (a?.source === b?.source && a?.start === b?.start && a?.end === b?.end);
}

function lowerAtHook(block: Block, reference: HookReference, place: PolicyPlace): void {
  const { drafts, findings, targets } = place;
  // A rule has one id at all places of an event.
  const ids = new Map<number, string>();
  for (const hook of resolveHook(reference, place.declarations, targets, findings)) {
    const { fact, event } = hook;
    checkTargets(reference, hook, targets, findings);
    const key = `${fact.section}/${fact.id}`;
    const draft: HookDraft = drafts.get(key) ?? {
      ...{ fact, registry: { entries: [] }, captures: new Map(), blocks: [] },
    };
    drafts.set(key, draft);
    addCaptures(draft, hook);
    const idOf = (rule: number): string => {
      const id = ids.get(rule) ?? place.nextId(event?.fact.name ?? fact.id);
      ids.set(rule, id);
      return id;
    };
    const found: Diagnostic[] = [];
    const { index: policy, scope, scopes } = place;
    draft.blocks.push(
      lowerBlock(block, { policy, scope, scopes, hook, registry: draft.registry, idOf }, found),
    );
    addNewFindings(found, findings);
  }
}

/** The places of an event find the same faults. */
function addNewFindings(found: readonly Diagnostic[], findings: Diagnostic[]): void {
  for (const finding of found) {
    const { code, message, span } = finding;
    const isKnown = findings.some(
      (known) => known.code === code && known.message === message && isSamePlace(known.span, span),
    );
    if (!isKnown) {
      findings.push(finding);
    }
  }
}

function checkTargets(
  reference: HookReference,
  { fact, need }: ResolvedHook,
  targets: readonly Target[],
  findings: Diagnostic[],
): void {
  if (reference.kind === "event") {
    // Which places a target must have is known once all blocks are: verify looks.
    return;
  }
  const { span } = reference.target;
  // The last resort of a function is to observe the function that has types.
  const observed = fact.attachPoints.at(-1)?.target ?? fact.id;
  const name = fact.section === "lsm" ? `bpf_lsm_${fact.id}` : observed;
  const isFunction = fact.section === "lsm" || fact.section === "kprobe";
  for (const target of isFunction && !reference.matching ? targets : []) {
    if (hasFunction(target, name) === "no" && need === "if-present") {
      findings.push(
        diagnostic(
          "hook-left-out",
          span,
          `kernel ${target.name} has no \`${fact.id}\`: it is left out there`,
        ),
      );
    } else if (hasFunction(target, name) === "no") {
      const likely = target.btf === undefined ? undefined : didYouMean(fact.id, functionNames(target.btf));
      findings.push(
        diagnostic("unknown-hook", span, `kernel ${target.name} has no \`${fact.id}\``, {
          help: likely ?? "name other targets with `--target`, or another hook",
        }),
      );
    }
  }
}

/** Where policies declare an argument differently, events carry it in the kernel's own type. */
function addCaptures(draft: HookDraft, hook: ResolvedHook): void {
  const { result } = hook;
  // A number that a function returns is in every record.
  const returned = result === undefined || result.type.kind === "integer" ? [] : [result];
  for (const { parameter, argument, type, key } of [...hook.arguments, ...returned]) {
    if (type.kind === "opaque") {
      continue;
    }
    const label = parameter.label?.text;
    const before = draft.captures.get(argument);
    const kernelType = draft.fact.arguments[argument]?.type;
    const isSame = before === undefined || JSON.stringify(before.type) === JSON.stringify(type);
    const captured = isSame || kernelType === undefined || kernelType.kind === "opaque" ? type : kernelType;
    draft.captures.set(argument, {
      argument,
      position: parameter.index,
      type: captured,
      key: before === undefined ? key : before.key,
      label: before?.label ?? label,
      ...(result?.parameter === parameter ? { ofResult: true } : {}),
    });
  }
}

/**
 * One hook, or two: rules that compare the return value decide when the function ends, which is too late
 * for the rules that refuse.
 */
function finishHooks(draft: HookDraft, findings: Diagnostic[]): readonly IrHook[] {
  const late = draft.blocks.filter((block) => block.comparesResult);
  const early = draft.blocks.filter((block) => !block.comparesResult);
  const parts = early.some((block) => block.refuses) && late.length > 0 ? [early, late] : [draft.blocks];
  return parts.map((blocks) => finishHook(draft, blocks, findings));
}

function finishHook(draft: HookDraft, blocks: readonly DraftBlock[], findings: Diagnostic[]): IrHook {
  const fields = usedFields(draft.registry, blocks);
  const refusing = usedFields(
    draft.registry,
    blocks.filter((block) => block.refuses),
  );
  const wantsResult = blocks.some((block) => block.wantsResult);
  const need = blocks.some((block) => block.need === "required") ? "required" : "if-present";
  const needs = {
    refuses: blocks.some((block) => block.refuses),
    denies: blocks.some((block) => block.denies),
    wantsResult,
    comparesResult: blocks.some((block) => block.comparesResult),
    fields: fields.map((index) => elementAt(draft.registry.entries, index).field),
    refusalFields: refusing.map((index) => elementAt(draft.registry.entries, index).field),
  };
  const chosen = chooseAttachments(draft.fact, needs, need);
  for (const block of blocks) {
    reportLateRefusals(block, chosen, draft.fact, findings);
  }
  const conflicts: Diagnostic[] = [];
  const grouped = joinGroups(blocks, conflicts);
  addNewFindings(conflicts, findings);
  const position = new Map(fields.map((index, place) => [index, place]));
  return {
    fact: draft.fact,
    attachments: chosen.attachments,
    fields: fields.map((index) => elementAt(draft.registry.entries, index).field),
    captures: [...draft.captures.values()].sort((a, b) => a.position - b.position || a.argument - b.argument),
    blocks: grouped.map((block) => renumber(block, (index) => position.get(index) ?? 0)),
    wantsResult,
  };
}

function renumber(block: IrBlock, place: (index: number) => number): IrBlock {
  const rules = block.rules.map((rule) => ({
    ...rule,
    condition: mapAtoms(rule.condition, (atom) => ({ ...atom, field: place(atom.field) })),
  }));
  return { ...block, rules };
}

/** Indices of the fields that conditions still use after folding, cheapest first. */
function usedFields(registry: FieldRegistry, blocks: readonly DraftBlock[]): readonly number[] {
  const rules = blocks.flatMap(({ block }) => block.rules);
  const used = new Set(rules.flatMap(({ condition }) => atomsOf(condition)).map((atom) => atom.field));
  const sortKey = (index: number): number => elementAt(registry.entries, index).cost;
  return [...used].sort((a, b) => sortKey(a) - sortKey(b) || a - b);
}

const SIGKILL = 9;

function reportLateRefusals(
  draft: DraftBlock,
  chosen: ChosenAttachments,
  { killsFirst, refusals }: HookFact,
  findings: Diagnostic[],
): void {
  const gap = refusals?.gap;
  if (chosen.refusedBy !== undefined && (chosen.refusedBy !== "later" || draft.refusesLater)) {
    const span = draft.refusalSpans.find((each) => each !== undefined);
    if (chosen.refusedBy === "later" && gap !== undefined && span !== undefined) {
      findings.push(
        diagnostic("refusal-incomplete", span, `not every \`${draft.name}\` can be refused`, { help: gap }),
      );
    }
    return;
  }
  const names = chosen.unguarded.map(({ name }) => `\`${name}\``).join(", ");
  const help =
    names === "" ? {} : { help: `an earlier hook could refuse it, but does not know ${names} yet` };
  for (const [index, rule] of draft.block.rules.entries()) {
    const span = draft.refusalSpans[index];
    if (span === undefined) {
      continue;
    }
    if (rule.verdict.kind === "kill" && rule.verdict.signal === SIGKILL && killsFirst === true) {
      continue;
    }
    if (rule.verdict.kind === "kill") {
      findings.push(
        diagnostic(
          "kill-after-effect",
          span,
          `\`${draft.name}\` can't refuse: the kill comes after it`,
          help,
        ),
      );
    } else if (draft.comparesResult) {
      findings.push(diagnostic("result-known-too-late", span, "the return value is known too late to deny"));
    } else {
      findings.push(diagnostic("verdict-not-possible", span, `nothing can refuse \`${draft.name}\``, help));
    }
  }
}
