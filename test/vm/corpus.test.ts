import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { storeBundle } from "../../src/bundle/bundle.ts";
import { checkPolicies, compilePolicies } from "../../src/compile.ts";
import { hasErrors } from "../../src/diagnostics/diagnostic.ts";
import type { Target } from "../../src/kernel/target.ts";
import type { Policy } from "../../src/parser/policy/tree.ts";
import { CORPUS, corpusFiles, parseCorpusFile, targetWithBtf } from "../tetragon/corpus-outcomes.ts";
import { RUNTIME, runInGuest, testKernels } from "./guest.ts";

const BUNDLE = "/run/policyc/corpus.policyc";

/** It hooks every system call: clang and the verifier take as long for it as for all the others. */
const LARGE = "tracingpolicy/list-syscalls-generated.yaml";
const hasLarge = process.env["POLICYC_ALL_KERNELS"] !== undefined;

if (!hasLarge) {
  process.stdout.write(`the corpus: ${LARGE} is not loaded (POLICYC_ALL_KERNELS=1 does)\n`);
}
if (!existsSync(CORPUS)) {
  process.stdout.write("loading the corpus is skipped: its policies are not here\n");
}

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

describe.skipIf(!existsSync(CORPUS))("all real policies together", () => {
  it.each(testKernels("the corpus", ["6.1", "6.12"]))(
    "load on kernel %s",
    async (kernel) => {
      const target = await targetWithBtf(kernel);
      const policies = await compilingPolicies(target);
      const compiled = await compilePolicies({ kind: "policy-tree", policies }, [target]);
      const content = storeBundle(compiled.value?.bundle ?? new Uint8Array());
      const [loaded] = await runInGuest(
        kernel,
        [{ name: "run", argv: [...RUNTIME, "run", BUNDLE, "--monitor", "--", "true"], timeoutSeconds: 150 }],
        { files: [{ path: BUNDLE, mode: 0o600, content }] },
      );
      // What is loaded as code is reported as well, in whichever order.
      const told = (loaded?.stderr ?? "").replaceAll(/^🧬 loader .*\n/gm, "");
      expect(`${loaded?.exit ?? ""}\n${told}`).toMatch(/^0\n🚀 process .*true\n💥 exit .*true 0\n$/);
      process.stdout.write(`${policies.length} policies of the corpus were loaded on ${kernel}\n`);
    },
    300_000,
  );
});
