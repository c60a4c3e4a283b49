/** What an IR will need of a kernel, measured before any code exists. */
import { sectionOf, takesRegisters } from "../../kernel/attach-points.ts";
import type { AttachKind } from "../../kernel/hook.ts";
import type { HelperName, MapKind } from "../../kernel/features.ts";
import type { Span } from "../../source/source.ts";
import { execStageOf } from "../exec-stage.ts";
import type { Ir, IrHook, IrRule } from "../ir.ts";
import { type Generation, generations, helpersOf } from "./calls.ts";
import { type Estimate, estimate, weigh } from "./estimate.ts";
import { execMaps, fixedMaps, tableMap } from "./maps.ts";
import { programShape, shapeOf } from "./shape.ts";
import { type FieldTable, tablesOf } from "./tables.ts";
import { valueCount } from "../matching.ts";
import { atomsOfField } from "./values.ts";
import { weights } from "./weights.ts";

export interface Budget {
  readonly policies: number;
  readonly rules: number;
  readonly hooks: readonly HookBudget[];
  readonly maps: readonly MapBudget[];
  /** Programs that the bundle puts on each function of the kernel, most first. */
  readonly functions: readonly FunctionBudget[];
}

export interface HookBudget {
  readonly hook: string;
  readonly rules: readonly RuleBudget[];
  readonly fields: readonly FieldBudget[];
  /** 64-bit words of the hook's vectors. */
  readonly words: number;
  readonly programs: readonly ProgramBudget[];
}

/** What one rule adds to its hook. */
export interface RuleBudget {
  readonly id: string;
  readonly span: Span;
  /** Instructions that its tests and its residue add to each program of the hook. */
  readonly instructions: number;
}

export interface FieldBudget {
  readonly name: string;
  /** Values of all tests. */
  readonly values: number;
}

/** One program of a hook: one attach point in one generation of BPF features. */
export interface ProgramBudget extends Estimate {
  /** As the object calls its section: `lsm/file_open`. */
  readonly section: string;
  readonly kind: AttachKind;
  readonly generation: Generation;
  /** Arguments of the function that it is attached to. */
  readonly arguments: number;
  /** Iterations of its longest loop. */
  readonly loopIterations: number;
  readonly tailCalls: number;
  /** Whether it may sleep; such programs can use fewer maps. */
  readonly sleeps: boolean;
  readonly helpers: readonly HelperName[];
  readonly maps: readonly MapKind[];
}

export interface MapBudget {
  readonly name: string;
  readonly kind: MapKind;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly entries: number;
  /** Memory, with what the kernel adds to each entry; for per-CPU maps on one processor. */
  readonly bytes: number;
  /** Index of the hook that it belongs to; absent: all. */
  readonly hook?: number;
}

export interface FunctionBudget {
  readonly name: string;
  readonly programs: number;
  /** Index of the hook whose program came last. */
  readonly hook: number;
}

/** Every rule of a hook, in order. */
export function rulesOf(hook: IrHook): readonly IrRule[] {
  return hook.blocks.flatMap((block) => block.rules);
}

/** Measures an IR. */
export function measure(ir: Ir): Budget {
  const tables = ir.hooks.map(tablesOf);
  const stage = execStageOf(ir);
  return {
    policies: ir.policies.length,
    rules: ir.hooks.reduce((sum, hook) => sum + rulesOf(hook).length, 0),
    hooks: ir.hooks.map((hook, index) => measureHook(hook, tables[index] ?? [])),
    maps: [
      ...fixedMaps(ir, tables),
      ...(stage === undefined ? [] : execMaps(stage)),
      ...tables.flatMap((own, hook) => own.flatMap((table) => tableMap(table, hook))),
    ],
    functions: programsByFunction(ir),
  };
}

function measureHook(hook: IrHook, tables: readonly FieldTable[]): HookBudget {
  const { shape, rules } = shapeOf(hook, tables);
  const maps: readonly MapKind[] = [
    ...(["array", "percpu_array", "ringbuf"] as const),
    ...tables.flatMap(({ kind }) => kind ?? []),
  ];
  // A refusal looks at one word.
  const deciding = hook.attachments.filter(({ kind }) => kind !== "refusal");
  const programs = deciding.flatMap(({ kind, alternatives }) =>
    alternatives.flatMap((point) =>
      generations.map((generation): ProgramBudget => ({
        section: sectionOf(point),
        kind: point.kind,
        generation,
        arguments: point.parameters.length,
        ...estimate(programShape(shape, { guard: kind === "guard", old: generation === "5.10" })),
        loopIterations: shape.pathReads > 0 ? PATH_STEPS : RULE_STEPS,
        tailCalls: 0,
        sleeps: false,
        helpers: helpersOf(generation),
        maps: [...new Set(maps)],
      })),
    ),
  );
  return {
    hook: hook.fact.id,
    rules: rules.map(({ rule, ...parts }) => ({
      id: rule.id,
      span: rule.span,
      instructions: weigh(parts, weights.instructions),
    })),
    fields: hook.fields.map(({ name }, field) => ({
      name,
      values: atomsOfField(hook, field).reduce((sum, { test }) => sum + valueCount(test), 0),
    })),
    words: shape.words,
    programs,
  };
}

/** Components and mounts that a path is walked for: `bpf/templates/path.h`. */
const PATH_STEPS = 2112;
/** Rules that are looked at in one loop: a word of them. */
const RULE_STEPS = 64;

/** Every attachment puts at most one program on a function, whichever alternative is taken. */
function programsByFunction(ir: Ir): readonly FunctionBudget[] {
  const found = new Map<string, FunctionBudget>();
  for (const [hook, { attachments }] of ir.hooks.entries()) {
    for (const { alternatives } of attachments) {
      // Only trampolines have room for so many.
      const points = alternatives.filter((point) => !takesRegisters(point));
      const names = points.map(({ kind, target }) => (kind === "lsm" ? `bpf_lsm_${target}` : target));
      for (const name of new Set(names)) {
        found.set(name, { name, programs: (found.get(name)?.programs ?? 0) + 1, hook });
      }
    }
  }
  return [...found.values()].sort((a, b) => b.programs - a.programs || (a.name < b.name ? -1 : 1));
}
