/** For people: which matchers the compiler chose for the rules of each hook, and why. */
import type { VerifiedIr } from "../ir/verify/verify.ts";
import type { ManifestLimit, MapPlan } from "../../runtime/manifest.ts";
import { planOf } from "./generate.ts";
import { execTableName } from "./exec-code.ts";
import type { ExecPlan, ExecTable } from "./exec-stage.ts";
import { numberLimits } from "./limits.ts";
import type { Matcher } from "./matcher.ts";
import { type HookParts, matcherName, partsOf, type PathEnds } from "./parts.ts";
import type { EndFilter } from "./path-ends.ts";
import { isKeptMatcher } from "./process-code.ts";

/** What `--emit plan` shows: the choices, and what the runtime puts into the maps. */
export interface ExplainedPlan extends MapPlan {
  /** Comparisons that are made when a process forks or executes a program, and how; absent: none. */
  readonly exec?: readonly ExplainedMatcher[];
  readonly hooks: readonly ExplainedHook[];
  /** Limits on alerts, by number. */
  readonly limits: readonly ManifestLimit[];
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
  /** When the comparisons are made; those of the exec stage are only looked up at the hook. */
  readonly stage: "exec" | "event";
  readonly kind: string;
  readonly why: string;
  /** The map that it looks into, or the beginning of its tables' names; null when it has none. */
  readonly table: string | null;
}

/** Explains the plan of an IR. Deterministic. */
export function explainPlan({ ir }: VerifiedIr): ExplainedPlan {
  const parts = partsOf(ir);
  const { exec, hooks } = parts;
  return {
    ...(exec === undefined ? {} : { exec: exec.tables.map((table) => explainExec(exec, table)) }),
    hooks: hooks.map(explainHook),
    limits: numberLimits(ir.hooks).limits,
    ...planOf(parts),
  };
}

function explainExec(exec: ExecPlan, table: ExecTable): ExplainedMatcher {
  const { matcher } = table;
  return {
    field: `process.${exec.fields[matcher.field]?.name ?? ""}`,
    stage: "exec",
    kind: kindOf(matcher),
    why: matcher.why,
    table: "suffix" in matcher ? execTableName(exec, table) : null,
  };
}

function kindOf(matcher: Matcher): string {
  return matcher.kind === "integer-table" ? `integer-${matcher.table.kind}` : matcher.kind;
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
    stage: isKeptMatcher(matcher) ? "exec" : "event",
    kind: kindOf(matcher),
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
    filter === undefined
      ? []
      : [{ field, stage: "event" as const, kind: `${end}-component`, why: whyEnds(filter), table: null }],
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
