/** A hook with everything that is computed for it before C is written. */
import type { Ir, IrHook } from "../ir/ir.ts";
import { type HookBits, numberBits, useOfField } from "./bits.ts";
import { cIdentifier } from "./c-writer.ts";
import { type ExecPlan, planExecStage } from "./exec-stage.ts";
import { matchersOf } from "./kept-matcher.ts";
import type { Matcher } from "./matcher.ts";
import { type EndFilter, endFilter, isWorthReading, type PathEnd } from "./path-ends.ts";
import { asksForScope, hookName } from "./values.ts";

export interface HookParts {
  readonly hook: IrHook;
  /** Index of the hook in the IR. */
  readonly index: number;
  /** Number of its first rule among those of all hooks. */
  readonly firstRule: number;
  readonly bits: HookBits;
  /** Where its words begin in a row of the scope stage; undefined when no rule asks for the workload. */
  readonly scope: number | undefined;
  readonly matchers: readonly Matcher[];
  /** For each path field that has any, the filters on its first and last component. */
  readonly ends: ReadonlyMap<number, PathEnds>;
}

export interface PathEnds {
  readonly head: EndFilter | undefined;
  readonly tail: EndFilter | undefined;
}

/** Everything that is computed before C is written. */
export interface Parts {
  readonly hooks: readonly HookParts[];
  /** Absent: no rule asks for it. */
  readonly exec: ExecPlan | undefined;
}

/** Numbers the rules and bits of every hook and chooses their matchers. */
export function partsOf(ir: Ir): Parts {
  const exec = planExecStage(ir);
  let rules = 0;
  let scopeWords = 0;
  const hooks = ir.hooks.map((hook, index) => {
    const bits = numberBits(hook);
    const firstRule = rules;
    rules += bits.rules.length;
    const scope = asksForScope(hook) ? scopeWords : undefined;
    scopeWords += scope === undefined ? 0 : bits.words;
    return {
      hook,
      index,
      firstRule,
      bits,
      scope,
      matchers: matchersOf(hook, bits, exec),
      ends: endsOf(hook, bits),
    };
  });
  return { hooks, exec };
}

function endsOf(hook: IrHook, bits: HookBits): ReadonlyMap<number, PathEnds> {
  const found = new Map<number, PathEnds>();
  hook.fields.forEach((field, index) => {
    if (field.type.kind !== "path" || field.source.kind !== "argument-path") {
      return;
    }
    const use = useOfField(bits, index);
    const head = endFilter(bits, use, "front");
    const tail = endFilter(bits, use, "back");
    if (head !== undefined || tail !== undefined) {
      found.set(index, { head, tail: tail !== undefined && isWorthReading(tail, head) ? tail : undefined });
    }
  });
  return found;
}

/** What the C names of a matcher's tables begin with. */
export function matcherName({ hook }: Pick<HookParts, "hook">, matcher: Matcher): string {
  return `${hookName(hook)}_${"suffix" in matcher ? cIdentifier(matcher.suffix) : `field${matcher.field}`}`;
}

/** What the C names of a path filter's tables begin with. */
export function endsName({ hook }: Pick<HookParts, "hook">, field: number, end: PathEnd): string {
  return `${hookName(hook)}_${end}${field}`;
}
