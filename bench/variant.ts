/** What is loaded for a measurement: an object, and which of its programs and map entries. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ObjectCache } from "../src/bundle/cache.ts";
import { compileObject } from "../src/bundle/clang.ts";
import { type Compiled, compilePolicies } from "../src/compile.ts";
import type { Diagnostic } from "../src/diagnostics/diagnostic.ts";
import { supportedTargets } from "../src/kernel/target.ts";
import { parseSources } from "../src/parser/parse.ts";
import { createSource } from "../src/source/source.ts";
import { manifestOf } from "../src/bundle/bundle.ts";
import { benchFile, workDirectory } from "./place.ts";

/** Something to load, as files that the guest can see. */
export interface Variant {
  readonly name: string;
  /** What it is, for the table. */
  readonly title: string;
  /** Path of the object; undefined: nothing is loaded. */
  readonly object: string | undefined;
  readonly plan: string;
  /** What it was compiled from. */
  readonly compiled?: Compiled;
}

/** Compiles policies, or throws with everything that was found. */
export async function compileText(name: string, text: string, cache?: ObjectCache): Promise<Compiled> {
  const parsed = await parseSources([createSource(name, text)], { parameters: new Map() });
  const tree = parsed.value ?? { kind: "policy-tree", policies: [] };
  const compiled = await compilePolicies(tree, supportedTargets, parsed.diagnostics, cache);
  if (compiled.value === undefined) {
    throw new Error(words([...parsed.diagnostics, ...compiled.diagnostics]));
  }
  return compiled.value;
}

function words(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(({ code, message }) => `${code}: ${message}`).join("; ");
}

/** Nothing at all: what the loop itself costs. */
export function noVariant(name: string, title: string): Variant {
  return writeVariant(name, title, undefined, []);
}

/** Programs of a file of the bench, by name. */
export async function yardstick(file: string, program: string, title: string): Promise<Variant> {
  const compiled = await compileObject(file, readFileSync(benchFile(`programs/${file}`), "utf8"));
  if (compiled.value === undefined) {
    throw new Error(words(compiled.diagnostics));
  }
  return writeVariant(program, title, compiled.value, [`program ${program}`, ...handWrittenEntries(program)]);
}

/** The prefixes of the file policy's first rule. */
const prefixes = [
  ...["/boot", "/root/.ssh", "/etc/shadow", "/etc/profile", "/etc/sudoers", "/etc/pam.conf"],
  ...["/etc/bashrc", "/etc/csh.cshrc", "/etc/csh.login"],
];

function handWrittenEntries(program: string): readonly string[] {
  if (program !== "by_hand") {
    return [];
  }
  return prefixes.map((prefix) => {
    const key = Buffer.alloc(4 + 64);
    key.writeUInt32LE(prefix.length * 8);
    key.write(prefix, 4);
    return `map prefixes ${key.toString("hex")} 01000000`;
  });
}

/** The programs of compiled policies that a 6.1 kernel or a newer one runs, every policy enforcing. */
export function compiledVariant(name: string, title: string, compiled: Compiled): Variant {
  const { attachments } = manifestOf({ ...compiled, diagnostics: [] }, {});
  const programs = attachments.flatMap(({ alternatives, need }) =>
    alternatives
      .slice(0, 1)
      .map(({ program }) => `${need === "required" ? "program" : "optional"} ${program}`),
  );
  const entries = compiled.program.plan.maps.flatMap((map) =>
    map.entries.map(({ key, value }) => `map ${map.name} ${key} ${value}`),
  );
  const modes = compiled.ir.policies.map((_, index) => {
    const key = Buffer.alloc(4);
    key.writeUInt32LE(index);
    return `map modes ${key.toString("hex")} 01000000`;
  });
  return { ...writeVariant(name, title, compiled.object, [...programs, ...entries, ...modes]), compiled };
}

function writeVariant(
  name: string,
  title: string,
  object: Uint8Array | undefined,
  plan: readonly string[],
): Variant {
  const planPath = join(workDirectory, `${name}.plan`);
  writeFileSync(planPath, plan.map((line) => `${line}\n`).join(""));
  if (object === undefined) {
    return { name, title, object, plan: planPath };
  }
  const objectPath = join(workDirectory, `${name}.o`);
  writeFileSync(objectPath, object);
  return { name, title, object: objectPath, plan: planPath };
}
