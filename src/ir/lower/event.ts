/** Portable events: their names to places in the kernel. */
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import { type EventFact, type EventPlace, eventAliases, events } from "../../kernel/events.ts";
import { hookTable } from "../../kernel/hook-table.ts";
import type { HookFact } from "../../kernel/hook.ts";
import type { HookReference } from "../../parser/policy/tree.ts";
import { elementAt, invariant } from "../../source/invariant.ts";
import type { Span } from "../../source/source.ts";
import { printable } from "./printable.ts";
import type { ResolvedArgument, ResolvedHook } from "./resolved-hook.ts";

type EventReference = Extract<HookReference, { kind: "event" }>;

/** All the places of an event; none, and a finding, when there is no such event. */
export function resolveEvent(
  { name, span }: EventReference,
  findings: Diagnostic[],
): readonly ResolvedHook[] {
  const fact = events.get(name.text);
  if (fact !== undefined) {
    return fact.places.map((place) => resolvePlace(fact, place, span));
  }
  const alias = eventAliases.get(name.text);
  const help =
    alias === undefined
      ? (rawHook(name.text) ?? didYouMean(name.text, [...events.keys()]) ?? siblings(name.text))
      : `did you mean \`${alias}\`?`;
  findings.push(diagnostic("unknown-event", span, `there is no event \`${printable(name.text)}\``, { help }));
  return [];
}

/** A function of the kernel, or another place in it, is no event. */
function rawHook(name: string): string | undefined {
  if (/^security_\w+$/.test(name)) {
    return `a hook of the kernel needs its kind: \`on lsm ${name.replace("security_", "")}(…)\` or \`on kprobe ${name}(…)\``;
  }
  const call = /^(?:__x64_)?sys_(\w+)$/.exec(name)?.[1];
  return call === undefined ? undefined : `a system call is hooked by \`on kprobe syscall sys_${call}(…)\``;
}

/** Events that begin with the same word, or all of them. */
function siblings(name: string): string {
  const [root = ""] = name.split(".");
  const same = [...events.keys()].filter((event) => event.startsWith(`${root}.`));
  return `use one of ${(same.length === 0 ? [...events.keys()] : same).join(", ")}`;
}

function resolvePlace(event: EventFact, place: EventPlace, span: Span): ResolvedHook {
  const fact = hookTable.get(place.hook);
  invariant(fact !== undefined, `${event.name} is looked for at an unknown hook`);
  const used = new Set(Object.values(place.fields).map(({ argument }) => argument));
  return {
    fact,
    arguments: [...used]
      .sort((a, b) => a - b)
      .map((argument) => resolvedArgument(fact, event, place, argument, span)),
    result: undefined,
    event: { fact: event, place, span },
    need: place.need,
  };
}

function resolvedArgument(
  fact: HookFact,
  event: EventFact,
  place: EventPlace,
  index: number,
  span: Span,
): ResolvedArgument {
  const { type, words } = elementAt(fact.arguments, index);
  const names = event.fields.map(({ name }) => name).filter((name) => place.fields[name]?.argument === index);
  const [first = ""] = names;
  const label = names.length === 1 && type.kind === "integer" ? first : (first.split(".")[0] ?? first);
  const name = { kind: "name", text: label, span } as const;
  return {
    parameter: {
      kind: "parameter",
      index,
      name,
      type: { ...name, text: type.kind },
      label: { kind: "text", text: label, span },
      span,
    },
    argument: index,
    type,
    words,
  };
}
