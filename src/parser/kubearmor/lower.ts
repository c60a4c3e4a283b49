import { shortText } from "../../diagnostics/display.ts";
import type { Diagnostic, Outcome } from "../../diagnostics/diagnostic.ts";
import { diagnostic, failure, hasErrors, success } from "../../diagnostics/diagnostic.ts";
import type { Block, Policy } from "../policy/tree.ts";
import type { YamlNode, YamlScalar } from "../yaml/tree.ts";
import { entryOf, itemsOf, scalarOf, valueOf } from "../yaml/tree.ts";
import { validateNode } from "../yaml/validate.ts";
import type { Findings } from "./findings.ts";
import { notYet } from "./findings.ts";
import { withHints } from "./hints.ts";
import { lowerNetwork, networkEvents } from "./network.ts";
import { capabilityEvents, lowerCapabilities, lowerSystemCalls } from "./other-sections.ts";
import { type Postures, posturesOf } from "./posture.ts";
import { lowerPresets } from "./presets.ts";
import { lowerPathSection, sectionEvents } from "./process-file.ts";
import { blockOf, postureBlock, type Section, type SectionRule } from "./rule.ts";
import { kubearmorSchema } from "./schema.ts";
import { lowerScope } from "./scope.ts";
import { validateKubearmor } from "./validator.ts";

/** A KubeArmorPolicy, KubeArmorHostPolicy or KubeArmorClusterPolicy, or everything that is wrong with it. */
export function lowerKubearmorPolicy(document: YamlNode, postures: Postures): Outcome<Policy> {
  const faults = validateNode(document, kubearmorSchema, validateKubearmor);
  const findings: Diagnostic[] = [...withHints(document, faults)];
  const policy = lowerPolicy(document, postures, findings);
  return policy === undefined || hasErrors(findings) ? failure(findings) : success(policy, findings);
}

function lowerPolicy(document: YamlNode, given: Postures, findings: Findings): Policy | undefined {
  const spec = valueOf(document, "spec");
  const metadata = valueOf(document, "metadata");
  const kind = scalarOf(document, "kind");
  if (spec === undefined) {
    return undefined;
  }
  const scope = lowerScope(document, kind, findings);
  const blocks = lowerBlocks(spec, posturesOf(document, given, findings), findings);
  const name = scalarOf(metadata, "name");
  if (name === undefined) {
    return undefined;
  }
  checkName(name, findings);
  const namespace = kind?.text === "KubeArmorPolicy" ? scalarOf(metadata, "namespace") : undefined;
  return {
    kind: "policy",
    name: { kind: "name", text: name.text, span: name.span },
    namespace: namespace && { kind: "name", text: namespace.text, span: namespace.span },
    description: undefined,
    severity: undefined,
    tags: [],
    message: undefined,
    mode: undefined,
    scope,
    blocks,
    span: document.span,
  };
}

function lowerBlocks(spec: YamlNode, postures: Postures, findings: Findings): readonly Block[] {
  refuse(spec, "device", "`device` is no matter of BPF: USB devices are authorised in user space", findings);
  refuse(spec, "apparmor", "`apparmor` is a profile for another security module", findings);
  const section = (key: string): YamlNode | undefined => valueOf(spec, key);
  const paths = (key: "process" | "file"): readonly Block[] => {
    const node = section(key);
    const rules = node === undefined ? [] : lowerPathSection(key, spec, node, findings);
    return withPosture(rules, key, sectionEvents[key], postures.file);
  };
  const network = section("network");
  const capabilities = section("capabilities");
  const calls = section("syscalls");
  const blocks = [
    ...paths("process"),
    ...paths("file"),
    ...withPosture(
      network === undefined ? [] : lowerNetwork(spec, network, findings),
      "network",
      networkEvents,
      postures.network,
    ),
    ...withPosture(
      capabilities === undefined ? [] : lowerCapabilities(spec, capabilities, findings),
      "capabilities",
      capabilityEvents,
      postures.capabilities,
    ),
    ...(calls === undefined ? [] : lowerSystemCalls(spec, calls, findings)),
    ...lowerPresets(spec, findings),
  ];
  reportEmpty(spec, blocks, findings);
  return blocks;
}

/** The first rule that allows makes a list of what is allowed out of its section. */
function withPosture(
  rules: readonly SectionRule[],
  section: Section,
  events: readonly string[],
  posture: "audit" | "block",
): readonly Block[] {
  const allowing = rules.find(({ attributes }) => attributes.action === "Allow");
  const blocks = rules.map((rule) => blockOf(rule, section));
  return allowing === undefined
    ? blocks
    : [...blocks, postureBlock(section, events, posture === "block", allowing.attributes.actionSpan)];
}

function refuse(spec: YamlNode, key: string, message: string, findings: Findings): void {
  const entry = entryOf(spec, key);
  if (entry !== undefined && valueOf(spec, key) !== undefined) {
    notYet(findings, entry.key.span, `\`${key}\``, message);
  }
}

function reportEmpty(spec: YamlNode, blocks: readonly Block[], findings: Findings): void {
  const asked = ["process", "file", "network", "capabilities", "syscalls", "device"].some((key) => {
    const section = valueOf(spec, key);
    return (
      section?.kind === "mapping" &&
      section.entries.some(({ key: list }) => itemsOf(section, list.text).length > 0)
    );
  });
  if (blocks.length === 0 && !asked && !hasErrors(findings)) {
    findings.push(
      diagnostic("kubearmor-no-rules", spec.span, "the policy has no rules, so it does nothing", {
        help: "add `process`, `file`, `network` or `capabilities`",
      }),
    );
  }
}

/** Names of Kubernetes objects: they become names of pins and of rules in events. */
function checkName(name: YamlScalar, findings: Findings): void {
  if (
    !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name.text) ||
    name.text.length > 253
  ) {
    findings.push(
      diagnostic("invalid-name", name.span, `\`${shortText(name.text)}\` is no valid name`, {
        help: "use lower-case letters, digits, `-` and `.`; begin and end with a letter or digit",
      }),
    );
  }
}
