/** Kernels that a compilation is for, and what is known about each. */

export interface KernelVersion {
  readonly major: number;
  readonly minor: number;
}

export interface Target {
  /** What the user calls it: `6.1`. */
  readonly name: string;
  readonly version: KernelVersion;
  /** Whether `bpf` is in its default list of active LSMs. */
  readonly bpfLsm: boolean;
}

export type Knowledge = "yes" | "no" | "unknown";

/** Functions that are not in every supported kernel, and the version that brought them. */
const functionsSince: ReadonlyMap<string, KernelVersion> = new Map([
  ["security_file_truncate", { major: 6, minor: 2 }],
  ["bpf_lsm_file_truncate", { major: 6, minor: 2 }],
]);

/** The distribution kernels that everything is tried on. */
export const supportedTargets: readonly Target[] = [
  { name: "5.10", version: { major: 5, minor: 10 }, bpfLsm: false },
  { name: "6.1", version: { major: 6, minor: 1 }, bpfLsm: true },
  { name: "6.12", version: { major: 6, minor: 12 }, bpfLsm: true },
  { name: "7.2", version: { major: 7, minor: 2 }, bpfLsm: true },
];

function isAtLeast(version: KernelVersion, minimum: KernelVersion): boolean {
  return version.major > minimum.major || (version.major === minimum.major && version.minor >= minimum.minor);
}

/** Whether the target has a kernel function; `unknown` where no fact says so. */
export function hasFunction(target: Target, name: string): Knowledge {
  const since = functionsSince.get(name);
  if (since === undefined) {
    return "unknown";
  }
  return isAtLeast(target.version, since) ? "yes" : "no";
}
