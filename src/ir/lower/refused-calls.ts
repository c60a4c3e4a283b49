/** Refusals of system calls that are decided at a tracepoint: where they begin. */
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import { parseSystemCall, systemCallNames, systemCallNumber } from "../../kernel/system-call-hook.ts";
import type { HookFact } from "../../kernel/hook.ts";
import type { HookReference, Name } from "../../parser/policy/tree.ts";
import { elementAt } from "../../source/invariant.ts";
import type { Atom, Bool } from "../ir.ts";
import type { FieldRegistry } from "./condition.ts";
import { printable } from "./printable.ts";
import type { RefusedCalls, ResolvedHook } from "./resolved-hook.ts";

type RawHook = Extract<HookReference, { kind: "raw" }>;

/** The system calls that a tracepoint's rules may refuse, as their functions are called. */
export function refusedCalls({ refuses }: RawHook): readonly string[] {
  return refuses.flatMap((name) => callOf(name) ?? []);
}

function callOf({ text }: Name): string | undefined {
  const call = parseSystemCall(text);
  return call?.abi === "x64" && systemCallNumber(call.call) !== undefined ? call.call : undefined;
}

/** Reports names that are no system calls, and places where none of them begins. */
export function checkRefused(reference: RawHook, findings: Diagnostic[]): void {
  const [first] = reference.refuses;
  if (first === undefined) {
    return;
  }
  for (const name of reference.refuses.filter((each) => callOf(each) === undefined)) {
    findings.push(
      diagnostic(
        "unknown-hook",
        name.span,
        `\`${printable(name.text)}\` is no system call of 64-bit programs`,
        {
          help: didYouMean(name.text, systemCallNames()) ?? "system calls are named like `sys_openat`",
        },
      ),
    );
  }
  const begins = callsAt(reference);
  if (begins === undefined) {
    findings.push(
      diagnostic("refusal-out-of-reach", first.span, "no system call begins at this hook", {
        help: "hook `raw_syscalls/sys_enter`, `syscalls/sys_enter_NAME`, or the call itself and deny there",
      }),
    );
  } else if (begins !== "all" && reference.refuses.some((name) => callOf(name) !== begins)) {
    findings.push(
      diagnostic("refusal-out-of-reach", first.span, `only \`sys_${begins}\` begins at this hook`, {
        help: "name no other system call, or hook `raw_syscalls/sys_enter`",
      }),
    );
  }
}

/** Which system calls begin at a hook. */
function callsAt({ section, target: { text } }: RawHook): string | undefined {
  if (section !== "tracepoint" && section !== "raw_tracepoint") {
    return undefined;
  }
  if (text === "raw_syscalls/sys_enter") {
    return "all";
  }
  const [, call] = /^syscalls\/sys_enter_(\w+)$/.exec(text) ?? [];
  return call === undefined ? undefined : parseSystemCall(`sys_${call}`)?.call;
}

/** What a tracepoint's rules may refuse, and which of its arguments tell the call. */
export function refusedAt(reference: RawHook, fact: HookFact): RefusedCalls {
  const numbers = refusedCalls(reference).map((call) => systemCallNumber(call) ?? -1);
  const first = reference.section === "tracepoint" ? RECORD_NUMBER : RAW_NUMBER;
  const views = fact.arguments.flatMap(({ viewOf }, index) => (viewOf === first ? [index] : []));
  return {
    calls: new Set(numbers.map(BigInt)),
    number: callsAt(reference) === "all" ? [first, ...views] : undefined,
  };
}

/** Where `raw_syscalls/sys_enter` has the call's number: in its record, and among its own arguments. */
const RECORD_NUMBER = 4;
const RAW_NUMBER = 1;

/**
 * Whether a rule holds for no other system calls than those that can be refused. Elsewhere it would promise a
 * refusal that nothing carries out.
 */
export function holdsForCalls(condition: Bool, { refused }: ResolvedHook, registry: FieldRegistry): boolean {
  if (refused === undefined || refused.number === undefined) {
    return true;
  }
  const isNumber = (atom: Atom): boolean => {
    const { source } = elementAt(registry.entries, atom.field).field;
    return (
      (source.kind === "argument" || (source.kind === "part" && source.part !== "abi")) &&
      refused.number?.includes(source.argument) === true
    );
  };
  const restricts = (part: Bool): boolean =>
    part.kind === "atom"
      ? isNumber(part) &&
        part.test.kind === "ranges" &&
        part.test.ranges.every(({ low, high }) => isRefused(low, high))
      : part.kind === "and"
        ? part.operands.some(restricts)
        : part.kind === "or" && part.operands.every(restricts);
  const isRefused = (low: bigint, high: bigint): boolean => {
    for (let call = low; call <= high; call += 1n) {
      if (!refused.calls.has(call)) {
        return false;
      }
    }
    return true;
  };
  return restricts(condition) || (condition.kind === "constant" && !condition.value);
}
