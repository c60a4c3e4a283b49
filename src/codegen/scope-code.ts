/**
 * The scope stage: what depends on the workload alone. The runtime decides it once for each workload and writes
 * a row of bits, of which each hook has some words; the hook ANDs those.
 */
import type { Ir } from "../ir/ir.ts";
import { invariant } from "../source/invariant.ts";
import type { ManifestAttachment, ManifestScope } from "../../runtime/manifest.ts";
import { type FieldUse, type HookBits, bitsOfUse, rulesOfUse, unresolvedVector, useOfField } from "./bits.ts";
import type { CWriter } from "./c-writer.ts";
import { type DecideContext, writeStopIfNone } from "./decide-context.ts";
import { anyLive, ruleMask, writeAnd, writeForget, writeKeep } from "./live-code.ts";
import type { HookParts } from "./parts.ts";
import { scopeTest } from "./scope-test.ts";

/** 64-bit words of a row: those of all hooks that ask for the workload. */
export function scopeWords(parts: readonly HookParts[]): number {
  return parts.reduce((sum, { scope, bits }) => sum + (scope === undefined ? 0 : bits.words), 0);
}

/** The uses of all conditions of a hook together. */
function useOfScope({ hook, bits }: HookParts): FieldUse {
  const uses = hook.fields.flatMap(({ source }, index) =>
    source.kind === "scope" ? [useOfField(bits, index)] : [],
  );
  return { guards: uses.flatMap(({ guards }) => guards), literals: uses.flatMap(({ literals }) => literals) };
}

/** Leaves only the rules that are for the workload. */
export function writeScope(context: DecideContext): void {
  const { writer, part } = context;
  const { bits, scope } = part;
  if (scope === undefined) {
    return;
  }
  const use = useOfScope(part);
  const rules = rulesOfUse(use);
  writer.line();
  writer.line("/* the workload */");
  writer.block(rules === ruleMask(bits) ? "{" : `if (${anyLive(bits, rules)}) {`, () => {
    writer.line("const u64 *row = scope_words(&values->scope);");
    writer.line();
    writer.block(
      "if (row) {",
      () => {
        writeAnd(writer, bits, "row");
      },
      "} else {",
    );
    writer.block("", () => {
      writeKeep(writer, bits, unresolvedVector(bits, use));
    });
  });
  writeForget(writer, bits, bitsOfUse(use));
  if (rules === ruleMask(bits)) {
    writeStopIfNone(context);
  }
}

/** What the runtime needs to make rows; undefined when nothing asks for the workload. */
export function scopePlan({ scope }: Ir, parts: readonly HookParts[]): ManifestScope | undefined {
  const words = scopeWords(parts);
  if (words === 0) {
    return undefined;
  }
  return {
    words,
    conditions: scope.conditions.map(({ condition }, index) => {
      const needs = parts.flatMap((part) => bitsOfCondition(part, index));
      return {
        test: scopeTest(condition, scope.fields),
        bits: needs.map(({ bit }) => bit),
        unresolved: needs.filter(({ stays }) => stays).map(({ bit }) => bit),
      };
    }),
  };
}

interface NeedingBit {
  readonly bit: number;
  /** Whether it holds where the condition can't be told, if the operator wants the stated outcomes. */
  readonly stays: boolean;
}

/** The bits of rows that need a condition, for one hook. */
function bitsOfCondition({ hook, bits, scope }: HookParts, condition: number): readonly NeedingBit[] {
  const field = hook.fields.findIndex(
    ({ source }) => source.kind === "scope" && source.condition === condition,
  );
  if (scope === undefined || field === -1) {
    return [];
  }
  const { guards, literals } = useOfField(bits, field);
  invariant(
    [...guards.map(({ literal }) => literal), ...literals].every(({ negated }) => !negated),
    "conditions of workloads are never negated in a rule",
  );
  return [
    ...guards.map(({ bit }) => ({ bit, stays: ruleStays(bits, bit) })),
    ...literals.map(({ bit, onUnresolved }) => ({ bit, stays: onUnresolved === "match" })),
  ].map(({ bit, stays }) => ({ bit: scope * 64 + bit, stays }));
}

function ruleStays(bits: HookBits, rule: number): boolean {
  return bits.rules[rule]?.rule.onUnresolved === "match";
}

/** Defines the size of rows; nothing when no hook asks for the workload. */
export function writeScopeSize(writer: CWriter, parts: readonly HookParts[]): void {
  const words = scopeWords(parts);
  if (words > 0) {
    writer.line(`#define SCOPE_WORDS ${words}`);
  }
}

/** The programs of `bpf/templates/scope.h`: what keeps track of cgroups. */
export const scopeAttachments: readonly ManifestAttachment[] = ["mkdir", "rmdir"].map((event) => ({
  purpose: `cgroup ${event}`,
  need: "required",
  alternatives: [{ program: `scope_${event}`, requires: [] }],
}));
