/** What `test/guest/events.c` does under the policies of `test/fixtures/portable-events`, and what must come of it. */

const EPERM = 1;
const ENOMEM = 12;
const EACCES = 13;

const readOperations = [
  "read",
  "pread",
  "readv",
  "sendfile-from",
  "splice-from",
  "copy-from",
  "map",
  "map-then-protect",
  "uring-read",
  "aio-read",
];

const truncateOperations = ["truncate", "ftruncate", "open-truncating"];

const writeOperations = [
  "write",
  "append",
  "pwrite",
  "writev",
  "sendfile-to",
  "splice-to",
  "copy-to",
  "map-shared",
  "protect-shared",
  "fallocate",
  "uring-write",
  "aio-write",
  ...truncateOperations,
];

/** The same operations in the place that the policies guard and in the other one. */
function inBoth(operations: readonly string[], name: string): EventOperations {
  return {
    denied: operations.map((operation) => `${operation}:/srv/deny/${name}`),
    allowed: operations.map((operation) => `${operation}:/srv/free/${name}`),
  };
}

/** One file for each operation, so that no operation sees what another one did. */
function withOwnFiles(operations: readonly string[], folder: string): EventOperations {
  return {
    denied: operations.map((operation) => `${operation}:/srv/deny/${folder}/${operation}`),
    allowed: operations.map((operation) => `${operation}:/srv/free/${folder}/${operation}`),
  };
}

export interface EventOperations {
  /** Refused with the policy's error, and without effect. */
  readonly denied: readonly string[];
  readonly allowed: readonly string[];
}

function together(...parts: readonly EventOperations[]): EventOperations {
  return {
    denied: parts.flatMap(({ denied }) => denied),
    allowed: parts.flatMap(({ allowed }) => allowed),
  };
}

/** CLONE_NEWUTS, CLONE_NEWUSER, CLONE_NEWIPC. */
const [uts, user, ipc] = ["0x04000000", "0x10000000", "0x08000000"] as const;

/** Events that can be refused. */
export const deniedEvents: Readonly<Record<string, EventOperations>> = {
  "file.open": together(
    inBoth(["open", "open-relative", "openat2", "uring-open"], "open/file"),
    inBoth(["exec"], "open/true"),
    inBoth(["open-for-writing"], "open-for-writing"),
    { denied: [], allowed: ["open:/srv/deny/open-for-writing", "open:/srv/deny/opener"] },
  ),
  "file.read": together(
    inBoth(readOperations, "read/file"),
    inBoth(["list"], "read"),
    inBoth(["exec"], "read/true"),
    {
      denied: [],
      // Everything that cat opens and reads has a path, also below the overlay that is the guest's root.
      allowed: ["append:/srv/deny/read/appended", "run-on-source:/srv/free/posture/cat"],
    },
  ),
  "file.write": together(withOwnFiles(writeOperations, "write"), {
    denied: [],
    allowed: ["read:/srv/deny/write/read", "map:/srv/deny/write/read"],
  }),
  "file.truncate": together(withOwnFiles(truncateOperations, "truncate"), {
    denied: [],
    allowed: ["write:/srv/deny/truncate/write"],
  }),
  "file.mmap": together(inBoth(["map-code"], "mmap/file"), {
    denied: [],
    allowed: ["map:/srv/deny/mmap/file"],
  }),
  "file.exec": together(inBoth(["exec", "map-code"], "exec/true"), {
    // On the overlay that is the guest's root, kernels from 6.8 on lose the path of a mapping's file.
    denied: ["protect-code:/run/deny/exec/true"],
    allowed: ["protect-code:/run/free/exec/true"],
  }),
  "file.load": together(inBoth(["map-code"], "load/file"), {
    denied: [],
    allowed: ["map:/srv/deny/load/file"],
  }),
  "process.exec": together(inBoth(["exec"], "run/true"), {
    // Its first line names a program that may not run.
    denied: ["exec:/srv/free/run/script"],
    allowed: ["read:/srv/deny/run/true", "exec-by-loader:/srv/deny/run/true"],
  }),
  "file.create": together(withOwnFiles(["create", "mkdir", "mkfifo", "symlink", "bind-unix"], "create"), {
    denied: [],
    allowed: ["write:/srv/deny/create/write"],
  }),
  "file.delete": together(withOwnFiles(["unlink", "rmdir"], "delete"), {
    denied: [
      "rename:/srv/deny/delete/rename>/srv/free/delete/renamed",
      "exchange:/srv/free/delete/exchange>/srv/deny/delete/exchange",
    ],
    allowed: ["rename:/srv/free/delete/rename>/srv/deny/delete/fresh", "create:/srv/deny/delete/create"],
  }),
  "file.rename": {
    denied: [
      "rename:/srv/deny/rename/a>/srv/free/rename/a",
      "rename:/srv/free/rename/b>/srv/free/rename/reserved",
      "exchange:/srv/free/rename/c>/srv/deny/rename/c",
    ],
    allowed: [
      "rename:/srv/free/rename/d>/srv/free/rename/e",
      "rename:/srv/free/rename/f>/srv/deny/rename/f",
      "exchange:/srv/free/rename/g>/srv/free/rename/h",
    ],
  },
  "file.link": {
    denied: ["link:/srv/deny/link/a>/srv/free/link/a", "link:/srv/free/link/b>/srv/free/link/reserved"],
    allowed: ["link:/srv/free/link/c>/srv/deny/link/c", "rename:/srv/deny/link/d>/srv/free/link/d"],
  },
  "file.chmod": together(withOwnFiles(["chmod", "fchmod"], "chmod"), {
    denied: [],
    allowed: ["write:/srv/deny/chmod/write"],
  }),
  "file.chown": together(withOwnFiles(["chown", "fchown"], "chown"), {
    denied: [],
    allowed: ["chmod:/srv/deny/chown/chmod"],
  }),
  "net.connect": {
    denied: [
      "connect:192.0.2.7/4001",
      "connect:2001:db8::7/4001",
      "connect-udp:192.0.2.7/4001",
      "connect-fast-open:192.0.2.7/4001",
      "uring-connect:192.0.2.7/4001",
    ],
    allowed: [
      "connect:192.0.2.7/4009",
      "connect:192.0.2.8/4001",
      "uring-connect:192.0.2.8/4001",
      "connect-udp:2001:db8::8/4001",
      "sendto:192.0.2.7/4001",
    ],
  },
  "net.bind": {
    denied: ["bind:127.0.0.1/4002", "bind:::1/4002", "bind-udp:127.0.0.1/4002"],
    allowed: ["bind:127.0.0.1/4009", "bind-udp:::1/4009"],
  },
  "net.listen": {
    denied: ["listen:127.0.0.1/4003"],
    allowed: ["listen:127.0.0.1/4009", "bind:127.0.0.1/4003"],
  },
  "net.accept": {
    denied: ["accept:127.0.0.1/4004", "accept:::1/4004"],
    allowed: ["accept:127.0.0.1/4009", "listen:127.0.0.1/4004"],
  },
  "net.send": {
    denied: [
      "sendto:192.0.2.7/4005",
      "sendto:2001:db8::7/4005",
      "sendto-unspecified:192.0.2.7/4005",
      "write-connected:192.0.2.7/4005",
      "uring-send:192.0.2.7/4005",
    ],
    allowed: [
      "sendto:192.0.2.7/4009",
      "uring-send:192.0.2.7/4009",
      "connect-udp:192.0.2.7/4005",
      "write-connected:2001:db8::7/4009",
    ],
  },
  "capability.use": { denied: ["chroot:/srv"], allowed: ["sethostname:other"] },
  "module.load": {
    denied: ["finit-module:/srv/deny/module.ko", "init-module:no module at all"],
    allowed: ["finit-module:/srv/free/module.ko"],
  },
  "bpf.load": { denied: ["bpf-load:"], allowed: ["bpf-map:"] },
  ptrace: {
    denied: ["seize:1", "process-read:1", "open-memory:1", "take-descriptor:1"],
    allowed: [
      "seize:0",
      "process-read:0",
      "open-memory:0",
      "take-descriptor:0",
      "traceme:",
      "read:/proc/1/environ",
    ],
  },
  mount: inBoth(["mount", "bind-mount", "move-mount"], "mount"),
  "credentials.change": {
    denied: ["setuid:1234", "setresuid:1234", "setgid:1234"],
    allowed: ["setuid:1235", "setgid:1235", "setgroups:1234", "capset:"],
  },
  "namespace.change": {
    denied: [`clone:${uts}`, `clone:${user}`, `unshare:${uts}`, `unshare:${user}`, "setns:/proc/1/ns/uts"],
    allowed: [`clone:${ipc}`, `unshare:${ipc}`, "clone:0"],
  },
};

/** Refusals that the kernel turns into an error of its own; all others keep the policy's, ENOANO. */
export const otherErrors: ReadonlyMap<string, number> = new Map([
  ["chroot:/srv", EPERM],
  ["process-read:1", EPERM],
  ["open-memory:1", EACCES],
  ["take-descriptor:1", EPERM],
  [`unshare:${uts}`, EPERM],
  ["setns:/proc/1/ns/uts", EPERM],
]);

/** On 5.10 a new user namespace is refused where credentials are copied: nothing else is asked. */
export const otherErrorsOn510: ReadonlyMap<string, number> = new Map([[`unshare:${user}`, ENOMEM]]);

/** Events that are only reported. */
export const reportedEvents: Readonly<Record<string, string>> = {
  syscall: "getsid:",
  "process.exit": "exit:77",
};

/** Every operation of the cases. */
export const operations: readonly string[] = [
  ...Object.values(deniedEvents).flatMap(({ denied, allowed }) => [...denied, ...allowed]),
  ...Object.values(reportedEvents),
];

/** Operations whose target has to exist, and does not where the other ones start. */
const makers = new Set(["create", "mkdir", "mkfifo", "symlink", "bind-unix"]);

/** A shell script that puts every target into the state that its operation starts from. */
export function prepareScript(): string {
  const targets = new Map(
    operations.flatMap((text): readonly [string, string][] => {
      const colon = text.indexOf(":");
      const target = text.slice(colon + 1);
      return /^\/(srv|run)\//.test(target) ? [[target, text.slice(0, colon)]] : [];
    }),
  );
  const paths = [...targets.keys()].flatMap((target) => target.split(">"));
  const directories = paths.map((path) => path.slice(0, path.lastIndexOf("/")));
  return [
    "set -e",
    "rm -rf /srv/deny /srv/free /run/deny /run/free",
    `mkdir -p ${[...new Set([...directories, "/srv/deny/mount", "/srv/free/mount"])].join(" ")}`,
    ...[...targets].map(([target, operation]) => preparation(target, operation)),
    "echo 'the source of copies' >/srv/free/source",
    ...["/srv/deny", "/srv/free", "/run/deny", "/run/free"].flatMap((root) =>
      ["exec", "open", "read", "run"].map((folder) => programAt(`${root}/${folder}/true`)),
    ),
    "cp -L /bin/cat /srv/free/posture/cat; chmod 755 /srv/free/posture/cat",
    "printf '#!/srv/deny/run/true\\n' >/srv/free/run/script",
    "chmod 755 /srv/free/run/script",
  ].join("\n");
}

function programAt(path: string): string {
  return `[ ! -e ${path} ] || { cp -L /bin/true ${path}; chmod 755 ${path}; }`;
}

function preparation(target: string, operation: string): string {
  const [first = "", second = ""] = target.split(">");
  if (makers.has(operation)) {
    return "true";
  }
  if (operation === "rmdir") {
    return `mkdir ${first}`;
  }
  const other = operation === "exchange" ? `; echo 'what the other file had' >${second}` : "";
  return `[ -d ${first} ] || echo 'what was there before' >${first}${other}`;
}
