/** Where the instructions of an event go: programs that do one thing more than the one before. */
import type { KernelName } from "../src/vm/kernel-catalog.ts";
import { type Measured, measureVariants } from "./guest.ts";
import { formatTable, grouped } from "./table.ts";
import { noVariant, yardstick } from "./variant.ts";

const FILE = "/data/plain.txt";

/** Programs of programs/stages.bpf.c, in order. */
const stages = [
  ["stage_nothing", "getting to a program and back"],
  ["stage_path_of", "the file's place"],
  ["stage_tail", "its last component"],
  ["stage_root", "the task's root"],
  ["stage_head", "its first component, across one mount"],
  ["stage_scratch", "memory for a decision"],
  ["stage_path", "the whole path"],
  ["stage_header", "who did it, and when"],
  ["stage_capture", "the path put into the event"],
  ["stage_send", "the event handed over"],
] as const;

export interface Stage {
  readonly what: string;
  /** Instructions above no program, with all earlier stages. */
  readonly total: number;
  readonly added: number;
}

/** Measures the stages on one kernel. */
export async function measureStages(kernel: KernelName): Promise<readonly Stage[]> {
  const variants = [noVariant("warm-up", ""), noVariant("none", "")];
  for (const [program, title] of stages) {
    variants.push(await yardstick("stages.bpf.c", program, title));
  }
  const measured = await measureVariants({ kernel, files: [FILE], countInstructions: true }, variants);
  for (const one of measured) {
    if (one.kind === "failed") {
      process.stdout.write(`  ${one.variant.name} does not load: ${one.reason}\n`);
    }
  }
  const base = costOf(measured, "none");
  let before = 0;
  return stages.map(([program, what]) => {
    const total = costOf(measured, program) - base;
    const added = total - before;
    before = total;
    return { what, total, added };
  });
}

function costOf(measured: readonly Measured[], name: string): number {
  const found = measured.find(({ variant }) => variant.name === name);
  return found?.kind === "measured" ? (found.value.files[0]?.instructions ?? Number.NaN) : Number.NaN;
}

/** The table. */
export function renderStages(kernel: KernelName, measured: readonly Stage[]): string {
  return [
    `\nWhere the instructions go, kernel ${kernel}: each line does what those before it do, and one thing more\n\n`,
    formatTable(
      ["", "added", "in all"],
      measured.map(({ what, added, total }) => [what, grouped(added), grouped(total)]),
    ),
  ].join("");
}
