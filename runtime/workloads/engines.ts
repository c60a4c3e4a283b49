/** What container engines keep of their containers on disk: containerd, CRI-O, Podman, Docker, crun and runc. */
import { readdirSync, statSync } from "node:fs";
import { listOf, memberOf, parseJson, readJson, textOf, textsOf } from "./parsed.ts";
import { cgroupPathOf, readBundleConfig } from "./oci.ts";
import type { Statement } from "./workload.ts";

/** One place where an engine has a file for each container. `*` stands for a name; the last one is the id. */
interface EnginePlace {
  readonly pattern: string;
  readonly read: (id: string, content: unknown) => readonly Statement[];
}

/** Weakest first: what later places tell counts where they differ. */
const PLACES: readonly EnginePlace[] = [
  { pattern: "/run/crun/*/status", read: readCrunStatus },
  { pattern: "/run/user/*/crun/*/status", read: readCrunStatus },
  ...["/run/runc/*", "/run/containerd/runc/*/*", "/run/docker/runtime-runc/*/*"].map((pattern) => ({
    pattern: `${pattern}/state.json`,
    read: readRuncState,
  })),
  { pattern: "/run/containerd/io.containerd.runtime.v2.task/*/*/config.json", read: readBundleConfig },
  ...["/run", "/var/lib"].map((place) => ({
    pattern: `${place}/containers/storage/overlay-containers/*/userdata/config.json`,
    read: readBundleConfig,
  })),
  { pattern: "/var/lib/docker/containers/*/config.v2.json", read: readDockerConfig },
];

/** Lists of containers, each in one file. */
const LISTS = ["/run", "/var/lib"].map(
  (place) => `${place}/containers/storage/overlay-containers/containers.json`,
);

const MOST_CONTAINERS = 4096;

/** Reads what the engines' files say; unchanged files are not read again. `root` is for tests. */
export function createEngineReader(root = ""): () => readonly Statement[] {
  const cache = new Map<string, { readonly version: string; readonly statements: readonly Statement[] }>();
  const read = (path: string, parse: (content: unknown) => readonly Statement[]): readonly Statement[] => {
    const version = versionOf(path);
    const known = cache.get(path);
    if (known !== undefined && known.version === version) {
      return known.statements;
    }
    const statements = version === undefined ? [] : parse(readJson(path));
    if (version === undefined) {
      cache.delete(path);
    } else {
      cache.set(path, { version, statements });
    }
    return statements;
  };
  return () => {
    const seen = new Set<string>();
    const found = PLACES.flatMap((place) =>
      expand(root, place.pattern).flatMap(({ path, id }) => {
        seen.add(path);
        return read(path, (content) => place.read(id, content));
      }),
    );
    const listed = LISTS.flatMap((path) => {
      seen.add(`${root}${path}`);
      return read(`${root}${path}`, readStorageList);
    });
    for (const path of cache.keys()) {
      if (!seen.has(path)) {
        cache.delete(path);
      }
    }
    return [...found, ...listed];
  };
}

/** Changes whenever the file does; undefined when it is not there. */
function versionOf(path: string): string | undefined {
  try {
    const { ino, mtimeNs, size } = statSync(path, { bigint: true });
    return `${ino} ${mtimeNs} ${size}`;
  } catch {
    return undefined;
  }
}

interface Found {
  readonly path: string;
  readonly id: string;
}

function expand(root: string, pattern: string): readonly Found[] {
  return pattern
    .split("/")
    .slice(1)
    .reduce<readonly Found[]>(
      (found, part) =>
        part === "*"
          ? found.flatMap(({ path }) => namesIn(path).map((name) => ({ path: `${path}/${name}`, id: name })))
          : found.map(({ path, id }) => ({ path: `${path}/${part}`, id })),
      [{ path: root, id: "" }],
    );
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).slice(0, MOST_CONTAINERS);
  } catch {
    return [];
  }
}

/** crun names the bundle and the cgroup. */
function readCrunStatus(id: string, status: unknown): readonly Statement[] {
  return statedBy(id, textOf(memberOf(status, "bundle")), textOf(memberOf(status, "cgroup-path")));
}

/** runc has the bundle among its labels, and cgroups by controller; the one of version 2 has no controller. */
function readRuncState(id: string, state: unknown): readonly Statement[] {
  const labels = listOf(memberOf(state, "config", "labels")).flatMap((label) => textOf(label) ?? []);
  const bundle = labels.find((label) => label.startsWith("bundle="))?.slice("bundle=".length);
  const mounted = textOf(memberOf(state, "cgroup_paths", ""));
  return statedBy(id, bundle, mounted?.replace(/^\/sys\/fs\/cgroup(?:\/unified)?/, ""));
}

function statedBy(id: string, bundle: string | undefined, cgroup: string | undefined): readonly Statement[] {
  const config = bundle === undefined ? undefined : readJson(`${bundle}/config.json`);
  const statements = config === undefined ? [] : readBundleConfig(id, config);
  const path = cgroupPathOf(cgroup);
  const [first] = statements;
  const workload = first?.workload ?? { inContainer: true, container: { id }, pod: undefined };
  return path === undefined ? statements : [...statements, { subject: { kind: "cgroup", path }, workload }];
}

function readDockerConfig(id: string, config: unknown): readonly Statement[] {
  const labels = textsOf(memberOf(config, "Config", "Labels")) ?? {};
  const [pod, namespace] = [labels["io.kubernetes.pod.name"], labels["io.kubernetes.pod.namespace"]];
  return [
    {
      subject: { kind: "container", id },
      workload: {
        inContainer: true,
        container: {
          id,
          name:
            labels["io.kubernetes.container.name"] ?? textOf(memberOf(config, "Name"))?.replace(/^\//, ""),
          image: textOf(memberOf(config, "Config", "Image")),
        },
        pod:
          pod === undefined && namespace === undefined
            ? undefined
            : { name: pod, namespace, uid: labels["io.kubernetes.pod.uid"] },
      },
    },
  ];
}

/** The list of Podman and CRI-O: names and images of all containers. */
function readStorageList(list: unknown): readonly Statement[] {
  return listOf(list)
    .slice(0, MOST_CONTAINERS)
    .flatMap((entry): readonly Statement[] => {
      const id = textOf(memberOf(entry, "id"));
      const metadata = parseJson(textOf(memberOf(entry, "metadata")) ?? "");
      const name = textOf(memberOf(metadata, "name")) ?? textOf(listOf(memberOf(entry, "names"))[0]);
      return id === undefined
        ? []
        : [
            {
              subject: { kind: "container", id },
              workload: {
                inContainer: true,
                container: { id, name, image: textOf(memberOf(metadata, "image-name")) },
                pod: undefined,
              },
            },
          ];
    });
}
