import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { decompressModule } from "./kernel-image.ts";

/** A module, ready for `insmod`. */
export interface KernelModule {
  readonly name: string;
  readonly content: Buffer;
}

/**
 * Reads the wanted modules and what they depend on, in an order in which they can be loaded. A module that is
 * absent is built into the kernel, or the kernel has no such thing: then what needs it says so in the guest.
 */
export async function collectModules(
  directory: string,
  wanted: readonly string[],
): Promise<readonly KernelModule[]> {
  const files = indexModules(directory);
  const collected = new Map<string, KernelModule>();
  const visited = new Set<string>();
  const visit = async (word: string): Promise<void> => {
    const name = word.replaceAll("-", "_");
    const file = files.get(name);
    if (visited.has(name) || file === undefined) {
      return;
    }
    visited.add(name);
    const content = await decompressModule(file, readFileSync(file));
    for (const dependency of moduleDependencies(content)) {
      await visit(dependency);
    }
    collected.set(name, { name, content });
  };
  for (const word of wanted) {
    await visit(word);
  }
  return [...collected.values()];
}

/** Paths of all module files by module name. */
function indexModules(directory: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const path of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
    const name = /([^/]+)\.ko(?:\.xz|\.zst)?$/.exec(path)?.[1];
    if (name !== undefined) {
      files.set(name.replaceAll("-", "_"), join(directory, path));
    }
  }
  return files;
}

/** The `depends=` entry of a module's `.modinfo` section. */
function moduleDependencies(content: Buffer): readonly string[] {
  const key = "\0depends=";
  const start = content.indexOf(key, 0, "latin1");
  if (start < 0) {
    return [];
  }
  const from = start + key.length;
  const list = content.toString("latin1", from, content.indexOf(0, from));
  return list.split(",").filter((name) => name !== "");
}
