/** Where the bench finds and leaves its files. */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository, found from wherever the bundled bench lies. */
export const repository = findRepository(dirname(fileURLToPath(import.meta.url)));

/** Files of one run; a guest sees them at the same path. */
export const workDirectory = join(repository, "build", "bench");
mkdirSync(workDirectory, { recursive: true });

/** A file of the bench's sources. */
export function benchFile(name: string): string {
  return join(repository, "bench", name);
}

function findRepository(start: string): string {
  let directory = start;
  while (!existsSync(join(directory, "bpf", "templates")) && directory !== dirname(directory)) {
    directory = dirname(directory);
  }
  return directory;
}
