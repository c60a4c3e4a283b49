/** Types of kernel objects in events. */
import { ts } from "@ts-morph/common";
import type { ManifestPart, ValueFormat } from "../../runtime/manifest.ts";
import { type Field, named, object, text } from "./type-nodes.ts";

/** The type of an object with these parts. */
export function objectType(parts: readonly ManifestPart[]): ts.TypeNode {
  const [only] = parts;
  return parts.length === 1 && only?.json.length === 0 ? formatType(only.format) : nested(parts);
}

function nested(parts: readonly ManifestPart[]): ts.TypeNode {
  const names = [...new Set(parts.map(({ json: [name = ""] }) => name))];
  const fields = names.map((name): Field => {
    const own = parts.filter(({ json }) => json[0] === name);
    const [first] = own;
    return own.length === 1 && first?.json.length === 1
      ? [`${name}?`, formatType(first.format)]
      : [name, nested(own.map(({ json, format }) => ({ json: json.slice(1), format })))];
  });
  // Of a path that is too long only the end is there.
  const canBeCut = parts.some(({ format, json }) => format === "text" && json[0] === "path");
  return object(canBeCut ? [...fields, ["flags?", text()]] : fields);
}

function formatType(format: ValueFormat): ts.TypeNode {
  switch (format) {
    case "number":
      return named("number");
    case "boolean":
      return named("boolean");
    case "capability-list":
    case "securebits":
    case "taints":
      return ts.factory.createArrayTypeNode(text());
    case "number64":
    case "text":
    case "hex64":
    case "mode":
    case "family":
    case "capability":
    case "bpf-map-type":
    case "bpf-program-type":
    case "bpf-command":
    case "perf-type":
    case "system-call-abi":
      return text();
  }
}
