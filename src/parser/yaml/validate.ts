/** Schema faults become diagnostics on the key or value that is wrong. */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { shortText } from "../../diagnostics/display.ts";
import { didYouMean, orList, suggestions } from "../../diagnostics/suggest.ts";
import type { Span } from "../../source/source.ts";
import type { SchemaFault, SchemaValidator } from "./compile-schema.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { YamlEntry, YamlNode, YamlScalar } from "./tree.ts";
import { entryOf, plainValue } from "./tree.ts";

/** A place in a document: the value and, when it is under a key, that key's entry. */
interface Place {
  readonly node: YamlNode;
  readonly entry: YamlEntry | undefined;
  /** Whether the value is in a list, and the list under the key. */
  readonly inList: boolean;
}

/** Everything in `root` that the schema does not allow. */
export function validateNode(
  root: YamlNode,
  schema: JsonSchema,
  validator: SchemaValidator,
): readonly Diagnostic[] {
  const faults = validator(plainValue(root));
  const findings: Diagnostic[] = [];
  // A value of the wrong type is in no enumeration either: one finding a value says enough.
  const mistyped = new Set(
    faults.filter(({ keyword }) => keyword === "type").map(({ instancePath }) => instancePath),
  );
  for (const fault of faults) {
    if (
      (fault.keyword !== "type" && mistyped.has(fault.instancePath)) ||
      (fault.keyword === "required" && isMisspelt(fault, faults))
    ) {
      continue;
    }
    const finding = describeFault(fault, placeAt(root, fault.instancePath), schema);
    if (finding !== undefined) {
      findings.push(finding);
    }
  }
  return findings;
}

/** Whether an unknown key beside it looks like the missing one: then that finding says it all. */
function isMisspelt(missing: SchemaFault, faults: readonly SchemaFault[]): boolean {
  const wanted = textParameter(missing, "missingProperty");
  return faults.some(
    (fault) =>
      fault.keyword === "additionalProperties" &&
      fault.instancePath === missing.instancePath &&
      suggestions(textParameter(fault, "additionalProperty"), [wanted]).length > 0,
  );
}

function describeFault(fault: SchemaFault, place: Place, schema: JsonSchema): Diagnostic | undefined {
  switch (fault.keyword) {
    case "additionalProperties":
      return unknownKey(fault, place, schema);
    case "required":
      return missingKey(textParameter(fault, "missingProperty"), place);
    case "type":
      return wrongType(fault, place);
    case "enum":
    case "const":
      return unknownValue(fault, place);
    case "minimum":
    case "maximum":
      return diagnostic(
        "value-out-of-range",
        placeSpan(place),
        `${subject(place)} must be ${fault.keyword === "minimum" ? "at least" : "at most"} ${String(fault.params["limit"])}`,
      );
    case "maxProperties":
      return diagnostic("unknown-value", placeSpan(place), `${subject(place)} takes only \`{}\``);
    default:
      return diagnostic(
        "unknown-value",
        placeSpan(place),
        `${subject(place)} is not allowed here (${fault.keyword})`,
      );
  }
}

function unknownKey(fault: SchemaFault, place: Place, schema: JsonSchema): Diagnostic {
  const key = textParameter(fault, "additionalProperty");
  const entry = entryOf(place.node, key);
  const span = entry?.key.span ?? place.node.span;
  const known = Object.keys(schemaAt(schema, fault.instancePath)?.properties ?? {});
  const likely = suggestions(key, known);
  const elsewhere = likely.length > 0 ? [] : ownersOf(schema, key);
  const help =
    elsewhere.length > 0
      ? `\`${shortText(key)}\` belongs under ${orList(elsewhere)}: check the indentation`
      : didYouMean(key, known);
  const [single] = likely;
  return diagnostic("unknown-key", span, `unknown key \`${shortText(key)}\`${inside(place)}`, {
    ...(help === undefined ? {} : { help }),
    ...(single === undefined || likely.length > 1 || entryOf(place.node, single) !== undefined
      ? {}
      : {
          fixes: [{ title: `rename it to \`${single}\``, safety: "unsafe", edits: [{ span, text: single }] }],
        }),
  });
}

/** Names of the parts of the language that do have this key: it was probably indented wrongly. */
function ownersOf(schema: JsonSchema, key: string): readonly string[] {
  const owners = Object.entries(schema.definitions ?? {})
    .filter(([, part]) => part.properties !== undefined && key in part.properties)
    .map(([name]) => name);
  return owners.length <= 3 ? owners : [];
}

function missingKey(key: string, place: Place): Diagnostic {
  return diagnostic("missing-key", anchorSpan(place), `${subject(place)} needs the key \`${key}\``, {
    help: `add \`${key}: …\``,
  });
}

function wrongType(fault: SchemaFault, place: Place): Diagnostic | undefined {
  const wanted = typesOf(fault.params["type"]);
  const { node } = place;
  if (wanted.includes("string") && node.kind === "scalar" && node.substituted) {
    return undefined;
  }
  const message = `${subject(place)} must be ${wanted.map(typeName).join(" or ")}, not ${nodeName(node)}`;
  if (wanted.includes("string") && node.kind === "scalar" && node.value !== null) {
    const quoted = JSON.stringify(node.text);
    return diagnostic("wrong-type", node.span, message, {
      help: `write it in quotes: \`${quoted}\``,
      fixes: [{ title: "put it in quotes", safety: "safe", edits: [{ span: node.span, text: quoted }] }],
    });
  }
  const help = typeHelp(wanted, node);
  return diagnostic("wrong-type", placeSpan(place), message, help === undefined ? {} : { help });
}

function typeHelp(wanted: readonly string[], node: YamlNode): string | undefined {
  if (wanted.includes("array") && node.kind !== "sequence") {
    return "start each item of a list with `- `";
  }
  if (wanted.includes("boolean") && node.kind === "scalar") {
    return "write `true` or `false`, without quotes";
  }
  if (wanted.includes("integer") && node.kind === "scalar" && /^[-+]?\w+$/.test(node.text) && node.quoted) {
    return "write the number without quotes";
  }
  return undefined;
}

function unknownValue(fault: SchemaFault, place: Place): Diagnostic {
  const allowed = Array.isArray(fault.params["allowedValues"])
    ? fault.params["allowedValues"].filter((word) => typeof word === "string")
    : [];
  const written = place.node.kind === "scalar" ? place.node.text : "";
  const span = placeSpan(place);
  const [single, ...others] = suggestions(written, allowed);
  const help = didYouMean(written, allowed);
  return diagnostic("unknown-value", span, `${subject(place)} cannot be \`${shortText(written)}\``, {
    ...(help === undefined ? {} : { help }),
    ...(single === undefined || others.length > 0
      ? {}
      : { fixes: [{ title: `write \`${single}\``, safety: "unsafe", edits: [{ span, text: single }] }] }),
  });
}

/** `key` for messages; what the place is when it is under no key. */
function subject({ entry, node, inList }: Place): string {
  if (entry !== undefined) {
    return inList ? `an item of \`${shortText(entry.key.text)}\`` : `\`${shortText(entry.key.text)}\``;
  }
  return node.kind === "mapping" ? "the document" : "the value";
}

function inside({ entry }: Place): string {
  return entry === undefined ? "" : ` in \`${shortText(entry.key.text)}\``;
}

/** Where to underline a value: itself, or its key when there is nothing of it to see. */
function placeSpan({ node, entry, inList }: Place): Span {
  if (entry !== undefined && !inList && (node.kind !== "scalar" || node.span.start === node.span.end)) {
    return entry.key.span;
  }
  return node.kind === "scalar" ? node.span : firstKeySpan(node);
}

/** Where to underline a mapping that lacks something: its own first key, else the key it is under. */
function anchorSpan(place: Place): Span {
  return place.node.kind === "mapping" && place.node.entries.length > 0
    ? firstKeySpan(place.node)
    : placeSpan(place);
}

function firstKeySpan(node: YamlNode): Span {
  return node.kind === "mapping" ? (node.entries[0]?.key.span ?? node.span) : node.span;
}

/** Walks a JSON pointer; stops at the last part that exists. The nearest key is kept for messages. */
function placeAt(root: YamlNode, pointer: string): Place {
  let node = root;
  let entry: YamlEntry | undefined;
  let inList = false;
  for (const raw of pointer.split("/").slice(1)) {
    const step = raw.replaceAll("~1", "/").replaceAll("~0", "~");
    if (node.kind === "sequence") {
      const item = node.items[Number(step)];
      if (item === undefined) {
        break;
      }
      node = item;
      inList = true;
      continue;
    }
    const next = entryOf(node, step);
    if (next === undefined) {
      break;
    }
    entry = next;
    inList = false;
    node = next.value;
  }
  return { node, entry, inList };
}

/** The schema of the value that a JSON pointer leads to; a validator names only the part that it was in. */
function schemaAt(root: JsonSchema, pointer: string): JsonSchema | undefined {
  return pointer
    .split("/")
    .slice(1)
    .reduce<JsonSchema | undefined>((schema, raw) => {
      const next = schemaOfPart(schema, raw.replaceAll("~1", "/").replaceAll("~0", "~"));
      const name = next?.$ref?.split("/").at(-1);
      return name === undefined ? next : root.definitions?.[name];
    }, root);
}

function schemaOfPart(schema: JsonSchema | undefined, step: string): JsonSchema | undefined {
  const others = schema?.additionalProperties;
  return schema?.items ?? schema?.properties?.[step] ?? (typeof others === "object" ? others : undefined);
}

function textParameter(fault: SchemaFault, name: string): string {
  const value = fault.params[name];
  return typeof value === "string" ? value : "";
}

function typesOf(value: unknown): readonly string[] {
  const words: readonly unknown[] = Array.isArray(value) ? value : [value];
  return words.filter((word) => typeof word === "string" && word !== "null").map(String);
}

function typeName(type: string): string {
  switch (type) {
    case "object":
      return "a mapping";
    case "array":
      return "a list";
    case "string":
      return "a text";
    case "integer":
      return "a whole number";
    case "boolean":
      return "`true` or `false`";
    default:
      return type;
  }
}

function nodeName(node: YamlNode): string {
  switch (node.kind) {
    case "mapping":
      return "a mapping";
    case "sequence":
      return "a list";
    case "scalar":
      return scalarName(node);
  }
}

function scalarName({ value, text }: YamlScalar): string {
  if (value === null) {
    return "empty";
  }
  return typeof value === "string" ? `the text \`${shortText(text)}\`` : `\`${shortText(text)}\``;
}
