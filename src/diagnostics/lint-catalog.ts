/** Codes of the lint rules. */
import { type CatalogEntry, entry } from "./catalog-entry.ts";

export const lintCatalog = {
  // Lint: policies that compile, but hardly say what was meant.
  "confusable-character": entry(
    "warning",
    "a letter that looks like another one",
    "A name with a letter of another script looks like a name that it is not, so the rule matches something else than its reader thinks.",
  ),
  "text-too-long": entry(
    "warning",
    "the text is longer than the field",
    "The kernel cuts the value to the size of its field, so a longer text can never be equal to it.",
  ),
  "glob-as-text": entry(
    "warning",
    "a wildcard where every character stands for itself",
    "`==`, `in`, `starts with`, `ends with` and `under` compare letter by letter. A path with `*` in it is then the path of a file with a star in its name, which hardly any system has.",
  ),
  "merged-directory": entry(
    "warning",
    "the path leads through a symbolic link",
    "Rules see the path that the kernel has resolved. On today's distributions `/bin`, `/sbin` and `/lib` are links into `/usr`, and `/var/run` is one to `/run`, so a path through them never matches there.",
  ),
  "matches-everything": entry(
    "warning",
    "the value takes in every value",
    "A comparison that always holds restricts nothing, so the rule is wider than it looks.",
  ),
  "redundant-value": entry(
    "warning",
    "another value of the list takes this one in",
    "The value changes nothing: often the other one is wider than was meant.",
  ),
  "missing-value": entry(
    "warning",
    "a refusal that takes in what has no value",
    "Where a field has no value a comparison is false, so its opposite is true: `f.path != …` holds for every pipe and socket. A rule that refuses by it refuses them all.",
  ),
  "args-at-exec": entry(
    "warning",
    "the arguments are those of the program before",
    "At `process.exec` the new program does not run yet: what is known of the process is known of the program that calls exec. The new arguments are known from `sched/sched_process_exec` on, where a program can still be killed before it has done anything.",
  ),
  "monitor-refuses": entry(
    "info",
    "a policy in monitor mode refuses nothing",
    "In monitor mode a policy reports what it would have refused, and everything goes on.",
  ),
  "allow-without-otherwise": entry(
    "warning",
    "an allow list that refuses nothing",
    "`allow` keeps later rules of its block from deciding. Where no later rule refuses, everything else goes on as well.",
  ),
  "unlimited-alert": entry(
    "warning",
    "a busy hook reports everything",
    "Thousands of events a second bury the ones that matter, cost the machine and are lost when the reader is slow.",
  ),
  "rule-never-matches": entry(
    "warning",
    "no event fulfils the condition",
    "Two parts of the condition exclude each other, so the rule can never decide. Where a path could not be read whole, rules that refuse take the event all the same.",
  ),
  "rule-shadowed": entry(
    "warning",
    "an earlier rule decides first",
    "The first rule of a block that holds decides. An earlier one holds whenever this one does, so this one never decides; only events whose path could not be read whole may still come to it.",
  ),
  "policies-contradict": entry(
    "warning",
    "another policy refuses what this one allows",
    "Blocks decide independently of each other and the strictest verdict counts, so an `allow` can't open what another policy closes.",
  ),
} as const satisfies Record<string, CatalogEntry>;
