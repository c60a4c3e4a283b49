import { existsSync, readFileSync, readdirSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { checkPolicies, compilePolicies } from "../../src/compile.ts";
import { hasErrors } from "../../src/diagnostics/diagnostic.ts";
import { supportedTargets } from "../../src/kernel/target.ts";
import { parseSources } from "../../src/parser/parse.ts";
import type { Policy } from "../../src/parser/policy/tree.ts";
import { createSource } from "../../src/source/source.ts";
import { KERNEL_NAMES } from "../../src/vm/kernel-catalog.ts";
import { REPOSITORY, RUNTIME, runInGuest } from "./guest.ts";

const CORPUS = `${REPOSITORY}../shared/corpus/tetragon`;
const BUNDLE = "/run/policyc/corpus.policyc";
const PARAMETERS = new Map([
  ["PODCIDR", "10.1.0.0/16"],
  ["SERVICECIDR", "10.2.0.0/16"],
]);

if (!existsSync(CORPUS)) {
  process.stdout.write("loading the corpus is skipped: its policies are not here\n");
}

/** The policies of the corpus that compile, one of each name. */
async function compilingPolicies(): Promise<readonly Policy[]> {
  const files = readdirSync(CORPUS, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".yaml"),
  );
  const policies = new Map<string, Policy>();
  for (const file of files.sort()) {
    const text = readFileSync(`${CORPUS}/${file}`, "utf8");
    const parameters = text.includes("${PODCIDR}") ? PARAMETERS : new Map<string, string>();
    const parsed = await parseSources([createSource(file, text)], { parameters });
    const tree = parsed.value ?? { kind: "policy-tree", policies: [] };
    if (!hasErrors(parsed.diagnostics) && !hasErrors(checkPolicies(tree, supportedTargets).diagnostics)) {
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
  let content: Uint8Array = new Uint8Array();

  beforeAll(async () => {
    const policies = await compilingPolicies();
    const compiled = await compilePolicies({ kind: "policy-tree", policies }, supportedTargets);
    expect(compiled.value).toBeDefined();
    content = compiled.value?.bundle ?? content;
    process.stdout.write(`${policies.length} policies of the corpus in one bundle\n`);
  }, 180_000);

  it.each(KERNEL_NAMES)(
    "load on kernel %s",
    async (kernel) => {
      const [loaded] = await runInGuest(
        kernel,
        [{ name: "run", argv: [...RUNTIME, "run", BUNDLE, "--monitor", "--", "true"], timeoutSeconds: 150 }],
        { files: [{ path: BUNDLE, mode: 0o600, content: Buffer.from(content) }] },
      );
      // What is loaded as code is reported as well, in whichever order.
      const told = (loaded?.stderr ?? "").replaceAll(/^🧬 loader .*\n/gm, "");
      expect(`${loaded?.exit ?? ""}\n${told}`).toMatch(/^0\n🚀 process .*true\n💥 exit .*true 0\n$/);
    },
    200_000,
  );
});
