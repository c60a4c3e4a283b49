/** What decisions do in the kernel besides verdicts: stacks in events, sockets that are followed. */
import type { Effect, IrHook, IrRule } from "../ir/ir.ts";
import { invariant } from "../source/invariant.ts";
import type { CWriter } from "./c-writer.ts";

type KernelEffect = Extract<Effect, { kind: "stack" | "track" | "untrack" }>;

/** Effects of a hook's rules that a table of rules has bits for. */
const MOST_EFFECTS = 16;

/** The different effects of a hook's rules, in the order of their bits. */
export function kernelEffects(hook: IrHook): readonly KernelEffect[] {
  const found = new Map<string, KernelEffect>();
  for (const effect of hook.blocks.flatMap(({ rules }) => rules).flatMap(({ effects }) => effects)) {
    if (effect.kind === "stack" || effect.kind === "track" || effect.kind === "untrack") {
      found.set(JSON.stringify(effect), effect);
    }
  }
  invariant(found.size <= MOST_EFFECTS, `${hook.fact.id} has more effects than bits`);
  return [...found.values()];
}

/** The bits of a rule's effects. */
export function effectBits(hook: IrHook, { effects }: IrRule): number {
  const own = new Set(effects.map((effect) => JSON.stringify(effect)));
  return kernelEffects(hook).reduce(
    (bits, effect, bit) => (own.has(JSON.stringify(effect)) ? bits | (1 << bit) : bits),
    0,
  );
}

/** Whether events of the hook tell how it was reached. */
export function tellsStacks(hook: IrHook): boolean {
  return kernelEffects(hook).some(({ kind }) => kind === "stack");
}

/** Whether any rule of any hook follows sockets. */
export function tracksSockets(hooks: readonly IrHook[]): boolean {
  return hooks.some((hook) => kernelEffects(hook).some(({ kind }) => kind === "track"));
}

/** C expression for whether a decision has an effect; `0` where no rule of the hook has it. */
function hasEffect(hook: IrHook, isMeant: (effect: KernelEffect) => boolean): string {
  const bits = kernelEffects(hook).reduce(
    (mask, effect, bit) => (isMeant(effect) ? mask | (1 << bit) : mask),
    0,
  );
  return bits === 0 ? "0" : `effects & ${bits}`;
}

/** Writes the stacks behind the captures of a record. */
export function writeStacks(writer: CWriter, hook: IrHook): void {
  if (!tellsStacks(hook)) {
    return;
  }
  writer.line();
  for (const of of ["kernel", "user"] as const) {
    const wanted = hasEffect(hook, (effect) => effect.kind === "stack" && effect.of === of);
    const flags = of === "user" ? "BPF_F_USER_STACK" : "0";
    writer.line(`at = stack_capture(scratch, values->ctx, at, ${wanted}, ${flags});`);
  }
}

/** Has events be told of the process that a socket of theirs belongs to. */
export function writeOwners(writer: CWriter, hook: IrHook): void {
  for (const { argument, type } of hook.captures) {
    if (type.kind === "sock" && (type.through === undefined || type.through === "socket")) {
      writer.line(`event_owner(header, values->arg${argument}.cookie);`);
    }
  }
}

/** Follows sockets, or does so no longer. */
export function writeTracking(writer: CWriter, hook: IrHook): void {
  kernelEffects(hook).forEach((effect, bit) => {
    if (effect.kind !== "stack") {
      const call = effect.kind === "track" ? "sock_track" : "sock_untrack";
      const last = effect.kind === "track" ? ", generation" : "";
      writer.line(`if (outcome->effects & ${1 << bit})`);
      writer.line(`\t${call}(values->arg${effect.argument}.cookie${last});`);
    }
  });
}
