/** `make bench`: prints tables and writes build/bench.json. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { KERNEL_NAMES, type KernelName } from "../src/vm/kernel-catalog.ts";
import { buildVariants, measureInstructions, renderInstructions } from "./instructions.ts";
import { repository } from "./place.ts";

const DEFAULT_KERNELS: readonly KernelName[] = ["6.1", "6.12"];

async function main(): Promise<void> {
  const chosen = process.argv.slice(2);
  const named = KERNEL_NAMES.filter((name) => chosen.includes(name));
  const kernels = named.length > 0 ? named : DEFAULT_KERNELS;
  const variants = await buildVariants([1, 10, 100, 1000]);
  const costs = [];
  for (const kernel of kernels) {
    const cost = await measureInstructions(kernel, variants);
    process.stdout.write(renderInstructions(cost));
    costs.push(cost);
  }
  writeFileSync(
    join(repository, "build", "bench.json"),
    `${JSON.stringify({ instructions: costs }, undefined, 1)}\n`,
  );
}

await main();
