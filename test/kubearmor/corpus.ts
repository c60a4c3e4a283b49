/** The collection of real KubeArmor policies that tests read; it lies beside the repository. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { parseSources } from "../../src/parser/parse.ts";
import type { PolicyTree } from "../../src/parser/policy/tree.ts";
import { createSource } from "../../src/source/source.ts";

const corpus = join(import.meta.dirname, "../../../shared/corpus/kubearmor");

export const hasCorpus = existsSync(corpus);

/** A file of the collection, as it is read. */
export interface CorpusFile {
  readonly path: string;
  readonly tree: PolicyTree;
  readonly diagnostics: readonly Diagnostic[];
}

/** Every file, in order of paths. */
export async function readCorpus(): Promise<readonly CorpusFile[]> {
  const paths = readdirSync(corpus, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".yaml"))
    .sort();
  return Promise.all(
    paths.map(async (path) => {
      const source = createSource(path, readFileSync(join(corpus, path), "utf8"));
      const { value, diagnostics } = await parseSources([source], { parameters: new Map() });
      return { path, tree: value ?? { kind: "policy-tree", policies: [] }, diagnostics };
    }),
  );
}
