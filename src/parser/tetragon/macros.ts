/** `selectorsMacros`: named parts of selectors, put into the selectors that list them. */
import { shortText } from "../../diagnostics/display.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import type { YamlEntry, YamlMapping, YamlNode, YamlScalar } from "../yaml/tree.ts";
import { entryOf, itemsOf, valueOf } from "../yaml/tree.ts";
import type { Findings } from "./findings.ts";

const sections: ReadonlySet<string> = new Set([
  "kprobes",
  "fentries",
  "tracepoints",
  "uprobes",
  "usdts",
  "lsmhooks",
]);

interface Macros {
  readonly entries: readonly YamlEntry[];
  readonly used: Set<string>;
  readonly findings: Findings;
}

/** The same `spec` without macros: every selector has the filters of those that it lists. */
export function expandMacros(spec: YamlNode, findings: Findings): YamlNode {
  if (spec.kind !== "mapping") {
    return spec;
  }
  const definitions = valueOf(spec, "selectorsMacros");
  const entries = definitions?.kind === "mapping" ? definitions.entries : [];
  const macros: Macros = { entries, used: new Set(), findings };
  for (const { value } of entries) {
    refuseNested(value, findings);
  }
  const expanded = {
    ...spec,
    entries: spec.entries
      .filter(({ key }) => key.text !== "selectorsMacros")
      .map((entry) =>
        sections.has(entry.key.text) ? mapItems(entry, (hook) => inHook(hook, macros)) : entry,
      ),
  };
  for (const { key } of entries.filter((entry) => !macros.used.has(entry.key.text))) {
    findings.push(
      diagnostic("unused-name", key.span, `no selector lists the macro \`${shortText(key.text)}\``, {
        help: "list it under `macros` of a selector, or remove it",
      }),
    );
  }
  return expanded;
}

function refuseNested(macro: YamlNode, findings: Findings): void {
  const entry = entryOf(macro, "macros");
  if (entry !== undefined && itemsOf(macro, "macros").length > 0) {
    findings.push(
      diagnostic("unknown-key", entry.key.span, "a macro lists no macros", {
        help: "put their filters into this one, or list all of them in the selector",
      }),
    );
  }
}

function mapItems(entry: YamlEntry, change: (item: YamlNode) => YamlNode): YamlEntry {
  return entry.value.kind === "sequence"
    ? { ...entry, value: { ...entry.value, items: entry.value.items.map(change) } }
    : entry;
}

function inHook(hook: YamlNode, macros: Macros): YamlNode {
  return hook.kind === "mapping"
    ? {
        ...hook,
        entries: hook.entries.map((entry) =>
          entry.key.text === "selectors"
            ? mapItems(entry, (selector) => inSelector(selector, macros))
            : entry,
        ),
      }
    : hook;
}

function inSelector(selector: YamlNode, macros: Macros): YamlNode {
  if (selector.kind !== "mapping" || entryOf(selector, "macros") === undefined) {
    return selector;
  }
  const names = itemsOf(selector, "macros").filter((item) => item.kind === "scalar");
  const own = selector.entries.filter(({ key }) => key.text !== "macros");
  return names.reduce<YamlMapping>((merged, name) => withMacro(merged, name, macros), {
    ...selector,
    entries: own,
  });
}

function withMacro(
  selector: YamlMapping,
  name: YamlScalar,
  { entries, used, findings }: Macros,
): YamlMapping {
  const macro = entries.find(({ key }) => key.text === name.text);
  if (macro === undefined) {
    const help = didYouMean(
      name.text,
      entries.map(({ key }) => key.text),
    );
    findings.push(
      diagnostic("unknown-name", name.span, `no macro is named \`${shortText(name.text)}\``, {
        help: help ?? "define it under `selectorsMacros`",
      }),
    );
    return selector;
  }
  used.add(name.text);
  const added = macro.value.kind === "mapping" ? macro.value.entries : [];
  const fresh = added.filter(({ key }) => {
    const first = selector.entries.find((entry) => entry.key.text === key.text);
    if (first !== undefined) {
      findings.push(
        diagnostic(
          "yaml-duplicate-key",
          name.span,
          `\`${shortText(name.text)}\` brings another \`${key.text}\``,
          {
            help: "a selector and its macros have each filter once: put both into one list",
            related: [
              { message: "of the macro", span: key.span },
              { message: "of the selector", span: first.key.span },
            ],
          },
        ),
      );
    }
    return first === undefined && key.text !== "macros";
  });
  return { ...selector, entries: [...selector.entries, ...fresh] };
}
