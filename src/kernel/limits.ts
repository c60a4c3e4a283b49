/**
 * What kernels and event records allow, by number. Limits that a kernel release changed are in `features.ts`.
 * Sources are named at each; those marked "tried" were seen on 5.10, 6.1, 6.12 and 7.2.
 */

export const limits = {
  /** Rules of one compilation: event records number them in 24 bits (`runtime/event-layout.ts`). */
  rules: 1 << 24,
  /** Policies of one compilation: a rule's entry names its policy in 16 bits (`bpf/templates/decide.h`). */
  policies: 1 << 16,
  /** Rules of one hook: their vectors are made of at most 64 words of 64 bits. */
  rulesPerHook: 4096,
  /** Values that one field of a hook is compared with: entries of one map. */
  valuesPerField: 1 << 20,
  /** Bytes of a path: PATH_MAX of include/uapi/linux/limits.h, with the NUL. */
  pathBytes: 4096,
  /** Bytes of an LPM trie's key, prefix length not counted: LPM_DATA_SIZE_MAX of kernel/bpf/lpm_trie.c. Tried. */
  trieKeyBytes: 256,
  /** Bytes of a per-CPU value: PCPU_MIN_UNIT_SIZE of include/linux/percpu.h. Tried. */
  perCpuValueBytes: 32 << 10,
  /** Bytes of an array's value, such as a program's constants: KMALLOC_MAX_SIZE on x86-64. */
  arrayValueBytes: 4 << 20,
  /** Bytes of one map: before 5.11 they are counted in 32 bits (bpf_map_charge_init of kernel/bpf/syscall.c). */
  mapBytes: 2 ** 32 - 4096,
  /** Arguments of a function that a trampoline passes on: in registers only, on x86-64. Tried. */
  registerArguments: 6,
  /** The same from 6.6 on, where some may lie on the stack: MAX_BPF_FUNC_ARGS of include/linux/bpf.h. */
  functionArguments: 12,
  /** Programs on one function: BPF_MAX_TRAMP_LINKS of include/linux/bpf.h. */
  programsPerTrampoline: 38,
  /** Instructions of a program: BPF_COMPLEXITY_LIMIT_INSNS of include/linux/bpf.h. Tried. */
  instructions: 1_000_000,
  /** Instructions that a jump can skip: its offset has 16 bits before version 4 of the instruction set. */
  jumpInstructions: (1 << 15) - 1,
  /** Instructions that the verifier walks, over all paths: BPF_COMPLEXITY_LIMIT_INSNS. Tried. */
  walkedInstructions: 1_000_000,
  /** Bytes of stack of a program with the functions that it calls: MAX_BPF_STACK of include/linux/filter.h. */
  stackBytes: 512,
  /** Iterations of one call of bpf_loop: BPF_MAX_LOOPS of kernel/bpf/bpf_iter.c. */
  loopIterations: 1 << 23,
  /** Tail calls in a row: MAX_TAIL_CALL_CNT of include/linux/bpf.h. */
  tailCalls: 33,
} as const;

export type LimitName = keyof typeof limits;
