/**
 * `make bench`: prints tables and writes build/bench.json. Arguments choose what is measured:
 * `node bench/main.mjs 6.1 instructions`.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { KERNEL_NAMES, type KernelName } from "../src/vm/kernel-catalog.ts";
import { measureCompileTimes, renderCompileTimes } from "./compile-time.ts";
import { type EstimateRatio, estimateRatios, renderEstimates } from "./estimate.ts";
import { type KernelCosts, buildVariants, measureInstructions, renderInstructions } from "./instructions.ts";
import { type LoadedSize, measureLoad, renderLoad } from "./loaded-size.ts";
import { repository } from "./place.ts";
import { type Stage, measureStages, renderStages } from "./stages.ts";
import { measureStartUp, renderStartUp } from "./start-up.ts";
import type { Variant } from "./variant.ts";

const sections = ["instructions", "stages", "size", "compile", "start"] as const;
type Section = (typeof sections)[number];

const DEFAULT_KERNELS: readonly KernelName[] = ["6.1", "6.12"];
const POLICY_COUNTS = [1, 10, 100, 1000] as const;

interface KernelReport {
  readonly kernel: KernelName;
  readonly instructions?: KernelCosts;
  readonly estimates?: readonly EstimateRatio[];
  readonly stages?: readonly Stage[];
  readonly size?: LoadedSize;
}

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const strange = words.find((word) => ![...KERNEL_NAMES, ...sections].some((known) => known === word));
  if (strange !== undefined) {
    process.stderr.write(
      `bench: unknown word ${strange}: give ${KERNEL_NAMES.join(", ")}, ${sections.join(", ")}\n`,
    );
    process.exitCode = 2;
    return;
  }
  const named = KERNEL_NAMES.filter((name) => words.includes(name));
  const chosen = sections.filter((section) => words.includes(section));
  const wanted = new Set<Section>(chosen.length > 0 ? chosen : sections);
  const startUp = wanted.has("start") ? shown(measureStartUp(), renderStartUp) : undefined;
  const compileTimes = wanted.has("compile")
    ? shown(await measureCompileTimes(), renderCompileTimes)
    : undefined;
  const inGuest = (["instructions", "stages", "size"] as const).some((section) => wanted.has(section));
  const variants = inGuest ? await buildVariants(wanted.has("instructions") ? POLICY_COUNTS : []) : [];
  const kernels: KernelReport[] = [];
  for (const kernel of inGuest ? (named.length > 0 ? named : DEFAULT_KERNELS) : []) {
    kernels.push(await measureKernel(kernel, variants, wanted));
  }
  const report = { startUp, compileTimes, kernels };
  const withoutPrograms = (key: string, value: unknown): unknown => (key === "compiled" ? undefined : value);
  writeFileSync(join(repository, "build", "bench.json"), `${JSON.stringify(report, withoutPrograms, 1)}\n`);
}

async function measureKernel(
  kernel: KernelName,
  variants: readonly Variant[],
  wanted: ReadonlySet<Section>,
): Promise<KernelReport> {
  const report: { -readonly [Key in keyof KernelReport]: KernelReport[Key] } = { kernel };
  if (wanted.has("instructions")) {
    const costs = shown(await measureInstructions(kernel, variants), renderInstructions);
    report.instructions = costs;
    report.estimates = shown(estimateRatios(kernel, costs.variants), (ratios) =>
      renderEstimates(kernel, ratios),
    );
  }
  if (wanted.has("stages")) {
    report.stages = shown(await measureStages(kernel), (stages) => renderStages(kernel, stages));
  }
  const filePolicy = variants.find(({ name }) => name === "file-observe");
  if (wanted.has("size") && filePolicy !== undefined) {
    report.size = shown(await measureLoad(kernel, filePolicy), renderLoad);
  }
  return report;
}

function shown<Measured>(measured: Measured, render: (measured: Measured) => string): Measured {
  process.stdout.write(render(measured));
  return measured;
}

await main();
