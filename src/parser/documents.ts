/** Which of a YAML file's documents are policies, of which dialect, and what the others are. */
import { shortText } from "../diagnostics/display.ts";
import type { Diagnostic, Outcome } from "../diagnostics/diagnostic.ts";
import { diagnostic, failure, success } from "../diagnostics/diagnostic.ts";
import { didYouMean, suggestions } from "../diagnostics/suggest.ts";
import type { Source } from "../source/source.ts";
import { createSpan } from "../source/source.ts";
import { lowerKubearmorPolicy } from "./kubearmor/lower.ts";
import { type Postures, standardPostures } from "./kubearmor/posture.ts";
import type { Policy } from "./policy/tree.ts";
import { lowerTracingPolicy } from "./tetragon/lower.ts";
import type { ParameterScope } from "./yaml/parameters.ts";
import { readYaml } from "./yaml/read.ts";
import type { YamlNode, YamlScalar } from "./yaml/tree.ts";
import { isNull, scalarOf } from "./yaml/tree.ts";

const tetragonKinds = ["TracingPolicy", "TracingPolicyNamespaced"];
const kubearmorKinds = ["KubeArmorPolicy", "KubeArmorHostPolicy", "KubeArmorClusterPolicy"];
const policyKinds = [...tetragonKinds, ...kubearmorKinds];

/** How what dialects leave open is read. */
export interface Reading {
  /** What KubeArmor's allow lists do with the rest, where a policy does not say it. */
  readonly postures?: Postures | undefined;
  /** An engine whose own reading is wanted where it differs from its documentation. */
  readonly compat?: "tetragon" | undefined;
}

/** The policies of a YAML file, in order. A document at fault is left out; the others are read all the same. */
export function parseYamlPolicies(
  source: Source,
  parameters: ParameterScope,
  reading: Reading = {},
): Outcome<readonly Policy[]> {
  const stream = readYaml(source, parameters);
  const diagnostics: Diagnostic[] = [...stream.diagnostics];
  const policies: Policy[] = [];
  let found = 0;
  for (const { root, hasErrors } of stream.documents) {
    if (root === undefined || isNull(root)) {
      continue;
    }
    const parsed = parseDocument(root, reading);
    if (parsed === undefined) {
      continue;
    }
    found += 1;
    diagnostics.push(...parsed.diagnostics);
    if (parsed.value !== undefined && !hasErrors) {
      policies.push(parsed.value);
    }
  }
  if (found === 0 && diagnostics.length === 0) {
    diagnostics.push(
      diagnostic("no-policy", createSpan(source, 0, 0), "the file holds no policy", {
        help: "a policy document begins with `apiVersion` and `kind`",
      }),
    );
  }
  return success(policies, diagnostics);
}

/** One document as a policy; failing with at least one finding. */
function parseDocument(
  root: YamlNode,
  { postures = standardPostures, compat }: Reading,
): Outcome<Policy> | undefined {
  if (root.kind === "sequence" && root.items.some(isFalcoItem)) {
    return failure([
      diagnostic(
        "not-supported-yet",
        createSpan(root.span.source, root.span.start, root.span.start + 1),
        "Falco rules are not supported yet",
      ),
    ]);
  }
  const kind = scalarOf(root, "kind");
  const apiVersion = scalarOf(root, "apiVersion");
  if (root.kind !== "mapping" || (kind === undefined && apiVersion === undefined)) {
    return failure([unknownDocument(root)]);
  }
  if (kind !== undefined && kubearmorKinds.includes(kind.text)) {
    return lowerKubearmorPolicy(root, postures);
  }
  if (isOrNearlyTetragon(kind, apiVersion)) {
    return lowerTracingPolicy(root, compat === "tetragon");
  }
  if (kind === undefined) {
    return failure([diagnostic("missing-key", apiVersion?.span, "the document needs the key `kind`")]);
  }
  const likely = suggestions(kind.text, policyKinds);
  if (likely.length > 0 && !isOtherObject(apiVersion)) {
    return failure([unknownKind(kind)]);
  }
  return failure([
    diagnostic("skipped-document", kind.span, `a \`${shortText(kind.text)}\` is no policy: skipped`),
  ]);
}

/** The version or the kind says that it is meant as a TracingPolicy; the schema finds what is wrong with it. */
function isOrNearlyTetragon(kind: YamlScalar | undefined, apiVersion: YamlScalar | undefined): boolean {
  if (apiVersion?.text.startsWith("cilium.io/") === true) {
    return apiVersion.text === "cilium.io/v1alpha1" || tetragonKinds.includes(kind?.text ?? "");
  }
  return kind !== undefined && tetragonKinds.includes(kind.text);
}

/** Core objects have no group; groups of other projects never hold policies of ours. */
function isOtherObject(apiVersion: YamlScalar | undefined): boolean {
  return apiVersion !== undefined && !/cilium|tetragon|kubearmor/i.test(apiVersion.text);
}

function unknownKind(kind: YamlScalar): Diagnostic {
  const help = didYouMean(kind.text, policyKinds);
  return diagnostic("unknown-kind", kind.span, `unknown kind \`${shortText(kind.text)}\``, {
    ...(help === undefined ? {} : { help }),
  });
}

function unknownDocument(root: YamlNode): Diagnostic {
  const { source, start } = root.span;
  const first = root.kind === "mapping" ? root.entries[0]?.key.span : undefined;
  return diagnostic(
    "unknown-kind",
    first ?? createSpan(source, start, start + 1),
    "the document does not say what it is",
    {
      help: "begin a policy with `apiVersion: cilium.io/v1alpha1` and `kind: TracingPolicy`",
    },
  );
}

function isFalcoItem(node: YamlNode): boolean {
  return (
    node.kind === "mapping" && node.entries.some(({ key }) => ["rule", "macro", "list"].includes(key.text))
  );
}
