/**
 * `--compat tetragon`: where Tetragon's documentation and its engine disagree and a policy may rely on the engine,
 * the policy is rewritten to say what the engine does. Each rewriting is told.
 */
import { shortText } from "../../diagnostics/display.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { YamlEntry, YamlMapping, YamlNode, YamlScalar } from "../yaml/tree.ts";
import { scalarOf } from "../yaml/tree.ts";
import type { Findings } from "./findings.ts";
import { optionNames } from "./words.ts";

/** The document as the engine reads it. */
export function readAsEngine(document: YamlNode, findings: Findings): YamlNode {
  return inKey(document, "spec", (spec) => {
    const options = inKey(spec, "options", (node) => knownOptions(node, findings));
    const hooks = inKey(options, "lsmhooks", (node) =>
      withEachAction(node, (action) => asEperm(action, findings)),
    );
    return rewrite(hooks, findings);
  });
}

/** A mapping with another value under a key; other nodes as they are. */
function inKey(node: YamlNode, key: string, change: (value: YamlNode) => YamlNode): YamlNode {
  return node.kind === "mapping"
    ? {
        ...node,
        entries: node.entries.map((entry) => (entry.key.text === key ? withValue(entry, change) : entry)),
      }
    : node;
}

function withValue(entry: YamlEntry, change: (value: YamlNode) => YamlNode): YamlEntry {
  return { ...entry, value: change(entry.value) };
}

function inItems(node: YamlNode, change: (item: YamlNode) => YamlNode): YamlNode {
  return node.kind === "sequence" ? { ...node, items: node.items.map(change) } : node;
}

/** Options that the engine does not know do nothing there. */
function knownOptions(node: YamlNode, findings: Findings): YamlNode {
  if (node.kind !== "sequence") {
    return node;
  }
  const items = node.items.filter((item) => {
    const name = scalarOf(item, "name");
    const isKnown = name === undefined || optionNames.some((known) => known === name.text);
    if (!isKnown) {
      told(findings, name, `the option \`${shortText(name.text)}\` is left out`);
    }
    return isKnown;
  });
  return { ...node, items };
}

function withEachAction(hooks: YamlNode, change: (action: YamlNode) => YamlNode): YamlNode {
  return inItems(hooks, (hook) =>
    inKey(hook, "selectors", (selectors) =>
      inItems(selectors, (selector) =>
        inKey(selector, "matchActions", (actions) => inItems(actions, change)),
      ),
    ),
  );
}

/** At LSM hooks every error becomes EPERM. */
function asEperm(action: YamlNode, findings: Findings): YamlNode {
  const error = scalarOf(action, "argError");
  return scalarOf(action, "action")?.text !== "Override" || typeof error?.value !== "number"
    ? action
    : error.value === 0 || error.value === -1
      ? action
      : inKey(action, "argError", () => {
          told(findings, error, "an LSM hook refuses with EPERM");
          return { ...error, value: -1, text: "-1" };
        });
}

/** Types and ranges, wherever they stand. */
function rewrite(node: YamlNode, findings: Findings): YamlNode {
  switch (node.kind) {
    case "scalar":
      return node;
    case "sequence":
      return inItems(node, (item) => rewrite(item, findings));
    case "mapping":
      return inKey(rewriteEntries(node, findings), "values", (values) =>
        scalarOf(node, "index") === undefined && scalarOf(node, "operator") === undefined
          ? values
          : inItems(values, (value) => exchanged(value, node, findings)),
      );
  }
}

function rewriteEntries(node: YamlMapping, findings: Findings): YamlMapping {
  const isArgument = scalarOf(node, "index") !== undefined;
  return {
    ...node,
    entries: node.entries.map((entry) =>
      isArgument && entry.key.text === "type"
        ? withValue(entry, (type) => withoutSign(type, findings))
        : withValue(entry, (value) => rewrite(value, findings)),
    ),
  };
}

const unsigned: ReadonlyMap<string, string> = new Map([
  ["int8", "uint8"],
  ["sint8", "uint8"],
  ["int16", "uint16"],
  ["sint16", "uint16"],
]);

/** Numbers of 8 and 16 bits are compared without their sign. */
function withoutSign(type: YamlNode, findings: Findings): YamlNode {
  const read = type.kind === "scalar" ? unsigned.get(type.text) : undefined;
  if (type.kind !== "scalar" || read === undefined) {
    return type;
  }
  told(findings, type, `\`${type.text}\` is compared as \`${read}\``);
  return { ...type, value: read, text: read };
}

const ranged = /^(?:InMap|NotInMap|(?:Not)?[SD]Port)$/;

/** The ends of a range that is written from its end are exchanged. */
function exchanged(value: YamlNode, comparison: YamlMapping, findings: Findings): YamlNode {
  const [, low, high] = (value.kind === "scalar" && /^(\d+):(\d+)$/.exec(value.text)) || [];
  const isRanged = ranged.test(scalarOf(comparison, "operator")?.text ?? "");
  if (value.kind !== "scalar" || low === undefined || high === undefined || !isRanged) {
    return value;
  }
  if (BigInt(low) <= BigInt(high)) {
    return value;
  }
  const text = `${high}:${low}`;
  told(findings, value, `the range is read as \`${text}\``);
  return { ...value, value: text, text };
}

function told(findings: Findings, { span }: YamlScalar, message: string): void {
  findings.push(
    diagnostic("read-as-engine", span, message, { help: "that is what `--compat tetragon` asks for" }),
  );
}
