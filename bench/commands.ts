/** Programs that the bench starts on this machine. */
import { spawnSync } from "node:child_process";

/** What a program printed. Throws with its words when it fails. */
export function runCommand(command: string, parameters: readonly string[]): string {
  const ended = spawnSync(command, parameters, { encoding: "utf8", maxBuffer: 1 << 28, timeout: 300_000 });
  if (ended.status !== 0) {
    const words = ended.error?.message ?? ended.stderr.slice(-4000);
    throw new Error(`${command} ended with ${ended.status ?? ended.signal ?? "an error"}: ${words}`);
  }
  return ended.stdout;
}

/** Milliseconds from start to end of a program whose output does not matter. */
export function timeCommand(command: string, parameters: readonly string[]): number {
  const start = process.hrtime.bigint();
  spawnSync(command, parameters, { stdio: "ignore", timeout: 300_000 });
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/** The middle one; of an even number the lower of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
}
