import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import {
  FUNCTION,
  OBJECT,
  addressesOf,
  offsetOfAddress,
  offsetOfSymbol,
  withElf,
} from "../../runtime/elf.ts";
import { REPOSITORY } from "./guest.ts";

/** What `test/guest/effects.c` reports of one operation. */
export interface Effect {
  readonly operation: string;
  /** Of the process that tried it. */
  readonly pid: number;
  /** Of a command there is none. */
  readonly target?: string;
  /** Signal that killed the operation's process, or 0. */
  readonly signal: number;
  readonly error: number;
  /** Bytes that reached a buffer that another process can read. */
  readonly bytes: number;
  /** Size of the target file afterwards; -1 when absent. */
  readonly size?: number;
  /** TCP segments with SYN that left. */
  readonly syns?: number;
}

const COMPILERS = ["cc", "clang", "clang-19", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14"];

/** Name of the first C compiler that is here. */
export function findCompiler(): string {
  const compiler = COMPILERS.find((name) =>
    ["/usr/bin", "/usr/local/bin"].some((bin) => existsSync(`${bin}/${name}`)),
  );
  if (compiler === undefined) {
    throw new Error("no C compiler");
  }
  return compiler;
}

/** Compiles the program that tries operations; gives its path. */
export function buildEffects(): string {
  const output = `${REPOSITORY}build/effects`;
  mkdirSync(`${REPOSITORY}build`, { recursive: true });
  execFileSync(findCompiler(), [
    "-static",
    "-O1",
    "-Wall",
    "-o",
    output,
    `${REPOSITORY}test/guest/effects.c`,
  ]);
  return output;
}

/** Places of the program that policies can't name by symbols, by name. */
export function placesOfEffects(path: string): ReadonlyMap<string, string> {
  return withElf(path, (file) => {
    const counted = offsetOfSymbol(file, "probed_counted");
    const address = addressesOf(file, "probed_text", FUNCTION)[0] ?? 0;
    const counter = addressesOf(file, "function_counter", OBJECT)[0] ?? 0;
    return new Map([
      ["probed_text_address", String(address)],
      ["probed_counted_offset", String(counted)],
      ["function_counter_offset", String(offsetOfAddress(file, counter))],
    ]);
  });
}

/** Reads the program's output. */
export function parseEffects(output: string): readonly Effect[] {
  return output
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Effect => JSON.parse(line) as Effect);
}
