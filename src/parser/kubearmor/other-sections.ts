/** The sections `capabilities` and `syscalls`. */
import { shortText } from "../../diagnostics/display.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import { systemCall } from "../../kernel/system-calls.ts";
import type { Block, Condition } from "../policy/tree.ts";
import type { YamlNode, YamlScalar } from "../yaml/tree.ts";
import { entryOf, itemsOf, scalarOf, valueOf } from "../yaml/tree.ts";
import { attributesOf } from "./attributes.ts";
import { allOf, anyOf, compare, escapeGlob, text, word } from "./conditions.ts";
import { type Entry, entriesOf, pathValues, sourcesOf } from "./entries.ts";
import type { Findings } from "./findings.ts";
import { notYet } from "./findings.ts";
import { checkDirectory, checkPath, withMergedUsr } from "./paths.ts";
import { report, type SectionRule } from "./rule.ts";
import { capabilityNames } from "./words.ts";

export const capabilityEvents = ["capability.use"] as const;

/** The rules of `capabilities`. */
export function lowerCapabilities(
  spec: YamlNode,
  section: YamlNode,
  findings: Findings,
): readonly SectionRule[] {
  return entriesOf(spec, section, "matchCapabilities").flatMap((entry) => {
    const capability = scalarOf(entry.node, "capability");
    const sources = sourcesOf(entry, findings);
    const name = capability?.text.toLowerCase().replace(/^cap_/, "") ?? "";
    if (capability === undefined || sources.length < itemsOf(entry.node, "fromSource").length) {
      return [];
    }
    if (!capabilityNames.some((known) => known === name)) {
      findings.push(unknownName(capability, "capability", capabilityNames));
      return [];
    }
    const { span } = capability;
    return [
      {
        attributes: attributesOf([entry.node, section, spec], entry.node.span),
        events: capabilityEvents,
        subject: { kind: "other" },
        condition: compare("capability", "in", [word(`CAP_${name.toUpperCase()}`, span)], span),
        sources,
        ownerOnly: false,
        refusesTerminal: false,
        span: entry.node.span,
      },
    ];
  });
}

/** The blocks of `syscalls`, which only reports. */
export function lowerSystemCalls(spec: YamlNode, section: YamlNode, findings: Findings): readonly Block[] {
  const paths = entryOf(section, "matchPaths");
  if (paths !== undefined && itemsOf(section, "matchPaths").length > 0) {
    notYet(findings, paths.key.span, "`matchPaths` of system calls", "name the file in the section `file`");
  }
  return entriesOf(spec, section, "matchSyscalls").flatMap((entry) => systemCallBlock(entry, findings));
}

function systemCallBlock(entry: Entry, findings: Findings): readonly Block[] {
  const { node, section, spec } = entry;
  const names = itemsOf(node, "syscall").filter((item) => item.kind === "scalar");
  const unknown = names.filter(({ text: name }) => !Object.hasOwn(systemCall, name));
  findings.push(...unknown.map((name) => unknownName(name, "system call", Object.keys(systemCall))));
  refuseRefusal([node, section], findings);
  const sources = itemsOf(node, "fromSource").map((source) => sourceCondition(source, findings));
  const [first, ...rest] = sources.filter((source) => source !== undefined);
  if (names.length === 0 || unknown.length > 0 || sources.includes(undefined)) {
    return [];
  }
  const { span } = node;
  const calls = names.map(({ text: name, span: at }) => word(name, at));
  const attributes = attributesOf([node, section, spec], span);
  return [
    {
      kind: "block",
      hooks: [{ kind: "event", name: { kind: "name", text: "syscall", span }, span }],
      condition: allOf(
        [
          compare("syscall.id", "in", calls, span),
          first === undefined ? undefined : anyOf(first, rest, span),
        ],
        span,
      ),
      rules: [
        {
          kind: "rule",
          label: undefined,
          condition: undefined,
          actions: report(span),
          span,
        },
      ],
      otherwise: undefined,
      group: undefined,
      severity: attributes.severity,
      tags: attributes.tags,
      message: attributes.message,
      span,
    },
  ];
}

/** Nothing refuses a system call as such, and KubeArmor does not either: an action that says so is no use. */
function refuseRefusal(levels: readonly YamlNode[], findings: Findings): void {
  for (const level of levels) {
    const action = scalarOf(level, "action");
    if (action !== undefined && action.text !== "Audit") {
      findings.push(
        diagnostic("kubearmor-audit-only", action.span, "system calls can only be audited", {
          help: "write `Audit`, or name what the call does in `file`, `process` or `network`",
        }),
      );
    }
  }
}

function sourceCondition(source: YamlNode, findings: Findings): Condition | undefined {
  const path = scalarOf(source, "path");
  const dir = scalarOf(source, "dir");
  if (path !== undefined && checkPath(path, undefined, findings)) {
    return compare("process.exe", "in", pathValues(path, findings), path.span);
  }
  if (dir === undefined || !checkDirectory(dir, findings)) {
    return undefined;
  }
  const directories = withMergedUsr(dir.text, dir, findings).map((each) => each.replace(/(?<=.)\/+$/, ""));
  return valueOf(source, "recursive")?.kind === "scalar" && scalarOf(source, "recursive")?.value === true
    ? compare(
        "process.exe",
        "under",
        directories.map((each) => text(each, dir.span)),
        dir.span,
      )
    : compare(
        "process.exe",
        "matches",
        directories.map((each) => text(`${escapeGlob(each === "/" ? "" : each)}/*`, dir.span)),
        dir.span,
      );
}

function unknownName(
  scalar: YamlScalar,
  what: string,
  known: readonly string[],
): ReturnType<typeof diagnostic> {
  const help = didYouMean(scalar.text, known);
  return diagnostic("unknown-value", scalar.span, `there is no ${what} \`${shortText(scalar.text)}\``, {
    ...(help === undefined ? {} : { help }),
  });
}
