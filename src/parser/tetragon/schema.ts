import type { JsonSchema } from "../yaml/json-schema.ts";
import { flag, list, mapping, mappingOf, oneOf, optional, reference, text } from "../yaml/json-schema.ts";
import { hookDefinitions } from "./schema-hooks.ts";
import { selectorDefinitions } from "./schema-selector.ts";

const anything: JsonSchema = {};

/** What every Kubernetes object has; only the names matter here. */
const metadata = mapping(
  "What names the policy.",
  {
    name: text("The policy's name."),
    namespace: text("The namespace of a TracingPolicyNamespaced."),
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

const labelSelector = optional(
  mapping("Labels to select by.", {
    matchLabels: mappingOf("Labels that must be there with these values.", text("A value.")),
    matchExpressions: list(
      "Conditions on labels.",
      mapping(
        "A condition on a label.",
        {
          key: text("The label."),
          operator: oneOf("How it is compared.", ["In", "NotIn", "Exists", "DoesNotExist"]),
          values: list("Values.", text("A value.")),
        },
        ["key", "operator"],
      ),
    ),
  }),
);

const listSpec = mapping(
  "A named list of functions.",
  {
    name: text("The name, for `list:NAME`."),
    type: oneOf("What the list holds.", ["", "syscalls", "generated_syscalls", "generated_ftrace"]),
    values: list("Functions.", text("A function.")),
    pattern: text("generated_ftrace: a regular expression over functions."),
  },
  ["name"],
);

const spec = mapping("What the policy does.", {
  kprobes: list("Kernel functions to look at.", reference("kprobes")),
  fentries: list("Kernel functions to look at.", reference("fentries")),
  tracepoints: list("Static points to look at.", reference("tracepoints")),
  uprobes: list("Program functions to look at.", reference("uprobes")),
  usdts: list("Static points of programs to look at.", reference("usdts")),
  lsmhooks: list("Security hooks to look at.", reference("lsmhooks")),
  loader: flag("Whether to report the files that programs are loaded from."),
  podSelector: reference("labelSelector"),
  containerSelector: reference("labelSelector"),
  hostSelector: reference("hostSelector"),
  nodeSelector: reference("labelSelector"),
  lists: list("Named lists of functions.", reference("lists")),
  enforcers: list(
    "Functions that NotifyEnforcer acts on.",
    mapping("Functions.", { calls: list("Functions, or `list:NAME`.", text("A function.")) }, ["calls"]),
  ),
  options: list(
    "Settings.",
    mapping("A setting.", { name: text("Its name."), value: text("Its value.") }, ["name", "value"]),
  ),
  selectorsMacros: mappingOf("Named parts of selectors.", reference("selector")),
});

/** JSON Schema of TracingPolicy and TracingPolicyNamespaced, the whole language. */
export const tetragonSchema: JsonSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "TracingPolicy",
  type: "object",
  properties: {
    apiVersion: oneOf("The version of the language.", ["cilium.io/v1alpha1"]),
    kind: oneOf("For the node, or for the pods of a namespace.", [
      "TracingPolicy",
      "TracingPolicyNamespaced",
    ]),
    metadata,
    spec,
    status: anything,
  },
  required: ["apiVersion", "kind", "metadata", "spec"],
  additionalProperties: false,
  definitions: {
    ...hookDefinitions,
    ...selectorDefinitions,
    labelSelector,
    hostSelector: {
      description: "`{}`: processes of the host, outside any pod.",
      type: ["object", "null"],
      maxProperties: 0,
    },
    lists: listSpec,
  },
};
