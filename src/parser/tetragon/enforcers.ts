/**
 * `enforcers`: the system calls that NotifyEnforcer kills or refuses. The notifying hook must be where such a call
 * begins, so that what it decides is for this call: a notification never waits for a later one.
 */
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { parseSystemCall, systemCallFunction, systemCallNumber } from "../../kernel/system-call-hook.ts";
import type { Span } from "../../source/source.ts";
import type { Comparison, Condition, Literal, Name, RawSection, Rule } from "../policy/tree.ts";
import type { YamlMapping, YamlNode } from "../yaml/tree.ts";
import { entryOf, itemsOf, scalarOf } from "../yaml/tree.ts";
import { type DeclaredArgument, nameAt } from "./arguments.ts";
import { type Findings, notYet } from "./findings.ts";
import { type CallLists, findList, isListReference } from "./lists.ts";

/** The calls of all `enforcers`; undefined without any. */
export function lowerEnforcers(
  spec: YamlNode,
  lists: CallLists,
  findings: Findings,
): readonly Name[] | undefined {
  const items = itemsOf(spec, "enforcers");
  const names = items
    .flatMap((item) => itemsOf(item, "calls"))
    .flatMap((call): readonly Name[] => {
      if (call.kind !== "scalar") {
        return [];
      }
      if (!isListReference(call)) {
        return [nameAt(call.text, call)];
      }
      const list = findList(call, lists, findings);
      if (list?.kind === "pattern") {
        notYet(findings, call.span, "a list by pattern under `enforcers`");
      }
      return list === undefined || list.kind === "pattern" ? [] : list.names;
    });
  for (const name of names.filter(({ text }) => parseSystemCall(text)?.abi !== "x64")) {
    findings.push(
      diagnostic("refusal-out-of-reach", name.span, "enforcers act on system calls of 64-bit programs", {
        help: "name one like `sys_symlinkat`; on another function put `Override` or `Sigkill` into a hook of its own",
      }),
    );
  }
  return items.length === 0 ? undefined : names;
}

/** Where a block's notifications come from. */
export interface NotifyingHook {
  readonly node: YamlMapping;
  readonly section: RawSection;
  /** The functions or tracepoints that are hooked. */
  readonly targets: readonly Name[];
  readonly syscall: boolean;
  readonly declared: readonly DeclaredArgument[];
}

/** What a block's notifications are for. */
export interface Notifications {
  /** Calls that begin at the hook and that its rules may refuse. */
  readonly refuses: readonly Name[];
  /** The argument that tells which call begins, where several can. */
  readonly number: DeclaredArgument | undefined;
}

const none: Notifications = { refuses: [], number: undefined };

/** The notifications of a block; faults are reported where the first is asked for. */
export function lowerNotifications(
  hook: NotifyingHook,
  calls: readonly Name[] | undefined,
  findings: Findings,
): Notifications {
  const span = notifyingAction(hook.node);
  if (span === undefined) {
    return none;
  }
  if (calls === undefined) {
    findings.push(
      diagnostic("missing-key", span, "`NotifyEnforcer` needs `enforcers` with the calls to act on", {
        help: "add `enforcers: [{calls: [sys_symlinkat]}]` to `spec`",
      }),
    );
    return none;
  }
  const isTracepoint = hook.section === "tracepoint" || hook.section === "raw_tracepoint";
  const target = hook.targets[0]?.text ?? "";
  if (isTracepoint && target === "raw_syscalls/sys_enter") {
    return { refuses: calls, number: findNumber(hook, span, findings) };
  }
  const [, entered] = /^syscalls\/sys_enter_(\w+)$/.exec(target) ?? [];
  if (isTracepoint && entered !== undefined) {
    const own = calls.filter(({ text }) => functionOf(text) === functionOf(`sys_${entered}`));
    if (own.length === 0) {
      outOfReach(span, `no enforcer acts on \`sys_${entered}\``, findings);
    }
    return { refuses: own, number: undefined };
  }
  if (isTracepoint || !hook.syscall) {
    outOfReach(span, "no system call begins at this hook", findings);
    return none;
  }
  const missing = hook.targets.find(
    (name) => !calls.some(({ text }) => functionOf(text) === functionOf(name.text)),
  );
  if (missing !== undefined) {
    outOfReach(span, `no enforcer acts on \`${missing.text}\``, findings);
  }
  return none;
}

function functionOf(text: string): string {
  const call = parseSystemCall(text);
  return call === undefined ? text : systemCallFunction(call);
}

function outOfReach(span: Span, message: string, findings: Findings): void {
  findings.push(
    diagnostic("refusal-out-of-reach", span, message, {
      help: "notify where one of the enforcers' calls begins: `raw_syscalls/sys_enter` or the call itself",
    }),
  );
}

/** Where the first selector asks for a notification. */
function notifyingAction(node: YamlMapping): Span | undefined {
  return itemsOf(node, "selectors")
    .map(notificationOf)
    .find((span) => span !== undefined);
}

/** Where a selector asks for a notification. */
export function notificationOf(selector: YamlNode): Span | undefined {
  return itemsOf(selector, "matchActions")
    .map((item) => scalarOf(item, "action"))
    .find((action) => action?.text === "NotifyEnforcer")?.span;
}

/** `raw_syscalls/sys_enter` has the call's number as field 4 of its record, or as its second argument. */
function findNumber(
  { node, section, declared }: NotifyingHook,
  span: Span,
  findings: Findings,
): DeclaredArgument | undefined {
  const index = section === "tracepoint" ? 4 : 1;
  const found = declared.find((argument) => argument.parameter.index === index);
  if (found?.argumentClass !== "integer") {
    findings.push(
      diagnostic(
        "missing-key",
        entryOf(node, "args")?.key.span ?? span,
        "the number of the call is not declared",
        {
          help: `add \`{index: ${index}, type: syscall64}\` to \`args\`: enforcers act on certain calls only`,
        },
      ),
    );
    return undefined;
  }
  return found;
}

/**
 * A notifying rule for the calls that enforcers act on and, where it holds for others as well, a second one that
 * only reports those.
 */
export function notifyingRules(rule: Rule, { refuses, number }: Notifications, span: Span): readonly Rule[] {
  const numbers = refuses.flatMap(({ text }) => {
    const call = parseSystemCall(text);
    return (call && systemCallNumber(call.call)) ?? [];
  });
  if (number === undefined || isFor(rule.condition, number, new Set(numbers.map(BigInt)))) {
    return [rule];
  }
  const acted: Comparison = {
    kind: "comparison",
    field: { kind: "field", segments: [number.parameter.name.text], span },
    operator: "in",
    operatorSpan: span,
    values: [...new Set(numbers)].map((call): Literal => ({ kind: "integer", value: BigInt(call), span })),
    ignoreCase: false,
    span,
  };
  const operands = rule.condition?.kind === "and" ? rule.condition.operands : rule.condition;
  const condition: Condition =
    operands === undefined
      ? acted
      : { kind: "and", operands: [...[operands].flat(), acted], span: rule.span };
  const others = rule.actions.filter(({ kind }) => kind !== "deny" && kind !== "kill");
  return [
    { ...rule, condition },
    { ...rule, actions: others },
  ];
}

/** Whether a condition holds for no other calls than these. */
function isFor(
  condition: Condition | undefined,
  { parameter }: Pick<DeclaredArgument, "parameter">,
  calls: ReadonlySet<bigint>,
): boolean {
  if (condition?.kind === "and") {
    return condition.operands.some((operand) => isFor(operand, { parameter }, calls));
  }
  return (
    condition?.kind === "comparison" &&
    condition.operator === "in" &&
    condition.field.segments.length === 1 &&
    condition.field.segments[0] === parameter.name.text &&
    condition.values.every((value) => value.kind === "integer" && calls.has(value.value))
  );
}
