/** Runs clang: the only place of the compiler that starts another program. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Diagnostic, type Outcome, diagnostic, failure, success } from "../diagnostics/diagnostic.ts";
import type { Span } from "../source/source.ts";
import { type ObjectCache, cacheKey, findObject, keepObject } from "./cache.ts";

/** Names of clang, the one that `CLANG` names first, then newest first. */
const candidates = ["clang", "clang-19", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14"];

/** The program `clang` of this machine, or undefined. */
export function findClang(): string | undefined {
  const chosen = process.env["CLANG"];
  const names = chosen === undefined || chosen === "" ? candidates : [chosen];
  const directories = (process.env["PATH"] ?? "").split(delimiter);
  for (const name of names) {
    const found = name.includes("/") ? name : directories.map((path) => join(path, name)).find(existsSync);
    if (found !== undefined && existsSync(found)) {
      return found;
    }
  }
  return undefined;
}

/** Where the headers that generated programs include are: beside the sources and beside the built program. */
function templatesDirectory(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, "bpf", "templates")) && directory !== dirname(directory)) {
    directory = dirname(directory);
  }
  return join(directory, "bpf", "templates");
}

/** Debian and Ubuntu keep asm/types.h in a directory of the architecture. */
const systemHeaders = ["/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu"];

/** The part of a policy that a line of the compiled text, counted from 1, comes from. */
export type OriginOfLine = (line: number) => Span | undefined;

/** What clang writes: the object, and a list of all files that it read. */
const OBJECT_FILE = "program.bpf.o";
const INPUTS_FILE = "program.d";

/**
 * Compiles BPF C to an object. `fileName` is what messages and debug lines call the text. The same text
 * gives the same bytes wherever it is compiled. With a cache, clang runs only for what it has not made before.
 * Faults that clang finds are told of the part of a policy that `originOf` gives for their line.
 */
export async function compileObject(
  fileName: string,
  text: string,
  cache?: ObjectCache,
  originOf: OriginOfLine = () => undefined,
): Promise<Outcome<Uint8Array>> {
  const clang = findClang();
  if (clang === undefined) {
    return failure([
      diagnostic("no-clang", undefined, "clang is not installed", {
        help: "install it (`apt-get install clang`), or name it in the environment variable CLANG",
      }),
    ]);
  }
  if (cache === undefined) {
    return runClang(clang, fileName, text, originOf, () => Promise.resolve());
  }
  const key = cacheKey([await identityOf(clang), ...clangArguments(fileName), fileName, text]);
  const kept = await findObject(cache, key);
  return kept === undefined
    ? runClang(clang, fileName, text, originOf, (inputs, object) => keepObject(cache, key, inputs, object))
    : success(kept);
}

/** Tells one build of clang from another; asking it for its version would take longer than a look into the cache. */
async function identityOf(clang: string): Promise<string> {
  const program = await realpath(clang);
  const { size, mtimeMs } = await stat(program);
  return `${program} ${size} ${mtimeMs}`;
}

/** Runs clang in a directory of its own. `keep` is told what it read besides `text`, and what it made. */
async function runClang(
  clang: string,
  fileName: string,
  text: string,
  originOf: OriginOfLine,
  keep: (inputs: readonly string[], object: Uint8Array) => Promise<void>,
): Promise<Outcome<Uint8Array>> {
  const directory = await mkdtemp(join(tmpdir(), "policyc-"));
  try {
    await writeFile(join(directory, fileName), text);
    const { status, messages } = await run(clang, clangArguments(fileName), directory);
    if (status !== 0) {
      return failure(clangFailures(messages, fileName, originOf));
    }
    const object = await readFile(join(directory, OBJECT_FILE));
    const rule = await readFile(join(directory, INPUTS_FILE), "utf8");
    const inputs = prerequisites(rule).filter((path) => path !== fileName);
    await keep(
      inputs.map((path) => resolve(directory, path)),
      object,
    );
    return success(object);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The files that a make rule names after its colon; `\\` joins lines and escapes blanks. */
function prerequisites(rule: string): readonly string[] {
  const words = rule
    .slice(rule.indexOf(": ") + 2)
    .replaceAll("\\\n", " ")
    .match(/(?:\\[ #]|\$\$|\S)+/g);
  return (words ?? []).map((word) => word.replace(/\\([ #])/g, "$1").replaceAll("$$$$", "$$"));
}

function clangArguments(fileName: string): readonly string[] {
  const templates = templatesDirectory();
  return [
    ...["-target", "bpf", "-mcpu=v3", "-O2", "-g", "-std=gnu11", "-Wall", "-Wno-unused-function"],
    // Debug lines must not tell where the compiler ran.
    ...["-fdebug-compilation-dir=.", `-ffile-prefix-map=${templates}=templates`],
    `-I${templates}`,
    ...systemHeaders.filter(existsSync).map((path) => `-I${path}`),
    ...["-MD", "-MF", INPUTS_FILE, "-c", fileName, "-o", OBJECT_FILE],
  ];
}

/** Errors of one compilation that are told. */
const MOST_FAILURES = 10;

/** One finding for each part of a policy that clang's errors are about. */
function clangFailures(messages: string, fileName: string, originOf: OriginOfLine): readonly Diagnostic[] {
  const lines = messages.split("\n");
  const errors = lines.filter((line) => /(^|: )(fatal )?error: /.test(line));
  const found = new Map<Span | undefined, Diagnostic>();
  for (const error of errors.length > 0 ? errors : lines.slice(0, 1)) {
    const place = /^([^:]+):(\d+):\d+: /.exec(error);
    const span = place?.[1] === fileName ? originOf(Number(place[2])) : undefined;
    if (!found.has(span) && found.size < MOST_FAILURES) {
      found.set(span, clangFailure(error, span));
    }
  }
  return [...found.values()];
}

function clangFailure(error: string, span: Span | undefined): Diagnostic {
  const subject = span === undefined ? "the generated program" : "what is generated for this";
  return diagnostic("clang-failed", span, `clang refuses ${subject}: ${error.slice(0, 200)}`, {
    help: "this is a bug in policyc: please report it with the policy and the output of `--emit c`",
  });
}

function run(
  program: string,
  parameters: readonly string[],
  directory: string,
): Promise<{ readonly status: number; readonly messages: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, parameters, { cwd: directory, stdio: ["ignore", "ignore", "pipe"] });
    let messages = "";
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (chunk: string) => {
      messages += chunk;
    });
    child.on("error", (error) => {
      resolve({ status: 127, messages: error.message });
    });
    child.on("close", (status) => {
      resolve({ status: status ?? 128, messages });
    });
  });
}
