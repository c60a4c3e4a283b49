/** For people: which matchers the compiler chose for the rules of each hook, and why. */
import type { VerifiedIr } from "../ir/verify/verify.ts";
import type { MapPlan } from "../../runtime/manifest.ts";
import { planOf } from "./generate.ts";
import type { Matcher } from "./matcher.ts";
import { type HookParts, matcherName, partsOf, type PathEnds } from "./parts.ts";
import type { EndFilter } from "./path-ends.ts";

/** What `--emit plan` shows: the choices, and what the runtime puts into the maps. */
export interface ExplainedPlan extends MapPlan {
  readonly hooks: readonly ExplainedHook[];
}

export interface ExplainedHook {
  readonly hook: string;
  readonly rules: number;
  /** 64-bit words of the vector that says which rules may still hold. */
  readonly vectorWords: number;
  /** In the order in which they are asked. */
  readonly matchers: readonly ExplainedMatcher[];
}

export interface ExplainedMatcher {
  readonly field: string;
  readonly kind: string;
  readonly why: string;
  /** The map that it looks into, or the beginning of its tables' names; null when it has none. */
  readonly table: string | null;
}

/** Explains the plan of an IR. Deterministic. */
export function explainPlan({ ir }: VerifiedIr): ExplainedPlan {
  const parts = partsOf(ir);
  return { hooks: parts.map(explainHook), ...planOf(parts) };
}

function explainHook(part: HookParts): ExplainedHook {
  const { hook, bits, matchers, ends } = part;
  const nameOf = (field: number): string => hook.fields[field]?.name ?? "";
  const isText = ({ field }: Matcher): boolean => {
    const kind = hook.fields[field]?.type.kind;
    return kind === "path" || kind === "string";
  };
  const explain = (matcher: Matcher): ExplainedMatcher => ({
    field: nameOf(matcher.field),
    kind: matcher.kind === "integer-table" ? `integer-${matcher.table.kind}` : matcher.kind,
    why: matcher.why,
    table: "suffix" in matcher ? matcherName(part, matcher) : null,
  });
  return {
    hook: hook.fact.id,
    rules: bits.rules.length,
    vectorWords: bits.words,
    matchers: [
      ...matchers.filter((matcher) => !isText(matcher)).map(explain),
      ...[...ends].flatMap(([field, filters]) => explainEnds(nameOf(field), filters)),
      ...matchers.filter(isText).map(explain),
    ],
  };
}

function explainEnds(field: string, { head, tail }: PathEnds): readonly ExplainedMatcher[] {
  return [
    { end: "last", filter: tail },
    { end: "first", filter: head },
  ].flatMap(({ end, filter }) =>
    filter === undefined ? [] : [{ field, kind: `${end}-component`, why: whyEnds(filter), table: null }],
  );
}

function whyEnds({ words }: EndFilter): string {
  switch (words.kind) {
    case "chain":
      return `${words.entries.length} words, compared in place before the path is built`;
    case "slots": {
      const used = words.slots.filter(({ mask }) => mask !== 0n).length;
      return `${used} words: one comparison in a table of ${words.slots.length}, before the path is built`;
    }
    case "table":
      return `${words.table.why}, before the path is built`;
  }
}
