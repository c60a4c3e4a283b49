/** What every check looks at, and how findings of several targets become one. */
import type { DiagnosticCode } from "../../diagnostics/catalog.ts";
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Target } from "../../kernel/target.ts";
import type { Span } from "../../source/source.ts";
import type { Ir } from "../ir.ts";
import { type Budget, rulesOf } from "./budget.ts";

export interface VerifyContext {
  readonly ir: Ir;
  readonly budget: Budget;
  readonly targets: readonly Target[];
}

/** An amount of something that has a limit. */
export interface Usage {
  readonly code: DiagnosticCode;
  /** What there is too much of, after a number: `rules on \`tcp_connect\``. */
  readonly what: string;
  readonly amount: number;
  readonly limit: number;
  readonly span: Span | undefined;
  /** What to do about it. */
  readonly help: string;
}

/** A finding where the amount is over the limit. */
export function overLimit({ code, what, amount, limit, span, help }: Usage): readonly Diagnostic[] {
  return amount <= limit
    ? []
    : [diagnostic(code, span, `${amount} ${what}: the limit is ${limit}`, { help })];
}

/** What is wrong on one target. */
export interface TargetProblem {
  readonly code: DiagnosticCode;
  /** The message, with the kernels put in. */
  readonly message: (kernels: string) => string;
  readonly help: (kernels: string) => string;
}

/** One finding for each problem, with all the targets that have it. */
export function overTargets(
  targets: readonly Target[],
  span: Span | undefined,
  problemOn: (target: Target) => TargetProblem | undefined,
): readonly Diagnostic[] {
  const found = new Map<string, { readonly problem: TargetProblem; readonly names: readonly string[] }>();
  for (const target of targets) {
    const problem = problemOn(target);
    if (problem !== undefined) {
      const key = `${problem.code} ${problem.message("")} ${problem.help("")}`;
      found.set(key, { problem, names: [...(found.get(key)?.names ?? []), target.name] });
    }
  }
  return [...found.values()].map(({ problem: { code, message, help }, names }) =>
    diagnostic(code, span, message(kernelNames(names)), { help: help(kernelNames(names)) }),
  );
}

function kernelNames(names: readonly string[]): string {
  return names.length === 1
    ? `kernel ${names.join()}`
    : `kernels ${names.slice(0, -1).join(", ")} and ${names.slice(-1).join()}`;
}

/** The rule that a hook's fault is best shown at: the last one, which went over the limit. */
export function lastRule({ ir }: VerifyContext, hook: number): Span | undefined {
  const found = ir.hooks[hook];
  return found && rulesOf(found).at(-1)?.span;
}
