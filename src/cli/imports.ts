/** Reads the files that `.policy` files import. */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, sep } from "node:path";
import type { ImportReader, ImportedText } from "../parser/policy/imports.ts";

/** Bytes of the largest file that is read. */
const largestFile = 16 * 1024 * 1024;

/**
 * Reads files below `root` or below the folder of the input; symbolic links are followed first, so that none
 * leads out. Only plain files: nothing that blocks or never ends.
 */
export function importReader(root: string): ImportReader {
  return (path, origin) => {
    try {
      const real = realpathSync(path);
      const roots = [realpathSync(root), ...(origin === "<stdin>" ? [] : [dirname(realpathSync(origin))])];
      return roots.some((folder) => real.startsWith(folder.endsWith(sep) ? folder : folder + sep))
        ? readPlainFile(real)
        : { kind: "outside" };
    } catch (error) {
      return failureOf(error);
    }
  };
}

function readPlainFile(path: string): ImportedText {
  const { isFile, size } = ((stats) => ({ isFile: stats.isFile(), size: stats.size }))(statSync(path));
  if (!isFile || size > largestFile) {
    return { kind: "unreadable", reason: isFile ? "it is too large" : "it is no plain file" };
  }
  const bytes = readFileSync(path);
  try {
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { kind: "unreadable", reason: "it is no UTF-8 text" };
  }
}

function failureOf(error: unknown): ImportedText {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return code === "ENOENT" || code === "ENOTDIR"
    ? { kind: "not-found" }
    : { kind: "unreadable", reason: code === "EACCES" ? "this user may not" : code };
}
