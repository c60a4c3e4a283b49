/** What the tree alone tells about the type of a field. */
import type { Block, FieldReference } from "../parser/policy/tree.ts";

/** Types of arguments that stand for a file, so that their text is the path that the kernel resolved. */
const fileTypes: ReadonlySet<string> = new Set(["file", "path", "linux_binprm", "dentry"]);

/** Parts of a field that are paths which the kernel has resolved. */
const pathParts: ReadonlySet<string> = new Set([
  "exe",
  "cwd",
  "path",
  "source",
  "destination",
  "interpreter",
]);

/** Whether a field holds a path that the kernel has resolved, without symbolic links. */
export function isResolvedPath({ segments }: FieldReference, block: Block | undefined): boolean {
  const [root = "", ...rest] = segments;
  const last = rest.at(-1) ?? "";
  if (rest.length > 0) {
    return pathParts.has(last);
  }
  return (block?.hooks ?? []).some(
    (hook) =>
      hook.kind === "raw" &&
      hook.parameters.some(({ name, type }) => name.text === root && fileTypes.has(type.text)),
  );
}
