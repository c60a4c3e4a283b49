/** What all entries of a section's lists share: programs that they are for, the owner, the terminal. */
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Span } from "../../source/source.ts";
import type { Literal } from "../policy/tree.ts";
import type { YamlNode, YamlScalar } from "../yaml/tree.ts";
import { entryOf, itemsOf, scalarOf } from "../yaml/tree.ts";
import { text } from "./conditions.ts";
import type { Findings } from "./findings.ts";
import { checkPath, withMergedUsr } from "./paths.ts";

/** One entry of a list, with what it inherits from. */
export interface Entry {
  readonly node: YamlNode;
  readonly section: YamlNode;
  readonly spec: YamlNode;
  /** The list that it stands in. */
  readonly list: string;
  readonly listKey: Span;
}

/** The entries under a key of a section. */
export function entriesOf(spec: YamlNode, section: YamlNode, key: string): readonly Entry[] {
  const listKey = entryOf(section, key)?.key.span ?? section.span;
  return itemsOf(section, key).map((node) => ({ node, section, spec, list: key, listKey }));
}

/** The programs of `fromSource`, also where they are on a system with a merged `/usr`. */
export function sourcesOf({ node }: Entry, findings: Findings): readonly Literal[] {
  const all = itemsOf(node, "fromSource").flatMap((item) => {
    const path = scalarOf(item, "path");
    return path === undefined || !checkPath(path, entryOf(node, "fromSource")?.key.span, findings)
      ? []
      : pathValues(path, findings);
  });
  const written = all.map((literal) => (literal.kind === "string" ? literal.value : ""));
  return all.filter((_, index) => written.indexOf(written[index] ?? "") === index);
}

/** A path as values of a comparison. */
export function pathValues(path: YamlScalar, findings: Findings): readonly Literal[] {
  return withMergedUsr(path.text, path, findings).map((each) => text(each, path.span));
}

/** Whether a flag of an entry is set. */
export function flagOf({ node }: Entry, key: string): boolean {
  return scalarOf(node, key)?.value === true;
}

/** Whether `pts: false` refuses processes with a terminal; `true` asks nothing. */
export function refusesTerminal({ node }: Entry): boolean {
  return scalarOf(node, "pts")?.value === false;
}

/** `ownerOnly` and `pts` in one rule: KubeArmor looks at the owner alone. */
export function checkConditions(entry: Entry, findings: Findings): void {
  const pts = entryOf(entry.node, "pts");
  if (flagOf(entry, "ownerOnly") && refusesTerminal(entry) && pts !== undefined) {
    findings.push(
      diagnostic("ignored-key", pts.key.span, "`pts` has no effect beside `ownerOnly`", {
        help: "give each a rule of its own",
      }),
    );
  }
}
