/** What the file policy puts into a kernel, and how long that takes. */
import type { KernelName } from "../src/vm/kernel-catalog.ts";
import { type LoadedMap, type Measured, type Measurement, measureVariants } from "./guest.ts";
import { type Verdict, verdict } from "./verdicts.ts";
import { formatTable, grouped } from "./table.ts";
import type { Variant } from "./variant.ts";

/** What a generic engine loads for the same policy, measured in the same kind of guest. */
const generic = { programs: 33, maps: 222, bytes: 1_560_000, verified: 2_300_000, seconds: 24 } as const;
const PART = 10;

export interface LoadedSize {
  readonly kernel: KernelName;
  readonly measured: Measured;
  readonly verdicts: readonly Verdict[];
}

/** Loads a variant on a guest whose clock is the usual one. */
export async function measureLoad(kernel: KernelName, variant: Variant): Promise<LoadedSize> {
  const files = ["/data/plain.txt"];
  const [measured = { kind: "failed" as const, variant, reason: "nothing was measured" }] =
    await measureVariants({ kernel, files, countInstructions: false }, [variant]);
  const verdicts = measured.kind === "measured" ? verdictsOf(measured.value) : [];
  return { kernel, measured, verdicts };
}

function verdictsOf({ programs = [], maps = [], loadNanoseconds = 0 }: Measurement): readonly Verdict[] {
  const verified = programs.reduce((sum, program) => sum + program.verified, 0);
  return [
    verdict("programs", programs.length, generic.programs / PART),
    verdict("maps", maps.length, generic.maps / PART),
    verdict("bytes of maps", mapBytes(maps), generic.bytes / PART),
    verdict("bytes of maps without the event ring", mapBytes(maps.filter(isTable)), generic.bytes / PART),
    verdict("instructions that the verifier walks", verified, generic.verified / PART),
    verdict("seconds to load", loadNanoseconds / 1e9, generic.seconds / PART),
  ];
}

function mapBytes(maps: readonly LoadedMap[]): number {
  return maps.reduce((sum, map) => sum + bytesOf(map), 0);
}

/** 6.1 does not tell how much a ring takes: it has as many entries as bytes. */
function bytesOf(map: LoadedMap): number {
  return isTable(map) ? map.bytes : Math.max(map.bytes, map.entries);
}

/** The ring is as large as bursts of events may be, not as the policy is. */
function isTable({ name }: LoadedMap): boolean {
  return name !== "events";
}

/** The tables of one kernel. */
export function renderLoad({ kernel, measured, verdicts }: LoadedSize): string {
  if (measured.kind === "failed") {
    return `\nThe file policy does not load on kernel ${kernel}: ${measured.reason}\n`;
  }
  const { programs = [], maps = [] } = measured.value;
  return [
    `\nWhat the file policy loads, kernel ${kernel}, beside a tenth of what a generic engine loads\n\n`,
    formatTable(
      ["", "measured", "a tenth", "ratio", ""],
      verdicts.map(({ goal, measured: amount, limit, reached }) => [
        goal,
        amount < 100 ? amount.toFixed(1) : grouped(amount),
        limit < 100 ? limit.toFixed(1) : grouped(limit),
        (amount / limit).toFixed(2),
        reached ? "reached" : "not reached",
      ]),
    ),
    "\n",
    formatTable(
      ["program", "instructions", "walked by the verifier", "bytes of machine code"],
      programs.map((program) => [
        program.name,
        grouped(program.instructions),
        grouped(program.verified),
        grouped(program.machineBytes),
      ]),
    ),
    "\n",
    formatTable(
      ["map", "entries", "bytes"],
      [...maps]
        .sort((a, b) => bytesOf(b) - bytesOf(a))
        .map((map) => [map.name, grouped(map.entries), grouped(bytesOf(map))]),
    ),
  ].join("");
}
