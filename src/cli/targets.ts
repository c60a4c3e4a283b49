import { readFileSync } from "node:fs";
import { release } from "node:os";
import { orList } from "../diagnostics/suggest.ts";
import type { Target } from "../kernel/target.ts";
import { supportedTargets } from "../kernel/target.ts";

const hostBtf = "/sys/kernel/btf/vmlinux";

/** The targets that `--target` names, or the message that says what is wrong with them. */
export async function readTargets(words: readonly string[] | undefined): Promise<readonly Target[] | string> {
  if (words === undefined || words.length === 0) {
    return supportedTargets;
  }
  const targets: Target[] = [];
  for (const word of words) {
    const target = await readTarget(word);
    if (typeof target === "string") {
      return target;
    }
    targets.push(target);
  }
  return targets;
}

async function readTarget(word: string): Promise<Target | string> {
  const known = supportedTargets.find(({ name }) => name === word);
  if (known !== undefined) {
    return known;
  }
  const path = word === "host" ? hostBtf : word;
  const bytes = readIfThere(path);
  if (bytes === undefined) {
    const names = supportedTargets.map(({ name }) => name);
    return `unknown target \`${word}\`: use ${orList([...names, "host"])} or the path of a BTF file`;
  }
  const { targetFromBtf } = await import("../kernel/target.ts");
  const target = targetFromBtf(word === "host" ? release() : word, bytes);
  return target.value ?? `${word}: ${target.diagnostics[0]?.message ?? "no BTF"}`;
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
