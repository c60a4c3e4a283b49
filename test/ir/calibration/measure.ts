/** What clang makes of policies, and what kernels' verifiers say of that. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { compileObject } from "../../../src/bundle/clang.ts";
import { type ObjectProgram, readPrograms } from "../../../src/bundle/object.ts";
import { PROGRAM_FILE, generate } from "../../../src/codegen/generate.ts";
import { checkPolicies } from "../../../src/compile.ts";
import { hasErrors, success } from "../../../src/diagnostics/diagnostic.ts";
import type { IrHook } from "../../../src/ir/ir.ts";
import { generateTestRun } from "../../../src/codegen/test-run.ts";
import { type Shape, programShape, shapeOf } from "../../../src/ir/verify/shape.ts";
import { tablesOf } from "../../../src/ir/verify/tables.ts";
import type { VerifiedIr } from "../../../src/ir/verify/verify.ts";
import { supportedTargets } from "../../../src/kernel/target.ts";
import { parseSources } from "../../../src/parser/parse.ts";
import { elementAt } from "../../../src/source/invariant.ts";
import { createSource } from "../../../src/source/source.ts";
import type { Sample } from "./samples.ts";

/** A program of a sample's hook. */
export interface SampleProgram {
  readonly name: string;
  readonly shape: Shape;
  readonly built: ObjectProgram;
}

export interface CompiledSample {
  readonly name: string;
  readonly object: Uint8Array;
  readonly programs: readonly SampleProgram[];
}

/** What a verifier said of a program. */
export interface Walk {
  readonly walked: number;
  readonly stackBytes: number;
}

/** Compiles a policy text; a text says why it can't be. With `known`, an object that was made of it before. */
export async function compileSample(
  { name, text }: Sample,
  known?: Uint8Array,
): Promise<CompiledSample | string> {
  const verified = await verifySample({ name, text });
  if (typeof verified === "string") {
    return verified;
  }
  const { hooks } = verified.ir;
  const program = generate(verified);
  const built = known === undefined ? await compileObject(PROGRAM_FILE, program.text) : success(known);
  const object = built.value;
  if (object === undefined) {
    return built.diagnostics[0]?.message ?? "no object";
  }
  const programs = readPrograms(object).flatMap((built): readonly SampleProgram[] => {
    const hook = program.programHooks.get(built.name);
    return hook === undefined || isRefusal(elementAt(hooks, hook), built)
      ? []
      : [{ name: built.name, built, shape: shapeOfProgram(elementAt(hooks, hook), built) }];
  });
  return { name: sampleName(name), object, programs };
}

/** What a sample is called in the names of files. */
export function sampleName(name: string): string {
  return basename(name).replace(/\.[a-z]+$/, "");
}

/** The same as a test-run build, which loads on kernels without the hooks. */
export async function compileTestRun(sample: Sample): Promise<Uint8Array | string> {
  const verified = await verifySample(sample);
  if (typeof verified === "string") {
    return verified;
  }
  const { value, diagnostics } = await compileObject(
    PROGRAM_FILE,
    generateTestRun(verified.ir, { generation: "6.1", guard: false, canDeny: true }).text,
  );
  return value ?? diagnostics[0]?.message ?? "no object";
}

async function verifySample({ name, text }: Sample): Promise<VerifiedIr | string> {
  const language = name.endsWith(".yaml") ? "tetragon" : "policy";
  const parsed = await parseSources([createSource(name, text)], { parameters: new Map(), language });
  const checked = parsed.value && checkPolicies(parsed.value, supportedTargets);
  const found = [...parsed.diagnostics, ...(checked?.diagnostics ?? [])];
  return checked?.value === undefined || hasErrors(found)
    ? (found.find(({ severity }) => severity === "error")?.message ?? "no policy")
    : checked.value;
}

/** Whether a program only puts into force what another has decided. */
function isRefusal(hook: IrHook, { section }: ObjectProgram): boolean {
  return hook.attachments.some(
    ({ kind, alternatives }) =>
      kind === "refusal" && alternatives.some((point) => section === `${point.kind}/${point.target}`),
  );
}

function shapeOfProgram(hook: IrHook, { name, section }: ObjectProgram): Shape {
  const isGuard = hook.attachments.some(
    ({ kind, alternatives }) =>
      kind === "guard" && alternatives.some((point) => section === `${point.kind}/${point.target}`),
  );
  const { shape } = shapeOf(hook, tablesOf(hook));
  return programShape(shape, { guard: isGuard, old: isOld(name) });
}

/** Whether a program is one of those for 5.10. */
export function isOld(program: string): boolean {
  return program.endsWith("_5_10");
}

const corpus = join(import.meta.dirname, "../../../../shared/corpus/tetragon");

/** Hundreds of hooks that are all alike: they would count for more than all others together. */
const UNIFORM = "tracingpolicy/list-syscalls-generated.yaml";

/** The policies of the corpus, where it is. */
export function corpusSamples(): readonly Sample[] {
  return existsSync(corpus)
    ? readdirSync(corpus, { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".yaml") && path !== UNIFORM)
        .sort()
        .map((path) => ({ name: path, text: readFileSync(join(corpus, path), "utf8") }))
    : [];
}

/** Builds the program that asks the verifier; its path. */
export function buildLoader(directory: string): string {
  const loader = join(directory, "load-programs");
  const source = join(import.meta.dirname, "load-programs.c");
  const options = ["-O2", "-Wall", "-Wextra", "-Werror"];
  const { status, stderr } = spawnSync("cc", [...options, "-o", loader, source, "-lbpf"], {
    encoding: "utf8",
  });
  if (status !== 0) {
    throw new Error(`cc: ${stderr}`);
  }
  return loader;
}

/** Writes the objects; gives the command line that loads their newest programs, or those for 5.10. */
export function prepareLoads(
  directory: string,
  samples: readonly CompiledSample[],
): (generation: "new" | "old") => readonly string[] {
  mkdirSync(directory, { recursive: true });
  const objects = samples.map(({ name, object }) => {
    const path = join(directory, `${name}.o`);
    writeFileSync(path, object);
    return path;
  });
  const loader = buildLoader(directory);
  return (generation) => [loader, generation, ...objects];
}

/** What the loader printed, by `sample program`; programs that were refused are left out. */
export function parseWalks(output: string): ReadonlyMap<string, Walk> {
  const lines = output.split("\n").map((line) => line.split("\t"));
  return new Map(
    lines.flatMap(([object = "", program = "", walked = "", , stack = ""]): [string, Walk][] =>
      /^\d+$/.test(walked)
        ? [[`${basename(object, ".o")} ${program}`, { walked: Number(walked), stackBytes: Number(stack) }]]
        : [],
    ),
  );
}
