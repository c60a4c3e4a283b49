import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { storeBundle } from "../../src/bundle/bundle.ts";
import { checkPolicies, compilePolicies } from "../../src/compile.ts";
import { hasErrors } from "../../src/diagnostics/diagnostic.ts";
import type { Target } from "../../src/kernel/target.ts";
import type { Policy } from "../../src/parser/policy/tree.ts";
import type { GuestFile } from "../../src/vm/guest-job.ts";
import { CORPUS, corpusFiles, parseCorpusFile, targetWithBtf } from "../tetragon/corpus-outcomes.ts";
import { RUNTIME, runInGuest, testKernels } from "./guest.ts";

/** It hooks every system call: clang and the verifier take as long for it as for all the others. */
const LARGE = "tracingpolicy/list-syscalls-generated.yaml";
const hasLarge = process.env["POLICYC_ALL_KERNELS"] !== undefined;

if (!hasLarge) {
  process.stdout.write(`the corpus: ${LARGE} is not loaded (POLICYC_ALL_KERNELS=1 does)\n`);
}
if (!existsSync(CORPUS)) {
  process.stdout.write("loading the corpus is skipped: its policies are not here\n");
}

/** What kernels refuse although their BTF has it: a function that is part of another there, or gone after the boot. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  "all-ksys-for-kill": /The address of function ksys_msgctl cannot be found|can't attach `ksysfs_init`/,
};

/** The policies of the corpus that compile for a kernel, one of each name. */
async function compilingPolicies(target: Target): Promise<readonly Policy[]> {
  const policies = new Map<string, Policy>();
  for (const file of corpusFiles().filter((name) => name !== LARGE || hasLarge)) {
    const parsed = await parseCorpusFile(file);
    const tree = parsed.value ?? { kind: "policy-tree", policies: [] };
    if (!hasErrors(parsed.diagnostics) && !hasErrors(checkPolicies(tree, [target]).diagnostics)) {
      for (const policy of tree.policies.filter((each) => !namesMissingFile(each))) {
        policies.set(policy.name.text, policy);
      }
    }
  }
  return [...policies.values()];
}

/** Whether it hooks a program that is not here: then it can't be loaded here either. */
function namesMissingFile({ blocks }: Policy): boolean {
  const hooks = blocks.flatMap((block) => block.hooks);
  return hooks.some((hook) => hook.kind === "raw" && hook.path !== undefined && !existsSync(hook.path.text));
}

async function bundleFile(policies: readonly Policy[], target: Target, index: number): Promise<GuestFile> {
  const compiled = await compilePolicies({ kind: "policy-tree", policies }, [target]);
  const content = storeBundle(compiled.value?.bundle ?? new Uint8Array());
  return { path: `/run/policyc/corpus-${index}.policyc`, mode: 0o600, content };
}

describe.skipIf(!existsSync(CORPUS))("all real policies together", () => {
  it.each(testKernels("the corpus", ["6.1", "6.12"]))(
    "load on kernel %s",
    async (kernel) => {
      const target = await targetWithBtf(kernel);
      const policies = await compilingPolicies(target);
      const refused = policies.filter(({ name }) => name.text in REFUSED);
      const bundles = [
        policies.filter((policy) => !refused.includes(policy)),
        ...refused.map((each) => [each]),
      ];
      const files = await Promise.all(bundles.map((each, index) => bundleFile(each, target, index)));
      const steps = files.map(({ path }) => ({
        name: path,
        // Not `run`: some report every system call, those of whoever prints events too.
        argv: [...RUNTIME, "load", path, "--monitor"],
        timeoutSeconds: 150,
      }));
      const [loaded, ...others] = await runInGuest(kernel, steps, { files });
      expect(`${loaded?.exit ?? ""} ${loaded?.stderr ?? ""}`).toMatch(/^0 /);
      refused.forEach(({ name }, index) => {
        expect(others[index]?.exit).toBe(3);
        expect(others[index]?.stderr).toMatch(REFUSED[name.text] ?? /^$/);
      });
      process.stdout.write(`${policies.length} policies of the corpus were loaded on ${kernel}\n`);
    },
    300_000,
  );
});
