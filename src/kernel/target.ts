/** Kernels that a compilation is for, and what is known about each. */
import { type Outcome, success } from "../diagnostics/diagnostic.ts";
import { type Btf, type BtfPrototype, findFunction, hasEnumerator, readBtf } from "./btf.ts";
import {
  type Feature,
  type KernelVersion,
  functionFeatures,
  isAtLeast,
  versionOfRelease,
} from "./features.ts";

export interface Target {
  /** What the user calls it: `6.1`. */
  readonly name: string;
  /** Absent for a kernel that is only known by its BTF. */
  readonly version: KernelVersion | undefined;
  /** Whether `bpf` is in its default list of active LSMs. */
  readonly bpfLsm: boolean;
  readonly btf?: Btf;
}

export type Knowledge = "yes" | "no" | "unknown";

/** The distribution kernels that everything is tried on. */
export const supportedTargets: readonly Target[] = [
  { name: "5.10", version: { major: 5, minor: 10 }, bpfLsm: false },
  { name: "6.1", version: { major: 6, minor: 1 }, bpfLsm: true },
  { name: "6.12", version: { major: 6, minor: 12 }, bpfLsm: true },
  { name: "7.2", version: { major: 7, minor: 2 }, bpfLsm: true },
];

/**
 * A target from the raw BTF of a kernel. BTF does not tell which LSMs are active: `bpf` is assumed to be,
 * and the runtime looks. The version is known only where the name is a release: that of the host.
 */
export function targetFromBtf(name: string, blob: Uint8Array): Outcome<Target> {
  const { value, diagnostics } = readBtf(name, blob);
  return value === undefined
    ? { value, diagnostics }
    : success({ name, version: versionOfRelease(name), bpfLsm: true, btf: value }, diagnostics);
}

/** The prototype of a function, from the first target that has BTF with it. */
export function findPrototype(targets: readonly Target[], name: string): BtfPrototype | undefined {
  for (const { btf } of targets) {
    const found = btf && findFunction(btf, name);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

/** Whether the target has a kernel function; `unknown` where no fact says so. */
export function hasFunction(target: Target, name: string): Knowledge {
  if (target.btf !== undefined) {
    return findFunction(target.btf, name) === undefined ? "no" : "yes";
  }
  const feature = functionFeatures.get(name);
  return feature === undefined ? "unknown" : hasFeature(target, feature);
}

/** Whether the target has a feature: its BTF tells where it lists such features, else its version. */
export function hasFeature({ btf, version }: Target, { since, enumerator }: Feature): Knowledge {
  if (btf !== undefined && enumerator !== undefined) {
    return hasEnumerator(btf, enumerator) ? "yes" : "no";
  }
  if (version === undefined) {
    return "unknown";
  }
  return isAtLeast(version, since) ? "yes" : "no";
}
