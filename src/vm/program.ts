import { spawn } from "node:child_process";

/** What a finished program left. */
export interface ProgramResult {
  /** Exit status; 128 + signal when it was killed, 127 when it could not be started. */
  readonly exit: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly input?: Uint8Array;
  readonly cwd?: string;
  readonly environment?: NodeJS.ProcessEnv;
}

/** Runs a program of the host to its end. Never throws: a program that is absent exits with 127. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.environment ?? process.env,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    // A program may stop reading before its input ends (a decompressor at trailing bytes).
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input);
    child.on("error", (error) => {
      resolve({ exit: 127, stdout: Buffer.alloc(0), stderr: error.message });
    });
    child.on("close", (code, signal) => {
      resolve({
        exit: code ?? (signal === null ? 127 : 128),
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString("utf8"),
      });
    });
  });
}
