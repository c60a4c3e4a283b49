import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import type { GuestStreams } from "./run-guest.ts";

/**
 * Runs a command on this machine instead of in a guest. `argv` gets the path of a file for the runtime's
 * events, which are passed on when the command has ended. Gives the exit status; 128 + signal when killed.
 */
export async function runHostCommand(
  bundle: Uint8Array,
  argv: (bundlePath: string, eventsPath: string) => readonly string[],
  streams: GuestStreams,
): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "policyc-host-"));
  const bundlePath = join(directory, "policy.policyc");
  const eventsPath = join(directory, "events");
  try {
    writeFileSync(bundlePath, bundle);
    const [program = "", ...args] = argv(bundlePath, eventsPath);
    const exit = await spawnAndWait(program, args, streams);
    if (existsSync(eventsPath)) {
      streams.events(readFileSync(eventsPath));
    }
    return exit;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function spawnAndWait(program: string, args: readonly string[], streams: GuestStreams): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["inherit", "pipe", "pipe"] });
    child.stdout.on("data", streams.stdout);
    child.stderr.on("data", streams.stderr);
    child.on("error", () => {
      resolve(127);
    });
    child.on("close", (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
