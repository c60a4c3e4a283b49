/** Syntax tree -> Policy tree: names are replaced by what they stand for. */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { unreachable } from "../../source/invariant.ts";
import type { Span } from "../../source/source.ts";
import { lowerActions } from "./lower-action.ts";
import { conditionMeaning, lowerCondition } from "./lower-condition.ts";
import { lowerHook } from "./lower-hook.ts";
import { saturatedNumber } from "./literals.ts";
import { valueMeaning } from "./lower-value.ts";
import { type Entry, type Names, type NamesContext, declareNames, lookUp, unusedNames } from "./names.ts";
import type {
  BlockSyntax,
  DeclarationSyntax,
  FileStatement,
  FileSyntax,
  GroupSyntax,
  ItemSyntax,
  PolicySyntax,
  RuleSyntax,
  ScopeSyntax,
  StringSyntax,
} from "./syntax.ts";
import type { Block, Group, Name, Policy, PolicyTree, Rule, Scope, Text } from "./tree.ts";

/** The names that the policies of a file can use, from the file itself and from those that it imports. */
export interface FileNames {
  readonly entries: ReadonlyMap<string, Entry>;
  /** Those that the file declares. */
  readonly own: ReadonlyMap<string, Entry>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Works out the declarations of a file; `imported` are the names of others. */
export function lowerDeclarations(
  file: FileSyntax,
  imported: ReadonlyMap<string, Entry>,
  context: NamesContext,
): FileNames {
  const diagnostics: Diagnostic[] = [];
  const shared = file.statements.filter(isDeclaration);
  const entries = declareNames(shared, imported, diagnostics);
  resolveAll(shared, { entries, context, diagnostics, depth: 0 });
  const own = new Map([...entries].filter(([name]) => !imported.has(name)));
  return { entries, own, diagnostics };
}

/** The policies of a file, without the parts that have no meaning; those are reported. */
export function lowerFile(
  file: FileSyntax,
  names: FileNames,
  context: NamesContext,
): { readonly tree: PolicyTree; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const policies = file.statements
    .filter((statement) => statement.kind === "policy")
    .map((policy) => lowerPolicy(policy, names.entries, context, diagnostics));
  // The names of a file without policies are for the files that import it.
  const shared = policies.length === 0 ? [] : file.statements.filter(isDeclaration);
  return {
    tree: { kind: "policy-tree", policies },
    diagnostics: [...names.diagnostics, ...diagnostics, ...unusedNames(shared, names.entries)],
  };
}

/** Finds the faults of declarations that nothing uses, too. */
function resolveAll(declarations: readonly DeclarationSyntax[], names: Names): void {
  for (const declaration of declarations) {
    const entry = names.entries.get(declaration.name.value);
    if (entry?.declaration === declaration) {
      const { used } = entry;
      lookUp(names, entry, declaration.name.span, (found) =>
        found.kind === "define" ? conditionMeaning(found.condition, names) : valueMeaning(found, names),
      );
      entry.used = used;
    }
  }
}

function lowerPolicy(
  policy: PolicySyntax,
  outer: ReadonlyMap<string, Entry>,
  context: NamesContext,
  diagnostics: Diagnostic[],
): Policy {
  const declarations = policy.items.filter(isDeclaration);
  const entries = declareNames(declarations, outer, diagnostics);
  const names: Names = { entries, context, diagnostics, depth: 0 };
  resolveAll(declarations, names);
  reportRepeated(policy.items, diagnostics);
  const scope = policy.items.find((item) => item.kind === "scope");
  const lowered: Policy = {
    kind: "policy",
    name: toName(policy.name),
    namespace: policy.namespace && toName(policy.namespace),
    description: textOf(policy.items, "description"),
    severity: severityOf(policy.items),
    tags: tagsOf(policy.items),
    message: textOf(policy.items, "message"),
    mode: policy.mode,
    scope: scope === undefined ? { kind: "everything", span: policy.name.span } : lowerScope(scope, names),
    blocks: policy.items.flatMap((item) => (item.kind === "block" ? (lowerBlock(item, names) ?? []) : [])),
    span: policy.span,
  };
  for (const finding of unusedNames(declarations, entries)) {
    diagnostics.push(finding);
  }
  return lowered;
}

function isDeclaration(item: ItemSyntax | FileStatement): item is DeclarationSyntax {
  return item.kind === "param" || item.kind === "let" || item.kind === "define";
}

function toName({ span, value }: StringSyntax): Name {
  return { kind: "name", text: value, span };
}

function toText({ span, value }: StringSyntax): Text {
  return { kind: "text", text: value, span };
}

type AnyItem = ItemSyntax | RuleSyntax;

function severityOf(items: readonly AnyItem[]): number | undefined {
  const found = items.find((item) => item.kind === "severity");
  return found && saturatedNumber(found.value);
}

function textOf(items: readonly AnyItem[], kind: "description" | "message"): Text | undefined {
  const item = items.find((candidate) => candidate.kind === kind);
  return item?.kind === kind ? toText(item.value) : undefined;
}

function tagsOf(items: readonly AnyItem[]): readonly Text[] {
  return items.find((item) => item.kind === "tags")?.values.elements.map(toText) ?? [];
}

const spelledOnce: Readonly<Partial<Record<AnyItem["kind"], string>>> = {
  description: "description",
  message: "message",
  severity: "severity",
  tags: "tags",
  scope: "applies to",
};

function reportRepeated(items: readonly AnyItem[], diagnostics: Diagnostic[]): void {
  const first = new Map<string, Span>();
  for (const item of items) {
    const word = spelledOnce[item.kind];
    if (word === undefined) {
      continue;
    }
    const before = first.get(word);
    if (before === undefined) {
      first.set(word, item.span);
      continue;
    }
    diagnostics.push(
      diagnostic("duplicate-statement", item.span, `\`${word}\` stands here twice`, {
        help: "leave one of them",
        related: [{ message: "the first one is here", span: before }],
      }),
    );
  }
}

function lowerScope(scope: ScopeSyntax, names: Names): Scope {
  const { span, workloads } = scope;
  switch (workloads) {
    case "everything":
    case "host":
      return { kind: workloads, span };
    case "containers":
    case "host and containers":
      return {
        kind: "containers",
        condition: scope.condition && lowerCondition(scope.condition, names),
        withHost: workloads === "host and containers",
        span,
      };
    default:
      return unreachable(workloads);
  }
}

function lowerBlock(block: BlockSyntax, names: Names): Block | undefined {
  const { diagnostics } = names;
  reportRepeated(block.items, diagnostics);
  const condition = block.condition && lowerCondition(block.condition, names);
  const rules = block.items.filter((item) => item.kind === "rule");
  reportMisplaced(rules, diagnostics);
  const otherwise = rules.find((rule) => rule.otherwise);
  const lowered: Block = {
    kind: "block",
    hooks: block.hooks.map((hook) => lowerHook(hook, diagnostics)),
    condition,
    rules: rules.filter((rule) => !rule.otherwise).flatMap((rule) => lowerRule(rule, names) ?? []),
    otherwise: otherwise && lowerRule(otherwise, names),
    group: block.group && lowerGroup(block.group),
    severity: severityOf(block.items),
    tags: tagsOf(block.items),
    message: textOf(block.items, "message"),
    span: block.span,
  };
  return block.condition !== undefined && condition === undefined ? undefined : lowered;
}

function lowerGroup({ name, precedence, span }: GroupSyntax): Group {
  return {
    kind: "group",
    name: toName(name),
    precedence: precedence === undefined ? undefined : saturatedNumber(precedence),
    span,
  };
}

function reportMisplaced(rules: readonly RuleSyntax[], diagnostics: Diagnostic[]): void {
  const place = rules.findIndex((rule) => rule.otherwise);
  for (const rule of place === -1 ? [] : rules.slice(place + 1)) {
    diagnostics.push(
      diagnostic("misplaced-otherwise", rule.span, "no rule can stand after `otherwise`", {
        help: "move `otherwise` to the end of the block, or give this rule a block of its own",
      }),
    );
  }
}

function lowerRule(rule: RuleSyntax, names: Names): Rule | undefined {
  const condition = rule.condition && lowerCondition(rule.condition, names);
  const actions = lowerActions(rule.actions, names);
  if (actions === undefined || (rule.condition !== undefined && condition === undefined)) {
    return undefined;
  }
  return {
    kind: "rule",
    label: rule.label && toName(rule.label),
    condition,
    actions,
    span: rule.span,
  };
}
