/** What programs call: the helpers of each generation of programs. */
import type { HelperName } from "../../kernel/features.ts";

/** Sets of BPF features that every program is compiled for, newest first; a kernel runs the first that it can. */
export const generations = ["6.1", "5.10"] as const;
export type Generation = (typeof generations)[number];

/** What the program of any hook may call: `bpf/templates`. The signal's number comes out of a table of rules. */
const always: readonly HelperName[] = [
  "bpf_get_current_pid_tgid",
  "bpf_get_current_uid_gid",
  "bpf_ktime_get_boot_ns",
  "bpf_map_lookup_elem",
  "bpf_probe_read_kernel",
  "bpf_ringbuf_output",
  "bpf_send_signal",
];

const ofGeneration: Readonly<Record<Generation, readonly HelperName[]>> = {
  "6.1": ["bpf_get_current_task_btf", "bpf_loop"],
  "5.10": ["bpf_get_current_task"],
};

/** Helpers that programs of a generation call. */
export function helpersOf(generation: Generation): readonly HelperName[] {
  return [...always, ...ofGeneration[generation]];
}
