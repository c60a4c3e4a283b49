/**
 * The stock kernels that a micro-VM can boot. They are Debian's: each suite keeps one kernel series, and the
 * meta package `linux-image-amd64` names its newest build.
 */

export const KERNEL_NAMES = ["5.10", "6.1", "6.12", "7.2"] as const;

/** What users call a kernel: its series. */
export type KernelName = (typeof KERNEL_NAMES)[number];

/** Where a kernel is found. */
export interface KernelOrigin {
  readonly name: KernelName;
  /** Debian suite. */
  readonly suite: string;
  /** Suite of security updates; those of some suites have ended or never were. */
  readonly securitySuite?: string;
}

const origins: Readonly<Record<KernelName, KernelOrigin>> = {
  "5.10": { name: "5.10", suite: "bullseye" },
  "6.1": { name: "6.1", suite: "bookworm", securitySuite: "bookworm-security" },
  "6.12": { name: "6.12", suite: "trixie", securitySuite: "trixie-security" },
  "7.2": { name: "7.2", suite: "sid" },
};

/** The kernel that a micro-VM boots unless told otherwise. */
export const DEFAULT_KERNEL: KernelName = "6.1";

/** Where the packages of a kernel are. */
export function kernelOrigin(name: KernelName): KernelOrigin {
  return origins[name];
}

/** The kernel that a user's word names, if it is one of ours. */
export function kernelByName(word: string): KernelName | undefined {
  return KERNEL_NAMES.find((name) => name === word);
}
