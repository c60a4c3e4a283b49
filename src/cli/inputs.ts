/** Inputs of the command line: files, directories and standard input become sources. */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnostic } from "../diagnostics/diagnostic.ts";
import type { Source } from "../source/source.ts";
import { createSource, createSpan } from "../source/source.ts";

export interface Inputs {
  readonly sources: readonly Source[];
  readonly diagnostics: readonly Diagnostic[];
}

const STANDARD_INPUT = "-";
const policyFile = /\.(?:ya?ml|policy)$/i;

/**
 * Reads every input once, in the order given; a directory stands for the policy files below it, sorted by
 * path. What cannot be read is a finding, and the rest is read all the same.
 */
export function readInputs(inputs: readonly string[]): Inputs {
  const sources: Source[] = [];
  const diagnostics: Diagnostic[] = [];
  const paths = withoutRepeats(inputs.flatMap((input) => expand(input, diagnostics)));
  const storedNames = storedNamesOf(paths.filter((path) => path !== STANDARD_INPUT));
  for (const path of paths) {
    const bytes = readBytes(path, diagnostics);
    if (bytes !== undefined) {
      const source = createSource(
        path === STANDARD_INPUT ? "<stdin>" : path,
        decode(bytes),
        storedNames.get(path) ?? "<stdin>",
      );
      sources.push(source);
      diagnostics.push(...checkEncoding(source, bytes));
    }
  }
  return { sources, diagnostics };
}

/** `a.yaml` and `./a.yaml` are one file. */
function withoutRepeats(paths: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return paths.filter((path) => {
    const identity = path === STANDARD_INPUT ? path : resolve(path);
    const isNew = !seen.has(identity);
    seen.add(identity);
    return isNew;
  });
}

/** What bundles call files: their paths from the innermost directory that holds all of them. */
function storedNamesOf(paths: readonly string[]): ReadonlyMap<string, string> {
  const absolute = paths.map((path) => resolve(path));
  const [first = sep, ...others] = absolute.map((path) => `${dirname(path)}${sep}`);
  const common = others.reduce((shared, directory) => {
    while (!directory.startsWith(shared)) {
      shared = shared.slice(0, shared.lastIndexOf(sep, shared.length - 2) + 1);
    }
    return shared;
  }, first);
  return new Map(paths.map((path, index) => [path, relative(common, absolute[index] ?? path)]));
}

function expand(input: string, diagnostics: Diagnostic[]): readonly string[] {
  if (input === STANDARD_INPUT) {
    return [STANDARD_INPUT];
  }
  try {
    if (!statSync(input).isDirectory()) {
      return [input];
    }
    const found = readdirSync(input, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && policyFile.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort((a, b) => (a < b ? -1 : 1));
    if (found.length === 0) {
      diagnostics.push(
        diagnostic("no-policy", undefined, `the directory \`${input}\` holds no policy file`, {
          help: "policy files end in `.yaml`, `.yml` or `.policy`",
        }),
      );
    }
    return found;
  } catch (error) {
    diagnostics.push(notReadable(input, error));
    return [];
  }
}

function readBytes(path: string, diagnostics: Diagnostic[]): Uint8Array | undefined {
  try {
    return readFileSync(path === STANDARD_INPUT ? 0 : path);
  } catch (error) {
    diagnostics.push(notReadable(path, error));
    return undefined;
  }
}

function notReadable(path: string, error: unknown): Diagnostic {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const name = path === STANDARD_INPUT ? "standard input" : `\`${path}\``;
  switch (code) {
    case "ENOENT":
      return diagnostic("input-not-readable", undefined, `${name} does not exist`, {
        help: "check the path",
      });
    case "EACCES":
    case "EPERM":
      return diagnostic("input-not-readable", undefined, `${name} may not be read by this user`, {
        help: "check the permissions of the file",
      });
    default:
      return diagnostic(
        "input-not-readable",
        undefined,
        `${name} cannot be read${code === "" ? "" : ` (${code})`}`,
      );
  }
}

/** A byte order mark stays in the text, so that offsets count what the file has. */
function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

function checkEncoding(source: Source, bytes: Uint8Array): readonly Diagnostic[] {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return [];
  } catch {
    const offset = Math.max(0, source.text.indexOf("\ufffd"));
    const wide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    return [
      diagnostic("not-utf8", createSpan(source, offset, offset + 1), "this is no UTF-8 text", {
        help: wide ? "the file is UTF-16: save it as UTF-8" : "save the file as UTF-8",
      }),
    ];
  }
}
