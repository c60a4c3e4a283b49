/** Examples of findings about the limits of target kernels: told in words, for the numbers depend on the kernel. */
import { type Page, inSituation } from "./page.ts";

export const limitPages = {
  "too-many-rules": inSituation(
    "A rule for each of five thousand paths at one hook.",
    "One rule whose list has five thousand paths.",
  ),
  "too-many-values": inSituation(
    "A list of every address of a network, one by one.",
    "The network: `10.0.0.0/8`.",
  ),
  "glob-too-large": inSituation(
    '`f.path matches "**/*a*/**/*b*/**/*c*"`',
    '`f.path matches ["**/a/**", "**/b/**"]`',
  ),
  "map-too-large": inSituation(
    "A value of a map above 32 KiB for each processor.",
    "Fewer rules at one hook, so that their vector is shorter.",
  ),
  "program-too-large": inSituation(
    "Hundreds of rules that each combine comparisons with `or`.",
    "Lists instead of `or`: `mask in [1, 2, 4]`.",
  ),
  "program-too-complex": inSituation(
    "Thousands of rules with `or` and `not (…)` at one hook.",
    "Rules that do the same, joined into one with a list.",
  ),
  "program-maybe-too-complex": inSituation(
    "Hundreds of rules with `or` and `not (…)` at one hook, and a kernel that may walk all their paths.",
    "Rules that do the same, joined into one with a list.",
  ),
  "stack-too-large": inSituation(
    "Thousands of rules with comparisons inside `or` at one hook.",
    "Rules that do the same, joined into one with a list.",
  ),
  "loop-too-long": inSituation(
    "A target older than 5.17 and a policy that needs a long loop.",
    "`--target 6.1`, or fewer rules at one hook.",
  ),
  "too-many-tail-calls": inSituation(
    "So many rules that more than 33 programs would call each other.",
    "Fewer rules at one hook.",
  ),
  "too-many-programs": inSituation(
    "Forty bundles that each attach to one function.",
    "One bundle compiled from all the policies.",
  ),
  "too-many-arguments": inSituation(
    "A kprobe that declares the eighth argument of a function.",
    "A function with at most six arguments on the way of the same operation.",
  ),
  "prototype-mismatch": inSituation(
    "`--target 5.10,6.12` and a function whose arguments changed between them.",
    "Two bundles, one for each kernel.",
  ),
  "feature-missing": inSituation(
    "`--target 5.10` and a policy that needs a later BPF helper.",
    "`--target 6.1,6.12`",
  ),
  "not-attachable": inSituation(
    "A verdict that no program type of the oldest target can give at this hook.",
    "The same policy with `--target 6.1`, where there is one.",
  ),
} as const satisfies Record<string, Page>;
