import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * The directory `path`, made by `fill` in a temporary place beside it and renamed when complete: other
 * processes see all of it or nothing. Two that make it at once both succeed; the first to finish wins.
 */
export async function cachedDirectory(
  path: string,
  fill: (directory: string) => Promise<void>,
): Promise<string> {
  if (existsSync(path)) {
    return path;
  }
  mkdirSync(dirname(path), { recursive: true });
  const temporary = mkdtempSync(join(dirname(path), `.${basename(path)}-`));
  try {
    await fill(temporary);
    renameUnlessPresent(temporary, path);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return path;
}

function renameUnlessPresent(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) {
      throw error;
    }
  }
}
