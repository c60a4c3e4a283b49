import { homedir } from "node:os";
import { KERNEL_NAMES, kernelByName } from "../vm/kernel-catalog.ts";
import { type PreparedKernel, prepareKernel } from "../vm/prepare-kernel.ts";
import type { GuestEnd } from "../vm/run-guest.ts";
import { complain, reasonOf } from "./complain.ts";
import { EXIT_ENVIRONMENT, EXIT_USAGE } from "./exit-codes.ts";
import { createProgressLine } from "./progress.ts";

/** The lines of a dead guest's console that are shown. */
const CONSOLE_LINES = 30;

/** Variables of the caller that the guest's command sees too. */
const PASSED_ON = ["PATH", "LANG", "LC_ALL", "TERM", "USER", "LOGNAME"] as const;

/** The environment of a command in the guest, where it runs as root. */
export function guestEnvironment(): Readonly<Record<string, string>> {
  const environment: Record<string, string> = { HOME: homedir() === "/root" ? homedir() : "/root" };
  for (const name of PASSED_ON) {
    const value = process.env[name];
    if (value !== undefined) {
      environment[name] = value;
    }
  }
  return environment;
}

/** Prepares the named kernel with a progress line, or says on standard error why not and gives the exit code. */
export async function openKernel(word: string): Promise<PreparedKernel | number> {
  const name = kernelByName(word);
  if (name === undefined) {
    complain(`unknown kernel \`${word}\`: policyc knows ${KERNEL_NAMES.join(", ")}`);
    return EXIT_USAGE;
  }
  const progress = createProgressLine();
  try {
    return await prepareKernel(name, progress.show);
  } catch (error) {
    complain(`kernel ${name} is not available: ${reasonOf(error)}`);
    return EXIT_ENVIRONMENT;
  } finally {
    progress.clear();
  }
}

/** A signal that ends the guest when the user interrupts or ends this program. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      controller.abort();
    });
  }
  return controller.signal;
}

/** Says on standard error why a guest did not finish its command. */
export function reportGuestEnd(end: Exclude<GuestEnd, { kind: "finished" }>): void {
  switch (end.kind) {
    case "died":
      complain("the virtual machine ended before the command did");
      process.stderr.write(lastLines(`${end.complaints}\n${end.console}`));
      return;
    case "timeout":
      complain("the time limit was reached before the command ended (raise it with --timeout)");
      process.stderr.write(lastLines(end.console));
      return;
    case "stopped":
      complain("interrupted");
      return;
  }
}

function lastLines(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines
    .slice(-CONSOLE_LINES)
    .map((line) => `  | ${line}\n`)
    .join("");
}
