/** Codes about KubeArmor policies. */
import { type CatalogEntry, entry } from "./catalog-entry.ts";

export const kubearmorCatalog = {
  "kubearmor-merged-usr": entry(
    "info",
    "a path through `/bin`, `/sbin` or `/lib` is matched in both places",
    "On today's distributions these are links into `/usr`. The kernel sees paths without links, so KubeArmor never matches such a path there; policyc matches both spellings. Write the one that your image has.",
  ),
  "kubearmor-glob-in-path": entry(
    "error",
    "a pattern where a path is wanted",
    "`path` and `dir` are compared letter by letter, so a `*` in them matches only a file name that has one: the rule would never act. `matchPatterns` takes patterns.",
  ),
  "kubearmor-path-shape": entry(
    "error",
    "a path, directory or name of the wrong form",
    "A `path` is absolute and has no slash at its end, a `dir` has one, an `execname` has none. Anything else never matches.",
  ),
  "kubearmor-pattern": entry(
    "error",
    "a pattern that is none",
    "Patterns are globs over whole paths: `*` and `?` stay in a directory, `**` crosses. A regular expression or a bare name would never match.",
  ),
  "kubearmor-pattern-blank": entry(
    "warning",
    "a pattern with a blank",
    "A pattern is compared with the path of a file. A command line with its arguments is none, so the rule hardly matches anything.",
  ),
  "kubearmor-audit-only": entry(
    "error",
    "an action that system calls don't have",
    "A system call as such is only reported, by KubeArmor as well. What it does can be refused: files, programs, sockets, capabilities.",
  ),
  "kubearmor-no-namespace": entry(
    "warning",
    "a policy for pods without a namespace",
    "Kubernetes puts the policy into the namespace of whoever applies it; without one, it is for the pods of `default`.",
  ),
  "kubearmor-node-selector": entry(
    "info",
    "a node selector is not compared",
    "A bundle holds for the node that it is loaded on. Whoever loads it chooses the nodes.",
  ),
  "kubearmor-no-rules": entry(
    "warning",
    "a policy without rules",
    "Nothing is reported or refused. Often the rules stand under the wrong indentation or were left out.",
  ),
} satisfies Readonly<Record<string, CatalogEntry>>;
