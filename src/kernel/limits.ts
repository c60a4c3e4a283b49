/** What kernels allow. Sources: the kernel's headers, and trials on every supported kernel. */

export const limits = {
  /** Rules of one hook: their vector is one value of 64-bit words. */
  rulesPerHook: 4096,
  /** Event records number rules in 24 bits. */
  rules: 1 << 24,
  /** Values that one field of a hook is compared with: entries of one map. */
  valuesPerField: 1 << 20,
  /** Bytes of a text that an LPM trie can hold as prefix (its key has at most 256 bytes). */
  prefixBytes: 255,
  /** Functions whose arguments after the sixth lie on the stack can't be hooked before 6.6. */
  functionArguments: 6,
  /** Programs on one function: BPF_MAX_TRAMP_LINKS. */
  programsPerTrampoline: 38,
  /** Instructions that the verifier walks: BPF_COMPLEXITY_LIMIT_INSNS. */
  instructions: 1_000_000,
  /** Bytes of stack: MAX_BPF_STACK. */
  stackBytes: 512,
} as const;

export type LimitName = keyof typeof limits;
