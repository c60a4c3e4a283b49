/** The sections of a TracingPolicy: each entry becomes a block. */
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Block } from "../policy/tree.ts";
import type { YamlMapping, YamlNode, YamlScalar } from "../yaml/tree.ts";
import { itemsOf, scalarOf, valueOf } from "../yaml/tree.ts";
import { nameAt } from "./arguments.ts";
import {
  type HookTarget,
  type SectionScope,
  commonKeys,
  lowerBlock,
  lowerResult,
  plainTarget,
} from "./block.ts";
import { lowerEnforcers } from "./enforcers.ts";
import type { Findings } from "./findings.ts";
import { refuseOtherKeys } from "./findings.ts";
import { type CallLists, findList, isListReference, lowerLists } from "./lists.ts";
import { lowerStaticPoint, lowerUserFunction } from "./user-hooks.ts";

const functionKeys: ReadonlySet<string> = new Set([
  ...commonKeys,
  "call",
  "syscall",
  "return",
  "returnArg",
  "returnArgAction",
  "ignore",
]);
const lsmKeys: ReadonlySet<string> = new Set([...commonKeys, "hook"]);
const tracepointKeys: ReadonlySet<string> = new Set([...commonKeys, "subsystem", "event", "raw"]);

/** Keys of `spec` that hold hooks. */
export const hookSections = ["kprobes", "fentries", "tracepoints", "uprobes", "usdts", "lsmhooks"] as const;

/** Every entry of every hook section of a `spec`, in order. */
export function lowerSections(spec: YamlNode, findings: Findings): readonly Block[] {
  const lists = lowerLists(spec, findings);
  const scope: SectionScope = { lists, enforced: lowerEnforcers(spec, lists, findings), findings };
  return [
    ...itemsOf(spec, "kprobes").map((entry) => lowerFunction(entry, "kprobes", scope)),
    ...itemsOf(spec, "fentries").map((entry) => lowerFunction(entry, "fentries", scope)),
    ...itemsOf(spec, "tracepoints").map((entry) => lowerTracepoint(entry, scope)),
    ...itemsOf(spec, "uprobes").map((entry) => lowerUserFunction(entry, scope)),
    ...itemsOf(spec, "usdts").map((entry) => lowerStaticPoint(entry, scope)),
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
