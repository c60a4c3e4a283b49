/** Instructions that an event costs in the guest, for every variant. */
import { readFileSync } from "node:fs";
import type { KernelName } from "../src/vm/kernel-catalog.ts";
import { type FileCost, type Measured, measureVariants } from "./guest.ts";
import { manyPolicies } from "./many-policies.ts";
import { benchFile } from "./place.ts";
import { formatTable, grouped } from "./table.ts";
import { type Verdict, renderVerdicts, verdict } from "./verdicts.ts";
import { type Variant, compileText, compiledVariant, noVariant, yardstick } from "./variant.ts";

/** A file that no rule names, one that a suffix matches, and one that a prefix matches. */
export const PLAIN_FILE = "/data/plain.txt";
export const SUFFIX_FILE = "/data/.bashrc";
export const PREFIX_FILE = "/boot/plain.txt";

/** A twentieth and a tenth of what a generic engine costs for the same policy. */
const targets = { plain: 630, posting: 930, hundred: 1.3, thousand: 2 } as const;

const WARM_UP = "warm-up";

export interface KernelCosts {
  readonly kernel: KernelName;
  readonly variants: readonly Measured[];
  readonly verdicts: readonly Verdict[];
}

/** Everything that is measured: yardsticks first. */
export async function buildVariants(counts: readonly number[]): Promise<readonly Variant[]> {
  const file = "policies/file-observe.policy";
  const observe = await compileText("file-observe.policy", readFileSync(benchFile(file), "utf8"));
  const variants = [
    // The first run after the files were made is dearer.
    noVariant(WARM_UP, "warm-up"),
    noVariant("none", "no policy"),
    await yardstick("yardsticks.bpf.c", "empty", "an empty program"),
    await yardstick("yardsticks.bpf.c", "by_hand", "a program written by hand"),
    compiledVariant("file-observe", "policyc: the observing file policy", observe),
  ];
  for (const count of counts) {
    const title = `policyc: ${count} ${count === 1 ? "policy" : "policies"} on the hook`;
    try {
      const compiled = await compileText("many.policy", manyPolicies(count));
      variants.push(compiledVariant(`many-${count}`, title, compiled));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      process.stdout.write(`  ${count} policies on one hook can't be compiled: ${reason}\n`);
    }
  }
  return variants;
}

/** Measures on one kernel. */
export async function measureInstructions(
  kernel: KernelName,
  variants: readonly Variant[],
): Promise<KernelCosts> {
  const files = [PLAIN_FILE, SUFFIX_FILE, PREFIX_FILE];
  const measured = await measureVariants({ kernel, files, countInstructions: true }, variants);
  const counted = measured.filter(({ variant }) => variant.name !== WARM_UP);
  return { kernel, variants: counted, verdicts: verdictsOf(counted) };
}

function costOf(measured: readonly Measured[], name: string, file: string): FileCost | undefined {
  const found = measured.find(({ variant }) => variant.name === name);
  return found?.kind === "measured" ? found.value.files.find((one) => one.file === file) : undefined;
}

/** Instructions above those of no policy. */
export function above(measured: readonly Measured[], name: string, file: string): number {
  const cost = costOf(measured, name, file)?.instructions ?? Number.NaN;
  return cost - (costOf(measured, "none", file)?.instructions ?? Number.NaN);
}

function verdictsOf(measured: readonly Measured[]): readonly Verdict[] {
  const plain = (name: string): number => above(measured, name, PLAIN_FILE);
  return [
    verdict("file policy, no rule matches", plain("file-observe"), targets.plain),
    verdict(
      "file policy, no rule matches: beats the program by hand",
      plain("file-observe"),
      plain("by_hand"),
    ),
    verdict(
      "file policy, a suffix matches and posts",
      above(measured, "file-observe", SUFFIX_FILE),
      targets.posting,
    ),
    verdict(
      "file policy, a prefix matches and posts",
      above(measured, "file-observe", PREFIX_FILE),
      targets.posting,
    ),
    verdict("100 policies beside 1", plain("many-100") / plain("many-1"), targets.hundred),
    verdict("1,000 policies beside 1", plain("many-1000") / plain("many-1"), targets.thousand),
  ];
}

/** Tables of one kernel. */
export function renderInstructions({ kernel, variants, verdicts }: KernelCosts): string {
  const rows = variants.map((one) => {
    const { name, title } = one.variant;
    if (one.kind === "failed") {
      return [title, "failed"];
    }
    return [
      title,
      grouped(costOf(variants, name, PLAIN_FILE)?.instructions ?? Number.NaN),
      ...[PLAIN_FILE, SUFFIX_FILE, PREFIX_FILE].map((file) => {
        const events = costOf(variants, name, file)?.eventsPerIteration ?? 0;
        const amount = grouped(above(variants, name, file));
        return events > 0 ? `${amount} *` : amount;
      }),
    ];
  });
  const failures = variants.flatMap((one) =>
    one.kind === "failed" ? [`  ${one.variant.title}: ${one.reason}\n`] : [],
  );
  return [
    `\nInstructions per open + read 64 bytes + close, kernel ${kernel} (* posts an event)\n\n`,
    formatTable(["", "total", "above: plain.txt", "above: .bashrc", "above: /boot"], rows),
    ...failures,
    "\n",
    renderVerdicts(verdicts),
  ].join("");
}
