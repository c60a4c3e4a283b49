/**
 * Containers in the guest, made by a stock OCI runtime (crun). Each has a cgroup, namespaces, a network and an
 * overlay root of its own, as container engines make them; its root holds busybox, the programs of `test/guest`
 * that are named, and the files of the test. Names of programs are those on the host, which the guest sees too.
 *
 *     const web = { id: "web", cgroup: "/kubepods/pod1/web", files: { "/etc/secret": "x\n" } };
 *     runInGuest("6.1", [
 *       { name: "prepare", argv: shell(prepareContainers([web], [buildEffects()])) },
 *       { name: "start", argv: startContainer(web) },
 *       { name: "read", argv: execInContainer(web, ["/bin/effects", "read:/etc/secret"]) },
 *       { name: "remove", argv: removeContainer(web) },
 *     ], { files: containerFiles([web]) });
 *
 * `runContainer` runs `args` as the first process instead and ends with it: what a policy does to the first
 * instructions of a container is seen there.
 */
import type { GuestFile } from "../../src/vm/guest-job.ts";
import { shellQuote } from "../../src/vm/shell-quote.ts";
import { containerConfig } from "./container-bundle.ts";

/** A container to make in the guest. */
export interface Container {
  readonly id: string;
  /** Path of its cgroup in the hierarchy, `/kubepods/pod1/web`. */
  readonly cgroup: string;
  /** The first process; a long sleep when absent. */
  readonly args?: readonly string[];
  /** Files of its root by path, with their text. */
  readonly files?: Readonly<Record<string, string>>;
  /** `NAME=VALUE`. */
  readonly environment?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly privileged?: boolean;
  /** Namespaces of the host that it stays in. With `cgroup` it sees, and may change, the host's whole hierarchy. */
  readonly shares?: readonly ("pid" | "ipc" | "uts" | "network" | "cgroup")[];
  /** Mounts as `config.json` has them, after the usual ones. */
  readonly mounts?: readonly object[];
}

const DIRECTORY = "/run/containers";
const IMAGE = `${DIRECTORY}/image`;
const NETWORKS = "/run/netns";
const BUSYBOX = "/run/policyc/busybox";

/** Applets that an image has as links to busybox. */
const APPLETS = [
  "sh",
  "cat",
  "sleep",
  "echo",
  "true",
  "ls",
  "id",
  "cp",
  "mkdir",
  "rm",
  "tail",
  "env",
] as const;

/** A container's network reaches everything, as the guest's own does: what goes out is counted and dropped. */
const NETWORK = [
  "ip link set lo up",
  "ip link add outside type dummy",
  "ip link set outside up",
  "ip addr add 192.0.2.2/24 dev outside",
  "ip route add default via 192.0.2.254 dev outside",
]
  .map((line) => `${BUSYBOX} ${line}`)
  .join(" && ");

const CRUN = ["crun", "--cgroup-manager=cgroupfs"] as const;

/** A step's command from a script. */
export function shell(script: string): readonly string[] {
  return ["/bin/sh", "-c", script];
}

function directoryOf({ id }: Container): string {
  return `${DIRECTORY}/${id}`;
}

/** The files that the guest must have for these containers. */
export function containerFiles(containers: readonly Container[]): readonly GuestFile[] {
  return containers.flatMap((container) => {
    const text = (path: string, content: string): GuestFile => ({
      path,
      mode: 0o644,
      content: Buffer.from(content),
    });
    const config = JSON.stringify(containerConfig(container, `${NETWORKS}/${container.id}`));
    return [
      text(`${directoryOf(container)}/config.json`, config),
      ...Object.entries(container.files ?? {}).map(([path, content]) =>
        text(`${directoryOf(container)}/upper${path}`, content),
      ),
    ];
  });
}

/**
 * The script that makes the image, and roots and networks of containers, ready to start. It runs once a guest.
 * `programs` are statically linked; they come to the image's `/bin`.
 */
export function prepareContainers(
  containers: readonly Container[],
  programs: readonly string[] = [],
): string {
  const links = APPLETS.map((name) => `ln -s busybox ${IMAGE}/bin/${name}`);
  return [
    "set -e",
    `mkdir -p ${IMAGE}/bin ${IMAGE}/etc ${IMAGE}/root ${IMAGE}/proc ${IMAGE}/sys ${IMAGE}/dev ${NETWORKS}`,
    `mkdir -m 1777 ${IMAGE}/tmp`,
    `cp ${BUSYBOX} ${IMAGE}/bin/busybox`,
    ...programs.map((path) => `cp ${shellQuote(path)} ${IMAGE}/bin/`),
    ...links,
    ...containers.flatMap(prepareContainer),
  ].join("\n");
}

function prepareContainer(container: Container): readonly string[] {
  const directory = directoryOf(container);
  const layers = `lowerdir=${IMAGE},upperdir=${directory}/upper,workdir=${directory}/work`;
  const network = `${NETWORKS}/${container.id}`;
  return [
    `mkdir -p ${directory}/upper ${directory}/work ${directory}/rootfs`,
    `mount -t overlay -o ${layers} overlay ${directory}/rootfs`,
    ...(container.shares?.includes("network") === true
      ? []
      : [`touch ${network}`, `unshare --net=${network} /bin/sh -c ${shellQuote(NETWORK)}`]),
  ];
}

/** Starts a container that goes on running; the step ends when its first process has been started. */
export function startContainer(container: Container): readonly string[] {
  // What crun leaves running must not hold the step's output open.
  const words = [...CRUN, "run", "--detach", "--bundle", directoryOf(container), container.id];
  return shell(`${words.map(shellQuote).join(" ")} </dev/null >${directoryOf(container)}/log 2>&1`);
}

/** Runs a container until its first process ends, with that one's output and status. */
export function runContainer(container: Container): readonly string[] {
  return [...CRUN, "run", "--bundle", directoryOf(container), container.id];
}

/** Runs a command in a container that has been started. */
export function execInContainer(container: Container, argv: readonly string[]): readonly string[] {
  return [...CRUN, "exec", container.id, ...argv];
}

/** The same, on a new terminal of the container's. */
export function execOnTerminal(container: Container, argv: readonly string[]): readonly string[] {
  const command = [...CRUN, "exec", "--tty", container.id, ...argv].map(shellQuote).join(" ");
  return ["script", "--quiet", "--return", "--command", command, "/dev/null"];
}

/** Kills what runs in a container and removes it with its cgroup. */
export function removeContainer(container: Container): readonly string[] {
  return [...CRUN, "delete", "--force", container.id];
}
