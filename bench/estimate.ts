/** How good the compiler's estimate of a program is, beside what the kernel's verifier reports. */
import type { ProgramBudget } from "../src/ir/verify/budget.ts";
import { measure } from "../src/ir/verify/budget.ts";
import type { KernelName } from "../src/vm/kernel-catalog.ts";
import { median } from "./commands.ts";
import type { Measured } from "./guest.ts";
import { formatTable, grouped } from "./table.ts";

export interface EstimateRatio {
  readonly policies: string;
  readonly section: string;
  readonly estimated: number;
  readonly walked: number;
  readonly ratio: number;
}

/** One line for each program of each compiled variant that was loaded. */
export function estimateRatios(kernel: KernelName, measured: readonly Measured[]): readonly EstimateRatio[] {
  return measured.flatMap((one) => {
    const { compiled, name } = one.variant;
    if (one.kind === "failed" || compiled === undefined) {
      return [];
    }
    const budgets = measure(compiled.ir).hooks.flatMap(({ programs }) => programs);
    return (one.value.programs ?? []).flatMap(({ section, verified }): readonly EstimateRatio[] => {
      const budget = budgets.find((program) => program.section === section);
      if (budget === undefined) {
        return [];
      }
      const estimated = walkedOn(kernel, budget);
      return [{ policies: name, section, estimated, walked: verified, ratio: estimated / verified }];
    });
  });
}

function walkedOn(kernel: KernelName, { walked }: ProgramBudget): number {
  return kernel === "6.1" ? walked.callbacksOnce : walked.callbacksAsLoops;
}

/** The table, and how far off the estimate is. */
export function renderEstimates(kernel: KernelName, ratios: readonly EstimateRatio[]): string {
  const all = ratios.map(({ ratio }) => ratio);
  const spread = `median ${median(all).toFixed(2)}, from ${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)}`;
  return [
    `\nEstimated instructions beside those that the verifier walked, kernel ${kernel}: ${spread}\n\n`,
    formatTable(
      ["program", "policies", "estimated", "walked", "ratio"],
      ratios.map(({ section, policies, estimated, walked, ratio }) => [
        section,
        policies,
        grouped(estimated),
        grouped(walked),
        ratio.toFixed(2),
      ]),
    ),
  ].join("");
}
