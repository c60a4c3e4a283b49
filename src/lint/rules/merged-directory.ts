import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Fix } from "../../diagnostics/diagnostic.ts";
import type { Comparison, Literal } from "../../parser/policy/tree.ts";
import { spanText } from "../../source/source.ts";
import { isResolvedPath } from "../fields.ts";
import type { LintRule } from "../lint-rule.ts";
import { placedComparisons } from "../walk.ts";

/** Directories that are symbolic links on today's distributions, and where they lead. */
const links: ReadonlyMap<string, string> = new Map([
  ["/bin", "/usr/bin"],
  ["/sbin", "/usr/sbin"],
  ["/lib", "/usr/lib"],
  ["/lib32", "/usr/lib32"],
  ["/lib64", "/usr/lib64"],
  ["/libx32", "/usr/libx32"],
  ["/var/run", "/run"],
  ["/var/lock", "/run/lock"],
]);

const operators: ReadonlySet<string> = new Set(["in", "starts-with", "under", "matches"]);

/** A path below a symbolic link: the kernel names the file by the place that the link leads to. */
export const mergedDirectory: LintRule = {
  code: "merged-directory",
  optional: false,
  check: ({ tree }) =>
    placedComparisons(tree)
      .filter(
        ({ block, comparison }) =>
          operators.has(comparison.operator) && isResolvedPath(comparison.field, block),
      )
      .flatMap(({ comparison }) => {
        const written = comparison.values.map(textOf).filter((text) => text !== "");
        return comparison.values.flatMap((literal) => {
          const found = throughLink(textOf(literal));
          // The list has both forms: the author knows.
          if (found === undefined || written.some((text) => takesIn(comparison, text, found.real))) {
            return [];
          }
          const message = `\`${found.link}\` is a symbolic link to \`${found.target}\` on most systems`;
          return [
            diagnostic("merged-directory", literal.span, message, {
              help: `the kernel names the file \`${found.real}\`: write that, or both`,
              fixes: fixesFor(literal, found.link, found.target),
            }),
          ];
        });
      }),
};

function textOf(literal: Literal): string {
  return literal.kind === "string" ? literal.value : "";
}

function takesIn({ operator }: Comparison, value: string, path: string): boolean {
  if (operator === "starts-with") {
    return path.startsWith(value);
  }
  return operator === "under" ? `${path}/`.startsWith(`${value.replace(/\/+$/, "")}/`) : path === value;
}

interface ThroughLink {
  readonly link: string;
  readonly target: string;
  readonly real: string;
}

function throughLink(path: string): ThroughLink | undefined {
  for (const [link, target] of links) {
    if (path === link || path.startsWith(`${link}/`)) {
      return { link, target, real: target + path.slice(link.length) };
    }
  }
  return undefined;
}

/** Only where the path is written out as it is: not for a parameter's value or an escaped text. */
function fixesFor(literal: Literal, link: string, target: string): readonly Fix[] {
  const written = spanText(literal.span);
  const place = written.indexOf(link);
  return place < 0 || place > 1
    ? []
    : [
        {
          title: `write \`${target}\``,
          safety: "unsafe",
          edits: [{ span: literal.span, text: written.replace(link, target) }],
        },
      ];
}
