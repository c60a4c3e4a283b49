/** The sections of a TracingPolicy: each entry becomes a block. */
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Block, HookReference, Name, RawSection } from "../policy/tree.ts";
import type { YamlMapping, YamlNode, YamlScalar } from "../yaml/tree.ts";
import { entryOf, itemsOf, scalarOf, valueOf } from "../yaml/tree.ts";
import type { DeclaredArgument } from "./arguments.ts";
import { lowerArgument, lowerArguments, nameAt, textAt } from "./arguments.ts";
import type { Findings } from "./findings.ts";
import { refuseOtherKeys } from "./findings.ts";
import { type CallLists, findList, isListReference, lowerLists } from "./lists.ts";
import { lowerSelectors } from "./selector.ts";

const common = ["args", "selectors", "message", "tags"];
const functionKeys: ReadonlySet<string> = new Set([
  ...common,
  "call",
  "syscall",
  "return",
  "returnArg",
  "ignore",
]);
const lsmKeys: ReadonlySet<string> = new Set([...common, "hook"]);
const tracepointKeys: ReadonlySet<string> = new Set([...common, "subsystem", "event", "raw"]);

/** Keys of `spec` that hold hooks. */
export const hookSections = ["kprobes", "fentries", "tracepoints", "lsmhooks"] as const;

/** What the entries of all sections can refer to. */
export interface SectionScope {
  readonly lists: CallLists;
  readonly findings: Findings;
}

/** Every entry of every hook section of a `spec`, in order. */
export function lowerSections(spec: YamlNode, findings: Findings): readonly Block[] {
  const scope: SectionScope = { lists: lowerLists(spec, findings), findings };
  return [
    ...itemsOf(spec, "kprobes").map((entry) => lowerFunction(entry, "kprobes", scope)),
    ...itemsOf(spec, "fentries").map((entry) => lowerFunction(entry, "fentries", scope)),
    ...itemsOf(spec, "tracepoints").map((entry) => lowerTracepoint(entry, scope)),
    ...itemsOf(spec, "lsmhooks").map((entry) => lowerLsmHook(entry, scope)),
  ].filter((block) => block !== undefined);
}

/** An entry of `kprobes` or `fentries`. */
function lowerFunction(node: YamlNode, part: "kprobes" | "fentries", scope: SectionScope): Block | undefined {
  const { lists, findings } = scope;
  const call = scalarOf(node, "call");
  if (node.kind !== "mapping" || call === undefined) {
    return undefined;
  }
  refuseOtherKeys(findings, node, part, functionKeys);
  const section = part === "kprobes" ? "kprobe" : "fentry";
  const result = lowerResult(node, findings);
  const places = callPlaces(node, call, lists, findings);
  const optional = lowerIgnore(node, findings);
  const block = lowerBlock(
    node,
    places.map((place) => ({ section, ...place, optional: optional || place.optional })),
    result,
    scope,
  );
  return places.length === 0 ? undefined : block;
}

/** What a call stands for: a function, a system call, or all of a list. */
function callPlaces(
  node: YamlMapping,
  call: YamlScalar,
  lists: CallLists,
  findings: Findings,
): readonly Omit<HookTarget, "section">[] {
  // A call is a system call unless the policy says otherwise.
  const syscall = scalarOf(node, "syscall")?.value !== false;
  if (!isListReference(call)) {
    return [{ name: nameAt(call.text, call), syscall, optional: false, matching: false }];
  }
  const list = findList(call, lists, findings);
  switch (list?.kind) {
    case undefined:
      return [];
    case "pattern":
      return [{ name: list.pattern, syscall: false, optional: false, matching: true }];
    case "syscalls":
      return list.names.map((name) => ({ name, syscall: true, optional: list.generated, matching: false }));
    case "functions":
      return list.names.map((name) => ({ name, syscall, optional: false, matching: false }));
  }
}

/** `ignore`: whether a function that the kernel lacks is left out. */
function lowerIgnore(node: YamlMapping, findings: Findings): boolean {
  const ignore = valueOf(node, "ignore");
  if (ignore?.kind === "mapping") {
    for (const { key, value } of ignore.entries) {
      if (key.text === "digestVerificationFailure" && !(value.kind === "scalar" && value.value !== true)) {
        findings.push(
          diagnostic("ignored-key", key.span, "functions of the kernel have no digests", {
            help: "remove it",
          }),
        );
      }
    }
  }
  return scalarOf(ignore, "callNotFound")?.value === true;
}

/** An entry of `tracepoints`. */
function lowerTracepoint(node: YamlNode, scope: SectionScope): Block | undefined {
  const subsystem = scalarOf(node, "subsystem");
  const event = scalarOf(node, "event");
  if (node.kind !== "mapping" || subsystem === undefined || event === undefined) {
    return undefined;
  }
  refuseOtherKeys(scope.findings, node, "tracepoints", tracepointKeys);
  const section = scalarOf(node, "raw")?.value === true ? "raw_tracepoint" : "tracepoint";
  const name = nameAt(`${subsystem.text}/${event.text}`, event);
  return lowerBlock(node, [plainTarget(section, name)], undefined, scope);
}

/** An entry of `lsmhooks`. */
function lowerLsmHook(node: YamlNode, scope: SectionScope): Block | undefined {
  const hook = scalarOf(node, "hook");
  if (node.kind !== "mapping" || hook === undefined) {
    return undefined;
  }
  refuseOtherKeys(scope.findings, node, "lsmhooks", lsmKeys);
  return lowerBlock(node, [plainTarget("lsm", nameAt(hook.text, hook))], undefined, scope);
}

function plainTarget(section: RawSection, name: Name): HookTarget {
  return { section, name, syscall: false, optional: false, matching: false };
}

/** The return value, when the policy looks at it. */
function lowerResult(node: YamlMapping, findings: Findings): DeclaredArgument | undefined {
  const wanted = scalarOf(node, "return");
  const declared = valueOf(node, "returnArg");
  if (wanted?.value === true) {
    if (declared === undefined) {
      findings.push(
        diagnostic("missing-key", wanted.span, "`return: true` needs the key `returnArg`", {
          help: "add `returnArg: {index: 0, type: int}`, or remove `return`",
        }),
      );
      return undefined;
    }
    return lowerArgument(declared, "return", "function", findings);
  }
  const entry = entryOf(node, "returnArg");
  if (declared !== undefined && entry !== undefined) {
    findings.push(
      diagnostic("ignored-key", entry.key.span, "`returnArg` has no effect without `return: true`", {
        help: "add `return: true`, or remove it",
      }),
    );
  }
  return undefined;
}

/** A place that a block hooks. */
interface HookTarget {
  readonly section: RawSection;
  readonly name: Name;
  readonly syscall: boolean;
  readonly optional: boolean;
  readonly matching: boolean;
}

function lowerBlock(
  node: YamlMapping,
  targets: readonly HookTarget[],
  result: DeclaredArgument | undefined,
  { lists, findings }: SectionScope,
): Block {
  const isTracepoint = targets.some(
    ({ section }) => section === "tracepoint" || section === "raw_tracepoint",
  );
  const declared = lowerArguments(node, isTracepoint ? "tracepoint" : "function", findings);
  const hooks = targets.map(({ section, name, syscall, optional, matching }): HookReference => ({
    kind: "raw",
    section,
    target: name,
    path: undefined,
    syscall,
    optional,
    matching,
    parameters: declared.map(({ parameter }) => parameter),
    result: result?.parameter,
    span: name.span,
  }));
  return {
    kind: "block",
    hooks,
    condition: undefined,
    rules: lowerSelectors({ declared, result, node, lists }, findings),
    otherwise: undefined,
    group: undefined,
    severity: undefined,
    tags: itemsOf(node, "tags")
      .flatMap((tag) => (tag.kind === "scalar" ? [textAt(tag)] : []))
      .filter((tag) => tag !== undefined),
    message: textAt(scalarOf(node, "message")),
    span: node.span,
  };
}
