import type { YamlScalar } from "./tree.ts";

/** What an unquoted text stands for in YAML's core schema. */
export function resolvePlain(text: string): YamlScalar["value"] {
  if (/^(?:|~|null|Null|NULL)$/.test(text)) {
    return null;
  }
  if (/^(?:true|True|TRUE)$/.test(text)) {
    return true;
  }
  if (/^(?:false|False|FALSE)$/.test(text)) {
    return false;
  }
  if (/^[-+]?[0-9]+$/.test(text) || /^0x[0-9a-fA-F]+$/.test(text) || /^0o[0-7]+$/.test(text)) {
    return Number(text);
  }
  return text;
}
