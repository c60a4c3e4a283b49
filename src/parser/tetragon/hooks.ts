/** The sections of a TracingPolicy: each entry becomes a block. */
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Block, HookReference, RawSection } from "../policy/tree.ts";
import type { YamlMapping, YamlNode, YamlScalar } from "../yaml/tree.ts";
import { entryOf, itemsOf, scalarOf, valueOf } from "../yaml/tree.ts";
import type { DeclaredArgument } from "./arguments.ts";
import { lowerArgument, lowerArguments, nameAt, textAt } from "./arguments.ts";
import type { Findings } from "./findings.ts";
import { notYet, refuseOtherKeys } from "./findings.ts";
import { lowerSelectors } from "./selector.ts";

const functionKeys: ReadonlySet<string> = new Set([
  "call",
  "syscall",
  "return",
  "returnArg",
  "args",
  "selectors",
  "message",
  "tags",
]);
const lsmKeys: ReadonlySet<string> = new Set(["hook", "args", "selectors", "message", "tags"]);

/** An entry of `kprobes`. */
export function lowerKprobe(node: YamlNode, findings: Findings): Block | undefined {
  const call = scalarOf(node, "call");
  if (node.kind !== "mapping" || call === undefined) {
    return undefined;
  }
  refuseOtherKeys(findings, node, "kprobes", functionKeys);
  const supported = checkCall(call, findings);
  const target = { section: "kprobe", name: call, syscall: isSystemCall(node) } as const;
  const block = lowerBlock(node, target, lowerResult(node, findings), findings);
  return supported ? block : undefined;
}

/** An entry of `lsmhooks`. */
export function lowerLsmHook(node: YamlNode, findings: Findings): Block | undefined {
  const hook = scalarOf(node, "hook");
  if (node.kind !== "mapping" || hook === undefined) {
    return undefined;
  }
  refuseOtherKeys(findings, node, "lsmhooks", lsmKeys);
  return lowerBlock(node, { section: "lsm", name: hook, syscall: false }, undefined, findings);
}

/** A call is a system call unless the policy says otherwise. */
function isSystemCall(node: YamlMapping): boolean {
  return scalarOf(node, "syscall")?.value !== false;
}

/** Lists of functions are for later. */
function checkCall(call: YamlScalar, findings: Findings): boolean {
  if (call.text.startsWith("list:")) {
    notYet(findings, call.span, "a reference to a list");
    return false;
  }
  return true;
}

/** The return value, when the policy looks at it. */
function lowerResult(node: YamlMapping, findings: Findings): DeclaredArgument | undefined {
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
    return lowerArgument(declared, "return", findings);
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

/** What a block hooks. */
interface HookTarget {
  readonly section: RawSection;
  readonly name: YamlScalar;
  readonly syscall: boolean;
}

function lowerBlock(
  node: YamlMapping,
  { section, name, syscall }: HookTarget,
  result: DeclaredArgument | undefined,
  findings: Findings,
): Block {
  const declared = lowerArguments(node, findings);
  const hook: HookReference = {
    kind: "raw",
    section,
    target: nameAt(name.text, name),
    path: undefined,
    syscall,
    parameters: declared.map(({ parameter }) => parameter),
    result: result?.parameter,
    span: name.span,
  };
  return {
    kind: "block",
    hooks: [hook],
    condition: undefined,
    rules: lowerSelectors({ declared, result, node }, findings),
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
