/** Codes about inputs, texts, YAML and the dialects in it. */
import { type CatalogEntry, entry } from "./catalog-entry.ts";

export const inputCatalog = {
  // Inputs: what was asked to be read.
  "input-not-readable": entry(
    "error",
    "an input cannot be read",
    "The file or directory does not exist, or this user may not read it.",
  ),
  "not-utf8": entry(
    "error",
    "the file is no UTF-8 text",
    "Policies are UTF-8 texts. A file in another encoding would be read as something that its author did not write.",
  ),
  "unknown-language": entry(
    "error",
    "nothing tells which language the text is in",
    "The language follows from the file's ending or from the apiVersion and kind inside. Say it with `--language`.",
  ),
  "unset-parameter": entry(
    "error",
    "a parameter has no value",
    "A text with an open `${NAME}` is no policy yet. Give the value with `--set NAME=VALUE`.",
  ),
  "unused-parameter": entry(
    "warning",
    "no input uses a parameter",
    "A value that nothing asks for is often a slip in its name.",
  ),

  // Text: characters that hide what a policy says.
  "bidirectional-character": entry(
    "error",
    "a character changes the order in which text is shown",
    "With bidirectional controls a policy can show one thing to its reviewer and say another to the compiler.",
  ),
  "invisible-character": entry(
    "error",
    "a character that nobody can see",
    "Two names or paths that look the same can differ by it, so a rule may never match what it seems to name.",
  ),
  "control-character": entry(
    "error",
    "a control character in the text",
    "Control characters come from binary files or broken tools and have no meaning in a policy.",
  ),

  "more-findings": entry(
    "info",
    "more findings than are shown",
    "The same slip repeated over a file tells nothing new. Mend the first ones and run again.",
  ),

  // YAML: the text as YAML.
  "yaml-syntax": entry(
    "error",
    "the YAML is malformed",
    "The file could not be read as YAML, so no policy in it is known.",
  ),
  "yaml-tab": entry(
    "error",
    "a tab in the indentation",
    "YAML allows only spaces there, because tabs have no agreed width.",
  ),
  "yaml-duplicate-key": entry(
    "error",
    "a key is in a mapping twice",
    "Only one of the two values could count, and readers disagree about which.",
  ),
  "yaml-key": entry(
    "error",
    "a key that is no plain word",
    "The keys of a policy are words; a list or a mapping as a key has no meaning.",
  ),
  "yaml-alias": entry(
    "error",
    "aliases that never end or grow without bound",
    "A few lines of nested aliases can stand for millions of values and would exhaust memory.",
  ),
  "yaml-too-deep": entry(
    "error",
    "the YAML is nested too deeply",
    "No policy nests like this; reading it would exhaust the stack.",
  ),
  "yaml-too-large": entry("error", "the file is too large", "A file of this size is no policy."),

  // Documents: which of them are policies, and whether they have the right shape.
  "skipped-document": entry(
    "info",
    "a document that is no policy",
    "Files often hold other objects beside a policy. They are left alone.",
  ),
  "unknown-kind": entry(
    "error",
    "no such kind of policy",
    "The document looks like a policy, but its kind or apiVersion is no known one, so it would be left out silently.",
  ),
  "no-policy": entry(
    "warning",
    "an input without a policy",
    "Nothing in the input is a policy, so nothing in it is enforced.",
  ),
  "duplicate-policy": entry(
    "error",
    "two policies with one name",
    "Events and commands name a policy by its kind, namespace and name, so these must differ.",
  ),
  "unknown-key": entry(
    "error",
    "a key that the language does not have",
    "A key that is not understood would be ignored, and the policy would be weaker than it looks.",
  ),
  "missing-key": entry("error", "a key that must be there", "Without it the policy is not complete."),
  "wrong-type": entry(
    "error",
    "a value of the wrong type",
    "The language wants another kind of value here: a text in quotes, a number, a list, a mapping.",
  ),
  "unknown-value": entry(
    "error",
    "a value that the language does not have",
    "Only the listed values have a meaning here.",
  ),
  "invalid-name": entry(
    "error",
    "not a valid name",
    "Names are lower-case letters, digits, `-` and `.`, begin and end with a letter or digit, and have at most 253 characters.",
  ),

  // TracingPolicy: what its schema cannot say.
  "namespaced-without-namespace": entry(
    "warning",
    "a namespaced policy without a namespace",
    "On a node without Kubernetes there are no namespaces: the policy then applies to every process, the host's included.",
  ),
  "ignored-key": entry(
    "warning",
    "a key without effect",
    "The language allows the key here, but it changes nothing, so its author may expect something that does not happen.",
  ),
  "no-hooks": entry(
    "warning",
    "a policy without hooks",
    "A policy that looks nowhere never reports or refuses anything.",
  ),
  "unknown-argument": entry(
    "error",
    "a comparison of an argument that is not declared",
    "Only arguments listed under `args` are read, so only they can be compared.",
  ),
  "invalid-number": entry(
    "error",
    "not a number",
    "Numbers are decimal, or hexadecimal after `0x`, octal after `0` or `0o`, binary after `0b`.",
  ),
  "missing-values": entry(
    "error",
    "an operator without its values",
    "Without values the comparison asks nothing.",
  ),
  "dialect-limit": entry(
    "warning",
    "more than the dialect's own engine takes",
    "policyc has no such limit; another engine would refuse or cut the policy.",
  ),
} as const satisfies Record<string, CatalogEntry>;
