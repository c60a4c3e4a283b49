/**
 * How a command of the runtime ends when it can't do what it was asked: 1, the policy is at fault;
 * 2, wrong usage; 3, the environment is at fault.
 */
export interface Failure {
  readonly exit: 1 | 2 | 3;
  readonly message: string;
  /** Further lines: what the kernel said, what to do. */
  readonly notes: readonly string[];
}

export type Result<T> =
  { readonly kind: "ok"; readonly value: T } | { readonly kind: "failed"; readonly failure: Failure };

export function ok<T>(value: T): Result<T> {
  return { kind: "ok", value };
}

export function failed(exit: Failure["exit"], message: string, notes: readonly string[] = []): Result<never> {
  return { kind: "failed", failure: { exit, message, notes } };
}

/** The text of a failure as a command prints it, with its final newline. */
export function renderFailure(failure: Failure): string {
  return [`policyc-runtime: ${failure.message}`, ...failure.notes.map((note) => `  ${note}`), ""].join("\n");
}

/** The message of something that was thrown. */
export function thrownMessage(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
