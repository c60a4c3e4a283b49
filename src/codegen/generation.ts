/** Sets of BPF features that every program is compiled for: `bpf/templates/generation.h`. */
import { helperFeatures } from "../kernel/features.ts";
import type { Requirement } from "../kernel/hook.ts";
import { type Target, hasFeature } from "../kernel/target.ts";

export interface Generation {
  /** Its enumerator in C. */
  readonly name: "GENERATION_6_1" | "GENERATION_5_10";
  /** What names of its programs end in. */
  readonly suffix: string;
  readonly requires: readonly Requirement[];
}

/** Kernels that loop by call and keep entries in storage of tasks. */
export const storageOfTasks: Generation = {
  name: "GENERATION_6_1",
  suffix: "",
  requires: [{ kind: "helper", name: "bpf_loop" }],
};
const oldest: Generation = { name: "GENERATION_5_10", suffix: "_5_10", requires: [] };

/** The generations that some target may load, newest first: what no target needs, clang needn't compile. */
export function generationsFor(targets: readonly Target[]): readonly Generation[] {
  const loops = targets.map((target) => hasFeature(target, helperFeatures.bpf_loop));
  return [
    ...(loops.some((known) => known !== "no") ? [storageOfTasks] : []),
    ...(loops.some((known) => known !== "yes") ? [oldest] : []),
  ];
}
