import type { Container } from "./container.ts";

/** What Docker and containerd leave to a container that is not privileged. */
const CAPABILITIES = [
  ...["CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL"],
  ...["CAP_MKNOD", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP"],
  ...["CAP_SETUID", "CAP_SYS_CHROOT"],
] as const;

const MORE_CAPABILITIES = [
  ...["CAP_AUDIT_CONTROL", "CAP_BPF", "CAP_DAC_READ_SEARCH", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_LEASE"],
  ...["CAP_LINUX_IMMUTABLE", "CAP_NET_ADMIN", "CAP_NET_BROADCAST", "CAP_PERFMON", "CAP_SYSLOG"],
  ...["CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_MODULE", "CAP_SYS_NICE", "CAP_SYS_PACCT", "CAP_SYS_PTRACE"],
  ...["CAP_SYS_RAWIO", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_WAKE_ALARM"],
] as const;

const MASKED_PATHS = ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"] as const;
const READONLY_PATHS = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"] as const;

/** The `config.json` of a container as a container engine writes it, with a network made beforehand. */
export function containerConfig(container: Container, networkNamespace: string): object {
  const { shares = [], privileged = false } = container;
  const capabilities = [...CAPABILITIES, ...(privileged ? MORE_CAPABILITIES : [])];
  const own = (type: "pid" | "ipc" | "uts" | "mount" | "cgroup"): readonly object[] =>
    type !== "mount" && shares.includes(type) ? [] : [{ type }];
  return {
    ociVersion: "1.0.2",
    process: {
      user: { uid: 0, gid: 0 },
      args: container.args ?? ["/bin/sleep", "3600"],
      env: ["PATH=/usr/bin:/bin", "HOME=/root", ...(container.environment ?? [])],
      cwd: "/",
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    root: { path: "rootfs" },
    ...(shares.includes("uts") ? {} : { hostname: container.id.slice(0, 12) }),
    mounts: [...systemMounts(shares.includes("cgroup")), ...(container.mounts ?? [])],
    annotations: container.annotations ?? {},
    linux: {
      cgroupsPath: container.cgroup,
      namespaces: [
        ...(["pid", "ipc", "uts", "mount", "cgroup"] as const).flatMap(own),
        ...(shares.includes("network") ? [] : [{ type: "network", path: networkNamespace }]),
      ],
      ...(privileged ? {} : { maskedPaths: MASKED_PATHS, readonlyPaths: READONLY_PATHS }),
    },
  };
}

function systemMounts(hostCgroups: boolean): readonly object[] {
  const quiet = ["nosuid", "noexec", "nodev"];
  return [
    { destination: "/proc", type: "proc", source: "proc", options: quiet },
    { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"] },
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    },
    { destination: "/dev/shm", type: "tmpfs", source: "shm", options: [...quiet, "mode=1777"] },
    { destination: "/sys", type: "sysfs", source: "sysfs", options: [...quiet, "ro"] },
    ...(hostCgroups
      ? [{ destination: "/sys/fs/cgroup", type: "bind", source: "/sys/fs/cgroup", options: ["rbind", "rw"] }]
      : [{ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: quiet }]),
  ];
}
