/** What the entries of all hook sections have in common. */
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Action, Block, HookReference, Name, RawSection, Rule, Text } from "../policy/tree.ts";
import type { YamlMapping } from "../yaml/tree.ts";
import { entryOf, itemsOf, scalarOf, valueOf } from "../yaml/tree.ts";
import type { DeclaredArgument } from "./arguments.ts";
import { lowerArgument, lowerArguments, textAt } from "./arguments.ts";
import { lowerNotifications } from "./enforcers.ts";
import type { Findings } from "./findings.ts";
import type { CallLists } from "./lists.ts";
import { lowerSelectors } from "./selector.ts";

/** Keys of every entry. */
export const commonKeys = ["args", "selectors", "message", "tags"] as const;

/** What the entries of all sections can refer to. */
export interface SectionScope {
  readonly lists: CallLists;
  /** The calls that enforcers act on; undefined without any. */
  readonly enforced: readonly Name[] | undefined;
  readonly findings: Findings;
}

/** A place that a block hooks. */
export interface HookTarget {
  readonly section: RawSection;
  readonly name: Name;
  /** The ELF file of a hook on a program. */
  readonly path?: Text;
  readonly syscall: boolean;
  readonly optional: boolean;
  readonly matching: boolean;
}

/** The block of an entry that hooks some places. */
export function lowerBlock(
  node: YamlMapping,
  targets: readonly HookTarget[],
  result: DeclaredArgument | undefined,
  { lists, enforced, findings }: SectionScope,
): Block {
  const isTracepoint = targets.some(
    ({ section }) => section === "tracepoint" || section === "raw_tracepoint",
  );
  const declared = lowerArguments(node, isTracepoint ? "tracepoint" : "function", findings);
  const [first] = targets;
  const notifications = lowerNotifications(
    {
      node,
      section: first?.section ?? "kprobe",
      targets: targets.map(({ name }) => name),
      syscall: first?.syscall === true,
      declared,
    },
    enforced,
    findings,
  );
  const hooks = targets.map(({ section, name, path, syscall, optional, matching }): HookReference => ({
    kind: "raw",
    section,
    target: name,
    path,
    syscall,
    optional,
    matching,
    parameters: declared.map(({ parameter }) => parameter),
    result: result?.parameter,
    refuses: notifications.refuses,
    span: name.span,
  }));
  return {
    kind: "block",
    hooks,
    condition: undefined,
    rules: followResult(
      lowerSelectors({ declared, result, node, lists, notifications }, findings),
      node,
      result,
      findings,
    ),
    otherwise: undefined,
    group: undefined,
    severity: undefined,
    tags: itemsOf(node, "tags")
      .flatMap((tag) => (tag.kind === "scalar" ? [textAt(tag)] : []))
      .filter((tag) => tag !== undefined),
    message: textAt(scalarOf(node, "message")),
    span: node.span,
  };
}

/** `returnArgAction`: the socket that the function returns is that of the process that called it, or no longer. */
function followResult(
  rules: readonly Rule[],
  node: YamlMapping,
  result: DeclaredArgument | undefined,
  findings: Findings,
): readonly Rule[] {
  const asked = scalarOf(node, "returnArgAction");
  if (asked === undefined) {
    return rules;
  }
  if (result === undefined) {
    findings.push(
      diagnostic("missing-key", asked.span, "`returnArgAction` needs `return: true` and `returnArg`", {
        help: "add `return: true` and `returnArg: {index: 0, type: sock}`",
      }),
    );
    return rules;
  }
  const { span } = asked;
  const kind = asked.text === "TrackSock" ? "track" : "untrack";
  const action: Action = { kind, argument: { kind: "name", text: "return", span }, span };
  return rules.map((rule) => ({ ...rule, actions: [...rule.actions, action] }));
}

/** A place that every kernel must have. */
export function plainTarget(section: RawSection, name: Name): HookTarget {
  return { section, name, syscall: false, optional: false, matching: false };
}

/** The return value, when the policy looks at it. */
export function lowerResult(node: YamlMapping, findings: Findings): DeclaredArgument | undefined {
  const wanted = scalarOf(node, "return");
  const declared = valueOf(node, "returnArg");
  if (wanted?.value === true) {
    if (declared === undefined) {
      findings.push(
        diagnostic("missing-key", wanted.span, "`return: true` needs the key `returnArg`", {
          help: "add `returnArg: {index: 0, type: int}`, or remove `return`",
        }),
      );
      return undefined;
    }
    return lowerArgument(declared, "return", "function", findings);
  }
  const entry = entryOf(node, "returnArg");
  if (declared !== undefined && entry !== undefined) {
    findings.push(
      diagnostic("ignored-key", entry.key.span, "`returnArg` has no effect without `return: true`", {
        help: "add `return: true`, or remove it",
      }),
    );
  }
  return undefined;
}
