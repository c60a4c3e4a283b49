/**
 * Which kernel has what: BPF helpers, program types, map types, and what the verifier and the trampolines
 * learned later. The only place that says since when. Sources: the kernel's git history, include/uapi/linux/bpf.h,
 * and trials of every row that policyc uses on 5.10, 6.1, 6.12 and 7.2.
 */

/** A release of Linux. Distributions may have features of later ones. */
export interface KernelVersion {
  readonly major: number;
  readonly minor: number;
}

/** Something that a kernel has from some release on. */
export interface Feature {
  readonly since: KernelVersion;
  /** The enumerator by which the kernel's BTF shows that it has it: in `bpf_func_id`, `bpf_map_type` … */
  readonly enumerator?: string;
}

const since = (release: string, enumerator?: string): Feature => {
  const [major = 0, minor = 0] = release.split(".").map(Number);
  return { since: { major, minor }, ...(enumerator === undefined ? {} : { enumerator }) };
};

/** A BPF helper. */
export interface HelperFeature extends Feature {
  /** Its number in `enum bpf_func_id`, which the call instruction names. */
  readonly id: number;
}

const helper = (release: string, id: number, name?: string): HelperFeature => ({
  ...since(release, name === undefined ? undefined : `BPF_FUNC_${name}`),
  id,
});

/** BPF helpers, as far as programs of policyc call them or a policy's author may wonder. */
export const helperFeatures = {
  bpf_copy_from_user: helper("5.10", 148, "copy_from_user"),
  /** Only in functions of the kernel's allow-list (`btf_allowlist_d_path`), in LSM programs from 5.11. */
  bpf_d_path: helper("5.10", 147, "d_path"),
  bpf_get_current_cgroup_id: helper("4.18", 80, "get_current_cgroup_id"),
  /** In tracing and LSM programs; 5.6 has it for network programs. Seen missing on 5.10. */
  bpf_get_current_ancestor_cgroup_id: helper("5.15", 123),
  bpf_get_attach_cookie: helper("5.15", 174),
  bpf_get_current_comm: helper("4.2", 16, "get_current_comm"),
  bpf_get_current_pid_tgid: helper("4.2", 14, "get_current_pid_tgid"),
  bpf_get_current_task: helper("4.8", 35, "get_current_task"),
  bpf_get_current_task_btf: helper("5.11", 158, "get_current_task_btf"),
  bpf_get_current_uid_gid: helper("4.2", 15, "get_current_uid_gid"),
  bpf_ktime_get_boot_ns: helper("5.8", 125, "ktime_get_boot_ns"),
  bpf_loop: helper("5.17", 181, "loop"),
  bpf_map_delete_elem: helper("3.19", 3, "map_delete_elem"),
  bpf_map_lookup_elem: helper("3.19", 1, "map_lookup_elem"),
  bpf_map_update_elem: helper("3.19", 2, "map_update_elem"),
  /** Only with CONFIG_BPF_KPROBE_OVERRIDE, which no supported distribution kernel has. */
  bpf_override_return: helper("4.16", 58, "override_return"),
  bpf_probe_read_kernel: helper("5.5", 113, "probe_read_kernel"),
  bpf_probe_read_user: helper("5.5", 112, "probe_read_user"),
  bpf_probe_read_user_str: helper("5.5", 114, "probe_read_user_str"),
  bpf_ringbuf_output: helper("5.8", 130, "ringbuf_output"),
  bpf_send_signal: helper("5.3", 109, "send_signal"),
  bpf_strncmp: helper("5.17", 182, "strncmp"),
  bpf_tail_call: helper("4.2", 12, "tail_call"),
  /** In LSM programs; in tracing programs from 5.13. */
  bpf_task_storage_get: helper("5.11", 156, "task_storage_get"),
} as const satisfies Readonly<Record<string, HelperFeature>>;

export type HelperName = keyof typeof helperFeatures;

/** Types of programs, by their attach type. */
export const programFeatures = {
  kprobe: since("4.1", "BPF_PROG_TYPE_KPROBE"),
  kretprobe: since("4.1", "BPF_PROG_TYPE_KPROBE"),
  tracepoint: since("4.7", "BPF_PROG_TYPE_TRACEPOINT"),
  uprobe: since("4.1", "BPF_PROG_TYPE_KPROBE"),
  uretprobe: since("4.1", "BPF_PROG_TYPE_KPROBE"),
  /** The counters of static points. */
  usdt: since("4.20", "BPF_PROG_TYPE_KPROBE"),
  tp_btf: since("5.5", "BPF_TRACE_RAW_TP"),
  fentry: since("5.5", "BPF_TRACE_FENTRY"),
  fexit: since("5.5", "BPF_TRACE_FEXIT"),
  fmod_ret: since("5.7", "BPF_MODIFY_RETURN"),
  lsm: since("5.7", "BPF_LSM_MAC"),
} as const satisfies Readonly<Record<string, Feature>>;

export type ProgramKind = keyof typeof programFeatures;

/** Types of maps. Programs that may sleep can use fewer of them: see `sleepableMaps`. */
export const mapFeatures = {
  array: since("3.19", "BPF_MAP_TYPE_ARRAY"),
  hash: since("3.19", "BPF_MAP_TYPE_HASH"),
  percpu_array: since("4.6", "BPF_MAP_TYPE_PERCPU_ARRAY"),
  lpm_trie: since("4.11", "BPF_MAP_TYPE_LPM_TRIE"),
  ringbuf: since("5.8", "BPF_MAP_TYPE_RINGBUF"),
  task_storage: since("5.11", "BPF_MAP_TYPE_TASK_STORAGE"),
} as const satisfies Readonly<Record<string, Feature>>;

export type MapKind = keyof typeof mapFeatures;

/** Since when a program that may sleep can use a type of map. LPM tries: refused on 6.12, seen working on 7.2. */
export const sleepableMaps: Readonly<Record<MapKind, Feature>> = {
  array: since("5.10"),
  hash: since("5.10"),
  percpu_array: since("5.12"),
  ringbuf: since("5.12"),
  task_storage: since("6.2"),
  lpm_trie: since("7.2"),
};

/** What is neither a helper nor a type. */
export const kernelFeatures = {
  /** The verifier walks a million instructions; before, 131072. */
  millionInstructions: since("5.2"),
  /** Read-only data of programs: global constants. */
  readOnlyData: since("5.2"),
  /** `for` loops with a bound that the verifier can see. */
  boundedLoops: since("5.3"),
  /** LSM programs that may sleep, on the hooks of the kernel's list. */
  sleepableLsm: since("5.11"),
  /** Memory of maps counts for the cgroup; before, for RLIMIT_MEMLOCK. */
  memoryOfCgroup: since("5.11"),
  /** Atomic operations that give back the old value. */
  atomicFetch: since("5.12"),
  /** The function that bpf_loop calls is walked like the body of a loop; before, once. Seen on 6.12, not on 6.1. */
  callbacksAsLoops: since("6.7"),
  /** Programs may change what the functions of system calls return, without error injection. Seen on 7.2, not on 6.12. */
  modifiableSystemCalls: since("7.2"),
  /** Trampolines take arguments that lie on the stack: 12 in all, on x86-64. */
  stackArguments: since("6.6"),
} as const satisfies Readonly<Record<string, Feature>>;

/** Functions that are not in every supported kernel. */
export const functionFeatures: ReadonlyMap<string, Feature> = new Map([
  ["bpf_lsm_task_fix_setgroups", since("6.0")],
  ["security_task_fix_setgroups", since("6.0")],
  ["bpf_lsm_userns_create", since("6.1")],
  ["security_create_user_ns", since("6.1")],
  ["security_file_truncate", since("6.2")],
  ["bpf_lsm_file_truncate", since("6.2")],
]);

/** Whether a release is at least another. */
export function isAtLeast(version: KernelVersion, minimum: KernelVersion): boolean {
  return version.major > minimum.major || (version.major === minimum.major && version.minor >= minimum.minor);
}

/** The first two numbers of a release: `6.1.0-56-amd64`. */
export function versionOfRelease(release: string): KernelVersion | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  return major === undefined || minor === undefined
    ? undefined
    : { major: Number(major), minor: Number(minor) };
}

/** For people: `5.17`. */
export function releaseName({ major, minor }: KernelVersion): string {
  return `${major}.${minor}`;
}
