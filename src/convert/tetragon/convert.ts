/** Policies -> TracingPolicy YAML, with a report of what it can't say. Nothing is said in part: a block is whole or left out. */
import { parseUserPlace } from "../../kernel/user-hook.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type {
  Action,
  Block,
  HookReference,
  Parameter,
  Policy,
  PolicyTree,
  Scope,
  TrackAction,
} from "../../parser/policy/tree.ts";
import { type Loss, loss, lossFinding } from "./loss.ts";
import type { Filter } from "./match.ts";
import { type Selector, selectorsOf } from "./selectors.ts";

export interface Conversion {
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
}

type RawHook = Extract<HookReference, { readonly kind: "raw" }>;

/** One TracingPolicy a policy, as YAML documents. */
export function convertToTetragon(tree: PolicyTree): Conversion {
  const diagnostics: Diagnostic[] = [];
  const documents = tree.policies.flatMap((policy) => convertPolicy(policy, diagnostics) ?? []);
  return { text: documents.join("---\n"), diagnostics };
}

function convertPolicy(policy: Policy, diagnostics: Diagnostic[]): string | undefined {
  const head = headOf(policy);
  if (typeof head !== "string") {
    diagnostics.push(lossFinding(head, "the policy is left out"));
    return undefined;
  }
  diagnostics.push(...metadataLosses(policy).map((found) => lossFinding(found, "this alone is left out")));
  const entries: Record<Section, string[]> = {
    kprobes: [],
    fentries: [],
    tracepoints: [],
    uprobes: [],
    usdts: [],
    lsmhooks: [],
  };
  const enforced = refusedCalls(policy);
  const loader = policy.blocks.find(isLoader);
  for (const block of policy.blocks.filter((each) => each !== loader)) {
    for (const hook of block.hooks) {
      const entry = convertBlock(block, hook, enforced);
      if (typeof entry === "string") {
        entries[hook.kind === "raw" ? sectionOf(hook.section) : "kprobes"].push(entry);
      } else {
        diagnostics.push(lossFinding(entry, "the block is left out"));
      }
    }
  }
  const sections = Object.entries(entries).filter(([, list]) => list.length > 0);
  const mode =
    policy.mode === undefined ? "" : `  options:\n  - {name: policy-mode, value: ${policy.mode}}\n`;
  const enforcers = enforced.length === 0 ? "" : `  enforcers:\n  - calls: ${list(enforced)}\n`;
  // A policy without hooks would look as if it did something.
  return sections.length === 0 && loader === undefined
    ? undefined
    : `${head}spec:\n${mode}${enforcers}${loader === undefined ? "" : "  loader: true\n"}${sections.map(([name, list]) => `  ${name}:\n${list.join("")}`).join("")}`;
}

/** Whether a block reports every file that is loaded, and nothing else. */
function isLoader({ condition, group, hooks, message, otherwise, rules, severity, tags }: Block): boolean {
  const [hook, ...others] = hooks;
  const [rule, ...more] = rules;
  const [action, ...further] = rule?.actions ?? [];
  const extras = [condition, group, message, otherwise, severity, tags[0], rule?.condition, rule?.label];
  return (
    hook?.kind === "event" &&
    hook.name.text === "file.load" &&
    action?.kind === "alert" &&
    action.template === undefined &&
    [...others, ...more, ...further, ...extras].every((extra) => extra === undefined)
  );
}

/** The calls that any hook of a policy refuses: enforcers are the whole policy's. */
function refusedCalls(policy: Policy): readonly string[] {
  const hooks = policy.blocks.flatMap((block) => block.hooks);
  const names = hooks.flatMap((hook) => (hook.kind === "raw" ? hook.refuses : []));
  return [...new Set(names.map(({ text }) => text))];
}

type Section = "kprobes" | "fentries" | "tracepoints" | "uprobes" | "usdts" | "lsmhooks";

function sectionOf(section: RawHook["section"]): Section {
  switch (section) {
    case "kprobe":
      return "kprobes";
    case "fentry":
      return "fentries";
    case "tracepoint":
    case "raw_tracepoint":
      return "tracepoints";
    case "lsm":
      return "lsmhooks";
    case "uprobe":
      return "uprobes";
    case "usdt":
      return "usdts";
  }
}

const validName = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

function headOf(policy: Policy): string | Loss {
  if (!validName.test(policy.name.text)) {
    return loss(policy.name.span, "this is no name of a Kubernetes object");
  }
  const namespace = namespaceOf(policy.scope);
  if (namespace === undefined || (policy.namespace?.text ?? "") !== namespace) {
    return loss(
      policy.scope.span,
      "a TracingPolicy applies to everything, or to the pods of its own namespace",
    );
  }
  const kind = namespace === "" ? "TracingPolicy" : "TracingPolicyNamespaced";
  const line = namespace === "" ? "" : `  namespace: ${quote(namespace)}\n`;
  return `apiVersion: cilium.io/v1alpha1\nkind: ${kind}\nmetadata:\n  name: ${quote(policy.name.text)}\n${line}`;
}

/** The namespace that a scope means, empty for everything; undefined for any other scope. */
function namespaceOf(scope: Scope): string | undefined {
  if (scope.kind === "everything") {
    return "";
  }
  const condition = scope.kind === "containers" && !scope.withHost ? scope.condition : undefined;
  const [value, ...more] = condition?.kind === "comparison" ? condition.values : [];
  return condition?.kind === "comparison" &&
    condition.operator === "in" &&
    condition.field.segments.join(".") === "pod.namespace" &&
    value?.kind === "string" &&
    more.length === 0
    ? value.value
    : undefined;
}

/** What says nothing about what is decided. */
function metadataLosses(policy: Policy): readonly Loss[] {
  const texts = [policy.description, policy.message, policy.tags[0]].filter((text) => text !== undefined);
  return [
    ...texts.map(({ span }) => loss(span, "a TracingPolicy has texts at its hooks only")),
    ...(policy.severity === undefined ? [] : [loss(policy.name.span, "a TracingPolicy has no severity")]),
    ...policy.blocks.flatMap(({ otherwise }) =>
      otherwise === undefined ? [] : [loss(otherwise.span, "events will not tell `otherwise` from a rule")],
    ),
  ];
}

function convertBlock(block: Block, hook: HookReference, enforced: readonly string[]): string | Loss {
  if (hook.kind === "event") {
    return loss(hook.span, "a TracingPolicy has no portable events");
  }
  if (block.group !== undefined) {
    return loss(block.group.span, "a TracingPolicy has no decision groups");
  }
  const [refused] = hook.refuses;
  const isOwn = hook.target.text !== "raw_syscalls/sys_enter" || hook.refuses.length === enforced.length;
  if (refused !== undefined && !isOwn) {
    return loss(refused.span, "enforcers act on the same calls at all hooks of a TracingPolicy");
  }
  if (hook.matching) {
    return loss(hook.target.span, "a list of matching functions is not converted");
  }
  if (hook.section.endsWith("tracepoint") && hook.result !== undefined) {
    return loss(hook.result.span, "a tracepoint has no return value");
  }
  const following = followed(block);
  if (typeof following === "object") {
    return following;
  }
  const selectors = selectorsOf(block, hook);
  return "kind" in selectors ? selectors : entryOf(block, hook, selectors, following);
}

/** What all rules do with a socket that the function returns; a loss where only some do it. */
function followed({ rules, otherwise }: Block): "TrackSock" | "UntrackSock" | undefined | Loss {
  const all = otherwise === undefined ? rules : [...rules, otherwise];
  const found = all.map(({ actions }) =>
    actions.find((action) => isTracking(action) && action.argument.text === "return"),
  );
  const [first] = found;
  const some = found.find((action) => action !== undefined);
  if (some === undefined) {
    return undefined;
  }
  return found.some((action) => action?.kind !== first?.kind)
    ? loss(some.span, "a socket that is returned is tracked by all selectors or none")
    : some.kind === "track"
      ? "TrackSock"
      : "UntrackSock";
}

function isTracking(action: Action): action is TrackAction {
  return action.kind === "track" || action.kind === "untrack";
}

function entryOf(
  block: Block,
  hook: RawHook,
  selectors: readonly Selector[],
  following: "TrackSock" | "UntrackSock" | undefined,
): string {
  const { parameters, result } = hook;
  const lines = [
    ...placeLines(hook),
    ...(block.message === undefined ? [] : [`message: ${quote(block.message.text)}`]),
    ...(block.tags.length === 0 ? [] : [`tags: ${list(block.tags.map(({ text }) => text))}`]),
    ...(result === undefined ? [] : ["return: true", `returnArg: ${argument(result)}`]),
    ...(following === undefined ? [] : [`returnArgAction: ${following}`]),
    ...(parameters.length === 0
      ? []
      : ["args:", ...parameters.map((parameter) => `- ${argument(parameter)}`)]),
    ...(selectors.length === 0 ? [] : ["selectors:", ...selectors.flatMap(selectorLines)]),
  ];
  return lines.map((line, index) => `${index === 0 ? "  - " : "    "}${line}\n`).join("");
}

function placeLines(hook: RawHook): readonly string[] {
  const { section, syscall, optional } = hook;
  const target = hook.target.text;
  switch (section) {
    case "lsm":
      return [`hook: ${quote(target)}`];
    case "tracepoint":
    case "raw_tracepoint": {
      const [subsystem = "", event = ""] = target.split("/");
      const raw = section === "raw_tracepoint" ? ["raw: true"] : [];
      return [`subsystem: ${quote(subsystem)}`, `event: ${quote(event)}`, ...raw];
    }
    case "uprobe":
      return [
        `path: ${quote(hook.path?.text ?? "")}`,
        ...userPlaceLines(target),
        ...(optional ? ["ignore: {callNotFound: true}"] : []),
      ];
    case "usdt": {
      const [provider = "", name = ""] = target.split(":");
      const path = `path: ${quote(hook.path?.text ?? "")}`;
      return [path, `provider: ${quote(provider)}`, `name: ${quote(name)}`];
    }
    case "kprobe":
    case "fentry":
      return [
        `call: ${quote(target)}`,
        `syscall: ${syscall}`,
        ...(optional ? ["ignore: {callNotFound: true}"] : []),
      ];
  }
}

function userPlaceLines(target: string): readonly string[] {
  const { symbol, address, offset = 0, counter } = parseUserPlace("/", target) ?? {};
  const place =
    symbol !== undefined
      ? `symbols: [${quote(offset === 0 ? symbol : `${symbol}+${offset}`)}]`
      : address === undefined
        ? `offsets: [${offset}]`
        : `addrs: [${address}]`;
  return [place, ...(counter === undefined ? [] : [`refCtrOffsets: [${counter}]`])];
}

function argument({ index, label, size, type }: Parameter): string {
  const named = label === undefined ? "" : `, label: ${quote(label.text)}`;
  // A size that is a number has no place in a TracingPolicy.
  const sized = size?.kind === "argument" ? `, sizeArgIndex: ${size.index + 1}` : "";
  return `{index: ${index}, type: ${quote(type.text)}${sized}${named}}`;
}

function selectorLines({ actions, filters, label }: Selector): readonly string[] {
  const lines = [
    ...(label === undefined ? [] : [`label: ${quote(label)}`]),
    ...filterLines("matchArgs", filters, "argument"),
    ...filterLines("matchReturnArgs", filters, "result"),
    ...filterLines("matchBinaries", filters, "matchBinaries"),
    ...filterLines("matchParentBinaries", filters, "matchParentBinaries"),
    ...filterLines("matchPIDs", filters, "matchPIDs"),
    ...credentialKinds.flatMap((kind) => filterLines(kind, filters, kind)),
    ...(actions.length === 0 ? [] : ["matchActions:", ...actions.map((action) => `- ${mapping(action)}`)]),
  ];
  return lines.length === 0 ? ["- {}"] : lines.map((line, index) => `${index === 0 ? "- " : "  "}${line}`);
}

const credentialKinds = [
  "matchNamespaces",
  "matchCapabilities",
  "matchNamespaceChanges",
  "matchCapabilityChanges",
] as const;

function filterLines(key: string, filters: readonly Filter[], kind: Filter["kind"]): readonly string[] {
  const own = filters.filter((filter) => filter.kind === kind);
  return own.length === 0 ? [] : [`${key}:`, ...own.map((filter) => `- ${filterText(filter)}`)];
}

function filterText(filter: Filter): string {
  const values = list(filter.values);
  switch (filter.kind) {
    case "argument":
    case "result":
      return `{index: ${filter.index}, operator: ${filter.operator}, values: ${values}}`;
    case "matchBinaries":
    case "matchParentBinaries":
      return `{operator: ${filter.operator}, values: ${values}, followChildren: ${filter.follows}}`;
    case "matchNamespaces":
    case "matchNamespaceChanges":
    case "matchCapabilities":
    case "matchCapabilityChanges": {
      const { subject } = filter;
      const asked = subject === undefined ? "" : `${subject.key}: ${subject.name}, `;
      return `{${asked}operator: ${filter.operator}, values: ${values}}`;
    }
    case "matchPIDs":
      return `{operator: ${filter.operator}, values: ${values}, followForks: ${filter.follows}}`;
  }
}

function mapping(entries: Readonly<Record<string, string | number | boolean>>): string {
  const parts = Object.entries(entries).map(
    ([key, value]) => `${key}: ${typeof value === "string" ? quote(value) : String(value)}`,
  );
  return `{${parts.join(", ")}}`;
}

function list(values: readonly (string | bigint)[]): string {
  return `[${values.map((value) => (typeof value === "string" ? quote(value) : value.toString())).join(", ")}]`;
}

/** A text as YAML reads it back: JSON's escapes are YAML's, and everything else that hides is escaped as well. */
function quote(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
