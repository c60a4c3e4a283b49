import { shortText } from "../../diagnostics/display.ts";
import type { Diagnostic, Outcome } from "../../diagnostics/diagnostic.ts";
import { diagnostic, failure, hasErrors, success } from "../../diagnostics/diagnostic.ts";
import type { Span } from "../../source/source.ts";
import type { Block, Policy } from "../policy/tree.ts";
import type { YamlNode, YamlScalar } from "../yaml/tree.ts";
import { entryOf, itemsOf, scalarOf, valueOf } from "../yaml/tree.ts";
import { validateNode } from "../yaml/validate.ts";
import { nameAt } from "./arguments.ts";
import { readAsEngine } from "./compat.ts";
import type { Findings } from "./findings.ts";
import { hookSections, lowerSections } from "./hooks.ts";
import { expandMacros } from "./macros.ts";
import { lowerMode } from "./options.ts";
import { tetragonSchema } from "./schema.ts";
import { lowerScope } from "./scope.ts";
import { validateTetragon } from "./validator.ts";

/**
 * A TracingPolicy or TracingPolicyNamespaced as a policy, or everything that is wrong with it. `asEngine`: as
 * Tetragon's engine reads it, and not its documentation.
 */
export function lowerTracingPolicy(written: YamlNode, asEngine = false): Outcome<Policy> {
  const found: Diagnostic[] = [];
  const document = asEngine ? readAsEngine(written, found) : written;
  const findings: Diagnostic[] = [...validateNode(document, tetragonSchema, validateTetragon), ...found];
  const policy = lowerPolicy(document, findings);
  return policy === undefined || hasErrors(findings) ? failure(findings) : success(policy, findings);
}

function lowerPolicy(document: YamlNode, findings: Findings): Policy | undefined {
  const written = valueOf(document, "spec");
  const metadata = valueOf(document, "metadata");
  if (written === undefined) {
    return undefined;
  }
  const spec = expandMacros(written, findings);
  const mode = lowerMode(spec, findings);
  const scope = lowerScope(document, findings);
  const blocks = lowerBlocks(spec, entryOf(document, "spec")?.key.span ?? spec.span, findings);
  const name = scalarOf(metadata, "name");
  if (name === undefined) {
    return undefined;
  }
  checkName(name, findings);
  const namespace = scalarOf(metadata, "namespace");
  const kind = scalarOf(document, "kind");
  return {
    kind: "policy",
    name: nameAt(name.text, name),
    namespace:
      namespace === undefined || kind?.text === "TracingPolicy"
        ? undefined
        : nameAt(namespace.text, namespace),
    description: undefined,
    severity: undefined,
    tags: [],
    message: undefined,
    mode,
    scope,
    blocks,
    span: document.span,
  };
}

function lowerBlocks(spec: YamlNode, specKey: Span, findings: Findings): readonly Block[] {
  const blocks = [...lowerSections(spec, findings), ...lowerLoader(spec)];
  // What is wrong with an entry has been said.
  const isFaulty = hookSections.some((key) => itemsOf(spec, key).length > 0);
  if (blocks.length === 0 && !isFaulty) {
    findings.push(
      diagnostic("no-hooks", specKey, "the policy has no hooks, so it does nothing", {
        help: "add `kprobes` or `lsmhooks`",
      }),
    );
  }
  return blocks;
}

/** `loader`: every file that a program is loaded from is reported. */
function lowerLoader(spec: YamlNode): readonly Block[] {
  const flag = scalarOf(spec, "loader");
  if (flag?.value !== true) {
    return [];
  }
  const { span } = flag;
  const action = { kind: "alert", template: undefined, span } as const;
  return [
    {
      kind: "block",
      hooks: [{ kind: "event", name: { kind: "name", text: "file.load", span }, span }],
      condition: undefined,
      rules: [{ kind: "rule", label: undefined, condition: undefined, actions: [action], span }],
      otherwise: undefined,
      group: undefined,
      severity: undefined,
      tags: [],
      message: undefined,
      span,
    },
  ];
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
