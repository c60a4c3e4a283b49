/** Puts a compiled program, its plan and its manifest into one reproducible file. */
import { createHash } from "node:crypto";
import { unzipSync, zipSync } from "fflate";
import type { Program } from "../codegen/generate.ts";
import { templateOf } from "./template.ts";
import { limitMapShapes, numberLimits } from "../codegen/limits.ts";
import { tellsStacks } from "../codegen/effects.ts";
import type { Ir, IrHook, IrRule, Verdict } from "../ir/ir.ts";
import { type Condensed, condense } from "../diagnostics/condense.ts";
import type { ProgramBudget } from "../ir/verify/budget.ts";
import { budgetOfProgram, usesOf } from "../ir/verify/usage.ts";
import type { VerifiedIr } from "../ir/verify/verify.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { formatSpan, positionAt } from "../source/source.ts";
import {
  MANIFEST_FORMAT,
  MOST_SCOPE_ROWS,
  type Manifest,
  type ManifestBudget,
  type ManifestEstimate,
  type ManifestHook,
  type ManifestMap,
  type ManifestProgram,
  type ManifestRequest,
  type ManifestRule,
  type ManifestVerdict,
  type PlannedMap,
  SCOPE_COUNTS,
  SCOPE_MAPS,
} from "../../runtime/manifest.ts";
import { manifestCapture } from "./capture-type.ts";
import { lineOrigins } from "./line-origins.ts";
import { readPrograms } from "./object.ts";

/** Name and version that manifests carry. */
export const COMPILER = "policyc 0.1.0";

/** The earliest time that a zip can state, wherever it is written. */
const EARLIEST_TIME = new Date(1980, 0, 1);

/** The parts of a bundle. */
export interface BundleParts {
  readonly ir: Ir;
  readonly program: Program;
  readonly object: Uint8Array;
  /** What was found when compiling; warnings become notes for the operator. */
  readonly diagnostics: readonly Diagnostic[];
  /** What the limits were held against; absent where nothing was verified. */
  readonly verified?: Pick<VerifiedIr, "budget" | "targets">;
}

/** The bundle as bytes: a zip with fixed times, so that the same parts give the same bytes. */
export function packBundle(parts: BundleParts): Uint8Array {
  const files: Record<string, Uint8Array> = {
    "lines.json": json(lineOrigins(parts.program.origins)),
    "plan.json": json(parts.program.plan),
    "program.bpf.c": new TextEncoder().encode(parts.program.text),
    "program.bpf.o": parts.object,
  };
  const digests = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, sha256(bytes)]));
  const manifest = json(manifestOf(parts, digests));
  return zipSync({ "manifest.json": manifest, ...files }, { mtime: EARLIEST_TIME, level: 9 });
}

/**
 * The same bundle without compression, for a reader whose processor is emulated: there, unpacking takes longer
 * than all else that is done with the file. Bytes that are no bundle stay what they are.
 */
export function storeBundle(bundle: Uint8Array): Uint8Array {
  try {
    return zipSync(unzipSync(bundle), { mtime: EARLIEST_TIME, level: 0 });
  } catch {
    return bundle;
  }
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, undefined, 1)}\n`);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What a bundle says about itself. */
export function manifestOf(parts: BundleParts, digests: Readonly<Record<string, string>>): Manifest {
  const { ir, program } = parts;
  return {
    format: MANIFEST_FORMAT,
    compiler: COMPILER,
    ...subjectsOf(ir),
    attachments: program.attachments,
    ...(program.fills.length === 0 ? {} : { fills: program.fills }),
    programs: programsOf(parts),
    maps: mapsOf(ir, program),
    ...(program.scope === undefined ? {} : { scope: program.scope }),
    ...(parts.verified === undefined ? {} : { budget: budgetOf(parts.verified) }),
    notes: condense(parts.diagnostics.filter(({ severity }) => severity !== "info")).map(noteOf),
    digests,
  };
}

/** What events speak of: the part of a manifest that needs no object. */
export function subjectsOf(ir: Ir): Pick<Manifest, "policies" | "rules" | "hooks" | "limits"> {
  const { limits, ofRules } = numberLimits(ir.hooks);
  return {
    policies: ir.policies.map((policy) => ({
      name: policy.name,
      ...(policy.namespace === undefined ? {} : { namespace: policy.namespace }),
      mode: policy.mode,
      tags: policy.tags,
      ...(policy.message === undefined ? {} : { message: policy.message }),
      ...(policy.severity === undefined ? {} : { severity: policy.severity }),
      ...(policy.scope === undefined ? {} : { scope: policy.scope }),
      file: policy.span.source.storedName,
      line: positionAt(policy.span.source, policy.span.start).line,
    })),
    rules: ir.hooks.flatMap(rulesOf).map((rule, index) => {
      const limit = ofRules[index];
      return limit === undefined ? rule : { ...rule, limit };
    }),
    limits,
    hooks: ir.hooks.map(hookOf),
  };
}

function noteOf({ finding: { message, help, span }, others }: Condensed): string {
  const place = span === undefined ? "" : `${formatSpan(span)}: `;
  const more = others === 0 ? "" : ` (and ${others} more like it)`;
  return `${place}${message}${more}${help === undefined ? "" : `: ${help}`}`;
}

function rulesOf(hook: IrHook, hookIndex: number): readonly ManifestRule[] {
  return hook.blocks.flatMap((block) =>
    block.rules.map((rule): ManifestRule => {
      const { line, column } = positionAt(rule.span.source, rule.span.start);
      return {
        id: rule.id,
        policy: rule.origin.policy,
        hook: hookIndex,
        tags: rule.origin.tags,
        ...(rule.origin.message === undefined ? {} : { message: rule.origin.message }),
        ...(rule.origin.severity === undefined ? {} : { severity: rule.origin.severity }),
        ...(rule.label === undefined ? {} : { label: rule.label }),
        verdict: verdictOf(rule.verdict),
        post: rule.post,
        ...(rule.template === undefined ? {} : { template: templateOf(rule.template, hook) }),
        ...effectsOf(rule),
        posture: rule.posture,
        file: rule.span.source.storedName,
        line,
        column,
      };
    }),
  );
}

/** What the runtime has to do with a rule's alerts. */
function effectsOf({ effects }: IrRule): Pick<ManifestRule, "stacks" | "requests"> {
  const stacks = effects.flatMap((effect) => (effect.kind === "stack" ? [effect.of] : []));
  const requests = effects.flatMap((effect): readonly ManifestRequest[] =>
    effect.kind === "fetch" || effect.kind === "resolve"
      ? [{ kind: effect.kind, target: effect.target }]
      : [],
  );
  return {
    ...(stacks.length === 0 ? {} : { stacks: [...new Set(stacks)] }),
    ...(requests.length === 0 ? {} : { requests }),
  };
}

function verdictOf(verdict: Verdict): ManifestVerdict {
  switch (verdict.kind) {
    case "allow":
      return { kind: "allow" };
    case "deny":
      return { kind: "deny", errno: verdict.errno };
    case "kill":
      return { kind: "kill", signal: verdict.signal, errno: verdict.errno };
  }
}

function hookOf(hook: IrHook): ManifestHook {
  return {
    name: hook.fact.name ?? hook.fact.id,
    ...(hook.fact.path === undefined ? {} : { path: hook.fact.path }),
    section: hook.fact.section,
    captures: hook.captures.map(manifestCapture),
    result: hook.wantsResult,
    ...(tellsStacks(hook) ? { stacks: true } : {}),
  };
}

function programsOf({ program, object, verified }: BundleParts): readonly ManifestProgram[] {
  return readPrograms(object).map(({ name, section, instructions, stack }) => {
    const hook = program.programHooks.get(name);
    const expected =
      hook === undefined || verified === undefined
        ? undefined
        : budgetOfProgram(verified.budget, hook, section, name);
    return {
      name,
      section,
      instructions,
      stack,
      ...(hook === undefined ? {} : { hook }),
      ...(expected === undefined ? {} : { estimate: estimateOf(expected) }),
    };
  });
}

function estimateOf({ instructions, stackBytes, walked, generation }: ProgramBudget): ManifestEstimate {
  const onNewest = generation === "5.10" ? walked.boundedLoops : walked.callbacksAsLoops;
  return { instructions, stack: stackBytes, walked: onNewest };
}

function budgetOf({ budget, targets }: Pick<VerifiedIr, "budget" | "targets">): ManifestBudget {
  return { targets: targets.map(({ name }) => name), uses: usesOf(budget, targets) };
}

/** Cgroups that have a row of their own: `bpf/templates/scope.h`. */
const SCOPE_CGROUPS = 16384;

/** Maps that depend on the policies; those of the headers are the same in every bundle. */
function mapsOf(ir: Ir, program: Program): readonly ManifestMap[] {
  const rules = ir.hooks.reduce(
    (count, hook) => count + hook.blocks.flatMap((block) => block.rules).length,
    0,
  );
  const { limits } = numberLimits(ir.hooks);
  const limitMaps = limits.length === 0 ? [] : limitMapShapes(limits.length, rules);
  const isTable = ({ name }: PlannedMap): boolean => limitMaps.every(([each]) => each !== name);
  const table = (
    name: string,
    type: string,
    key: number,
    value: number,
    most: number,
    entries = 0,
  ): ManifestMap => ({
    name,
    type,
    keySize: key,
    valueSize: value,
    maxEntries: most,
    entries,
    bytes: (key + value) * most,
  });
  return [
    { ...table("events", "ringbuf", 0, 0, 1 << 20), bytes: 1 << 20 },
    table("modes", "array", 4, 4, Math.max(1, ir.policies.length), 0),
    table("hits", "percpu_array", 4, 8, Math.max(1, rules), 0),
    table("alerts", "percpu_array", 4, 24, Math.max(1, rules), 0),
    ...program.maps,
    ...(program.scope === undefined
      ? []
      : [
          table(SCOPE_MAPS.cgroups, "hash", 8, 4, SCOPE_CGROUPS),
          table(SCOPE_MAPS.rows, "array", 4, 8 * program.scope.words, MOST_SCOPE_ROWS),
          table(SCOPE_MAPS.counts, "array", 4, 8, SCOPE_COUNTS.length),
        ]),
    ...limitMaps.map(([name, type, key, value, most]) =>
      table(
        name,
        type,
        key,
        value,
        most,
        program.plan.maps.find((planned) => planned.name === name)?.entries.length ?? 0,
      ),
    ),
    ...program.plan.maps
      .filter(isTable)
      .map(({ name, entries }) =>
        table(
          name,
          "lpm_trie",
          (entries[0]?.key.length ?? 0) / 2,
          4,
          Math.max(1, entries.length),
          entries.length,
        ),
      ),
  ];
}
