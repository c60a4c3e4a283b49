import { shownText } from "../diagnostics/display.ts";

/** Prints a message of this program to standard error; what the user's names hold can't move the cursor. */
export function complain(message: string): void {
  process.stderr.write(`policyc: ${shownText(message)}\n`);
}

/** Why something failed, of whatever was thrown. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
