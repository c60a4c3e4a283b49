import type { JsonSchema } from "../yaml/json-schema.ts";
import { list, mapping, mappingOf, oneOf, optional, reference, text } from "../yaml/json-schema.ts";
import { attributes, ruleDefinitions, sectionDefinitions } from "./schema-rules.ts";
import { actionNames, policyKinds } from "./words.ts";

const anything: JsonSchema = {};

/** What every Kubernetes object has; the names and annotations matter here. */
const metadata = mapping(
  "What names the policy.",
  {
    name: text("The policy's name."),
    namespace: text("The namespace of a KubeArmorPolicy."),
    labels: mappingOf("Labels.", text("A label.")),
    annotations: mappingOf("Annotations.", text("An annotation.")),
    ...Object.fromEntries(
      [
        "generateName",
        "selfLink",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "ownerReferences",
        "finalizers",
        "managedFields",
      ].map((key) => [key, anything]),
    ),
  },
  ["name"],
);

const matchLabels = mappingOf("Labels that must be there with these values.", text("A value."));

const matchExpression = mapping(
  "A condition.",
  {
    key: oneOf("What is compared.", ["label", "namespace"]),
    operator: oneOf("How it is compared.", ["In", "NotIn"]),
    values: list("Values; of labels as `key=value`.", text("A value.")),
  },
  ["key", "operator", "values"],
);

const spec = mapping("What the policy does.", {
  selector: reference("selector"),
  nodeSelector: reference("nodeSelector"),
  process: reference("process"),
  file: reference("file"),
  network: reference("network"),
  capabilities: reference("capabilities"),
  syscalls: reference("syscalls"),
  device: reference("device"),
  presets: list("Ready-made rules.", reference("presets")),
  apparmor: text("An AppArmor profile."),
  ...attributes,
});

/** JSON Schema of KubeArmorPolicy, KubeArmorHostPolicy and KubeArmorClusterPolicy, the whole language. */
export const kubearmorSchema: JsonSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "KubeArmorPolicy",
  type: "object",
  properties: {
    apiVersion: oneOf("The version of the language.", ["security.kubearmor.com/v1"]),
    kind: oneOf("For pods, for the node, or for pods of several namespaces.", policyKinds),
    metadata,
    spec: reference("spec"),
    status: anything,
  },
  required: ["apiVersion", "kind", "metadata", "spec"],
  additionalProperties: false,
  definitions: {
    spec,
    selector: optional(
      mapping("Which pods.", {
        matchLabels,
        matchExpressions: list("All must hold.", reference("matchExpressions")),
      }),
    ),
    nodeSelector: optional(mapping("Which nodes.", { matchLabels })),
    matchExpressions: matchExpression,
    presets: mapping(
      "A ready-made rule.",
      { name: text("Its name."), action: oneOf("What to do.", actionNames) },
      ["name"],
    ),
    ...sectionDefinitions,
    ...ruleDefinitions,
  },
};
