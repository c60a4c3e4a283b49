/**
 * The text of an alert. What stands in it comes from whoever is watched: values are quoted where they hold anything
 * but visible characters, so that none can pass for another part of the text.
 */
import type { ManifestTemplatePart } from "../manifest.ts";
import { addressText } from "./address.ts";
import type { CapturedText, CapturedValue, Decision, HookRecord } from "./decode.ts";
import { familyName, permissionText, protocolName, socketTypeName, tcpStateName } from "./names.ts";
import type { KnownProcess } from "./processes.ts";
import { shown } from "./quote.ts";

/** In place of a value that the event does not have. */
const NOTHING = "<none>";

/** The processes of an event, nearest first: the one that acts, its parent, and so on. */
export type Lineage = (level: number) => KnownProcess | undefined;

/** The rule's text with the event's values, else the message of its block or policy. */
export function messageOf(
  record: HookRecord,
  { rule, policy }: Decision,
  lineage: Lineage,
): string | undefined {
  return rule.template === undefined
    ? (rule.message ?? policy.message)
    : rule.template.map((part) => partText(part, record, lineage)).join("");
}

function partText(part: ManifestTemplatePart, record: HookRecord, lineage: Lineage): string {
  switch (part.kind) {
    case "text":
      return part.text;
    case "nothing":
      return NOTHING;
    case "result":
      return record.result === undefined ? NOTHING : String(record.result);
    case "process":
      return processText(lineage(part.level), part.part);
    case "capture": {
      const value = record.captures[part.capture]?.value;
      return value === undefined ? NOTHING : valueText(value, part.part);
    }
    case "object": {
      const value = record.captures[part.capture]?.value;
      const found = value?.kind === "object" && value.present ? value.parts[part.part]?.value : undefined;
      return found === undefined ? NOTHING : typeof found === "bigint" ? String(found) : bytesText(found);
    }
  }
}

function processText(
  process: KnownProcess | undefined,
  part: Extract<ManifestTemplatePart, { readonly kind: "process" }>["part"],
): string {
  if (process === undefined) {
    return NOTHING;
  }
  switch (part) {
    case "exe":
      return process.binary === undefined || process.binary === "" ? NOTHING : shown(process.binary);
    case "pid":
      return String(process.pid);
    case "uid":
      return String(process.uid);
    case "auid":
      return process.auid === undefined ? NOTHING : String(process.auid);
  }
}

type ValuePart = Extract<ManifestTemplatePart, { readonly kind: "capture" }>["part"];

function valueText(value: CapturedValue, part: ValuePart): string {
  switch (value.kind) {
    case "integer":
      return String(value.value);
    case "text":
      return bytesText(value);
    case "object":
      return NOTHING;
    case "file":
    case "path":
      if (part === "mode") {
        return permissionText(value.mode);
      }
      return part === "flags"
        ? `0x${value.flags.toString(16)}`
        : value.path === ""
          ? NOTHING
          : shown(value.path);
    case "sock":
      return sockText(value, part);
  }
}

function sockText(value: Extract<CapturedValue, { readonly kind: "sock" }>, part: ValuePart): string {
  switch (part) {
    case "family":
      return familyName(value.family);
    case "type":
      return socketTypeName(value.type);
    case "protocol":
      return protocolName(value.protocol);
    case "state":
      return tcpStateName(value.state) || NOTHING;
    case "sport":
    case "dport":
    case "mark":
      return String(value[part]);
    case "saddr":
    case "daddr":
      return addressText(value.family, value[part]) || NOTHING;
    case "value":
    case "path":
    case "mode":
    case "flags":
      return NOTHING;
  }
}

function bytesText({ bytes, status }: CapturedText): string {
  const text = Buffer.from(bytes).toString("utf8");
  return status === "missing" || status === "unreadable" ? NOTHING : shown(text);
}
