/** Whether the kernel decided as the evaluator says, and where not. */
import type { TestRunVariant } from "../../src/codegen/test-run.ts";
import { type Evaluation, evaluate, type HookEvent } from "../../src/ir/evaluate.ts";
import { elementAt } from "../../src/source/invariant.ts";
import { describeEvent, describeHook, describeVerdict } from "./describe.ts";
import type { RandomHook } from "./hooks.ts";
import type { KernelResult } from "./layout.ts";

/** An event that kernel and evaluator decide differently. */
export interface Difference {
  readonly event: HookEvent;
  readonly wanted: KernelResult;
  readonly found: KernelResult;
}

/** What the kernel must say when the evaluator says this. */
export function expectedResult({ decisions, verdict }: Evaluation, variant: TestRunVariant): KernelResult {
  const said = variant.guard
    ? decisions.filter((decision) => decision.enforced && decision.verdict.kind !== "allow")
    : decisions;
  return {
    decisions: said.map(({ rule, enforced }) => ({ rule, enforced })),
    result: verdict.kind === "allow" || !variant.canDeny ? 0 : -verdict.errno,
    signal: verdict.kind === "kill" ? verdict.signal : 0,
    post: said.some(({ post }) => post),
  };
}

/** Every event whose results differ. Results are in the order of events. */
export function differencesOf(
  random: RandomHook,
  events: readonly HookEvent[],
  results: readonly KernelResult[],
): readonly Difference[] {
  return events.flatMap((event, index) => {
    const wanted = expectedResult(evaluate(random.hook, random.policies, event), random.variant);
    const found = elementAt(results, index);
    return describeResult(wanted) === describeResult(found) ? [] : [{ event, wanted, found }];
  });
}

/** Everything that is needed to look into a difference. */
export function describeDifference(random: RandomHook, difference: Difference): string {
  const { event, wanted, found } = difference;
  return [
    describeHook(random),
    `event: ${describeEvent(event, random.hook)}`,
    `evaluator: ${describeResult(wanted)}`,
    `kernel:    ${describeResult(found)}`,
  ].join("\n");
}

function describeResult({ decisions, result, signal, post }: KernelResult): string {
  const rules = decisions.map(({ rule, enforced }) => `${rule}${enforced ? "" : " (monitor)"}`).join(", ");
  const verdict =
    signal === 0
      ? describeVerdict(result === 0 ? { kind: "allow" } : { kind: "deny", errno: -result })
      : describeVerdict({ kind: "kill", signal, errno: -result });
  return `rules [${rules}], ${verdict}${post ? ", posted" : ""}`;
}
