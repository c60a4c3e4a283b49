/** The pipeline: sources in, bundle out. Each stage in the order in which it runs. */
import { packBundle } from "./bundle/bundle.ts";
import type { ObjectCache } from "./bundle/cache.ts";
import { compileObject } from "./bundle/clang.ts";
import { originOfLine } from "./bundle/line-origins.ts";
import { PROGRAM_FILE, type Program, generate } from "./codegen/generate.ts";
import { type Diagnostic, type Outcome, failure, hasErrors, success } from "./diagnostics/diagnostic.ts";
import { type Ir } from "./ir/ir.ts";
import { lowerPolicies } from "./ir/lower/lower.ts";
import { type VerifiedIr, verify } from "./ir/verify/verify.ts";
import type { Target } from "./kernel/target.ts";
import type { PolicyTree } from "./parser/policy/tree.ts";

/** What a compilation has made. */
export interface Compiled {
  readonly ir: Ir;
  readonly program: Program;
  /** The BPF object that clang built. */
  readonly object: Uint8Array;
  /** The bundle file. */
  readonly bundle: Uint8Array;
}

/** Policies to IR that holds every limit of the targets. */
export function checkPolicies(tree: PolicyTree, targets: readonly Target[]): Outcome<VerifiedIr> {
  const lowered = lowerPolicies(tree, { targets });
  if (lowered.value === undefined) {
    return failure(lowered.diagnostics);
  }
  const verified = verify(lowered.value, targets);
  const diagnostics = [...lowered.diagnostics, ...verified.diagnostics];
  return verified.value === undefined ? failure(diagnostics) : success(verified.value, diagnostics);
}

/**
 * Compiles policies to a bundle. `found` is what earlier stages reported: the bundle carries its warnings
 * for the operator who loads it. With a cache, clang runs only for programs that it has not made before.
 */
export async function compilePolicies(
  tree: PolicyTree,
  targets: readonly Target[],
  found: readonly Diagnostic[] = [],
  cache?: ObjectCache,
): Promise<Outcome<Compiled>> {
  const checked = checkPolicies(tree, targets);
  if (checked.value === undefined || hasErrors([...found, ...checked.diagnostics])) {
    return failure(checked.diagnostics);
  }
  const { ir } = checked.value;
  const program = generate(checked.value);
  const object = await compileObject(PROGRAM_FILE, program.text, cache, (line) =>
    originOfLine(program.origins, line),
  );
  const diagnostics = [...checked.diagnostics, ...object.diagnostics];
  if (object.value === undefined) {
    return failure(diagnostics);
  }
  const bundle = packBundle({
    ir,
    program,
    object: object.value,
    diagnostics: [...found, ...diagnostics],
    verified: checked.value,
  });
  return success({ ir, program, object: object.value, bundle }, diagnostics);
}
