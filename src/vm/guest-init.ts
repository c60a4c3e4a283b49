import { GUEST_DIRECTORY, type GuestFile } from "./guest-job.ts";
import { shellQuote } from "./shell-quote.ts";

/** A file system to mount in the guest. */
export interface GuestMount {
  readonly path: string;
  /** `tmpfs`, or the tag of a 9p share of the host. */
  readonly source: { readonly kind: "tmpfs" } | { readonly kind: "share"; readonly tag: string };
}

/** What the guest's root looks like when the job starts. */
export interface GuestPlan {
  readonly mounts: readonly GuestMount[];
  /** In this order; the contents are in the initrd as `/files/INDEX`. */
  readonly files: readonly GuestFile[];
}

/** Tag of the share that holds the host's root. */
export const ROOT_TAG = "policyc-root";

/** Addresses are from the blocks that are kept for documentation: no real host has them. */
const NETWORK = `$B ip link set lo up
$B ip link add outside type dummy
echo 0 >/proc/sys/net/ipv6/conf/outside/accept_dad
$B ip link set outside up
$B ip addr add 192.0.2.1/24 dev outside
$B ip -6 addr add 2001:db8::1/64 dev outside
$B ip route add default via 192.0.2.254 dev outside
$B ip -6 route add default via 2001:db8::fe dev outside
`;

/**
 * The script that the kernel starts first: it puts a throw-away overlay over the host's root, which stays
 * read-only, and goes on in there with the job. A network of `lo` and a dummy interface has a route to
 * every address, so that connections are really attempted; what goes out is counted and dropped.
 */
export function guestInit(plan: GuestPlan): string {
  return `#!/bin/busybox sh
B=/bin/busybox
fail() { echo "policyc: $1" >/dev/console; $B poweroff -f; }
$B mount -t devtmpfs dev /dev
$B mount -t proc proc /proc
$B mount -t sysfs sys /sys
for module in /modules/*; do
  case $module in *-dummy.ko) options=numdummies=0 ;; *) options= ;; esac
  $B insmod $module $options || echo "policyc: $module not loaded" >/dev/console
done
share() { $B mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,$2 $1 $3 || fail "cannot mount $1"; }
share ${ROOT_TAG} ro,cache=loose /lower
$B mount -t tmpfs -o size=75% tmpfs /writable
$B mkdir /writable/upper /writable/work
$B mount -t overlay -o lowerdir=/lower,upperdir=/writable/upper,workdir=/writable/work overlay /new || fail "cannot mount the overlay"
$B mkdir -p /new/dev /new/proc /new/sys /new/run /new/tmp
for place in dev proc sys; do $B mount --move /$place /new/$place; done
$B mkdir -p /new/dev/pts /new/dev/shm /new/dev/virtio-ports
$B mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /new/dev/pts
$B mount -t tmpfs -o mode=1777 tmpfs /new/dev/shm
$B mount -t tmpfs -o mode=755 tmpfs /new/run
$B mount -t cgroup2 cgroup2 /new/sys/fs/cgroup
$B mount -t bpf bpf /new/sys/fs/bpf
$B mount -t securityfs securityfs /new/sys/kernel/security
$B mount -t debugfs debugfs /new/sys/kernel/debug
$B mount -t tracefs tracefs /new/sys/kernel/tracing
for port in /new/sys/class/virtio-ports/*; do
  read name <$port/name && $B ln -s /dev/\${port##*/} /new/dev/virtio-ports/$name
done
$B ln -sf /proc/self/fd /new/dev/fd
for stream in 0:stdin 1:stdout 2:stderr; do $B ln -sf /proc/self/fd/\${stream%:*} /new/dev/\${stream#*:}; done
${NETWORK.replaceAll("/proc/", "/new/proc/")}$B hostname policyc
$B mkdir ${GUEST_DIRECTORY_IN_NEW_ROOT}
$B cp /bin/busybox /job ${GUEST_DIRECTORY_IN_NEW_ROOT}/
${plan.mounts.map(mountLine).join("")}${plan.files.map(fileLine).join("")}exec $B switch_root /new ${GUEST_DIRECTORY}/job
`;
}

const GUEST_DIRECTORY_IN_NEW_ROOT = `/new${GUEST_DIRECTORY}`;

function mountLine({ path, source }: GuestMount): string {
  const place = shellQuote(`/new${path}`);
  const mount =
    source.kind === "tmpfs" ? `$B mount -t tmpfs tmpfs ${place}` : `share ${source.tag} cache=none ${place}`;
  return `$B mkdir -p ${place}\n${mount}\n`;
}

function fileLine(file: GuestFile, index: number): string {
  const path = `/new${file.path}`;
  const place = shellQuote(path);
  const directory = shellQuote(path.slice(0, path.lastIndexOf("/")));
  const mode = file.mode.toString(8);
  return `$B mkdir -p ${directory}; $B rm -f ${place}; $B cp /files/${index} ${place}; $B chmod ${mode} ${place}\n`;
}
