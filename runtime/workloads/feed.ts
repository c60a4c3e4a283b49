/**
 * Workloads that somebody else tells, as JSON: a file with a list or a line for each, read again whenever it
 * changes, or a UNIX socket with a line for each that comes, changes or goes.
 *
 *     {"cgroup": "/kubepods/pod1/web", "container": {"id": "…", "name": "web", "image": "…", "privileged": false},
 *      "pod": {"name": "web-1", "namespace": "shop", "labels": {"app": "web"}}}
 *
 * The subject is `cgroup`, a path of the hierarchy, `cgroupId`, or, with neither, the container's id. A line with
 * `"removed": true` takes back what was said of its subject; `"host": true` says that it is no container.
 */
import { readFileSync, statSync } from "node:fs";
import { type Socket, connect } from "node:net";
import { memberOf, parseJson, textOf, textsOf, truthOf } from "./parsed.ts";
import { type Statement, type Subject, type Workload, HOST } from "./workload.ts";

/** Somebody who tells workloads. */
export interface WorkloadSource {
  /** Everything that counts now. */
  readonly read: () => readonly Statement[];
  /** Changes whenever what is read does. */
  readonly version: () => string;
  /** Whether all is told at any time: a file; what a socket still has to say can't be known. */
  readonly isWhole: () => boolean;
  readonly close: () => void;
}

/** A line of the feed. */
type FeedEntry =
  | { readonly kind: "statement"; readonly statement: Statement }
  | { readonly kind: "removal"; readonly subject: Subject };

const MOST_BYTES = 64 * 1024 * 1024;
const LONGEST_LINE = 1024 * 1024;
const RETRY_MILLISECONDS = 1000;

/** A feed at a path: of a socket while there is one, else of a file. `complain` gets what can't be used. */
export function openFeed(path: string, complain: (message: string) => void): WorkloadSource {
  return isSocket(path) ? openSocket(path, complain) : openFile(path, complain);
}

function isSocket(path: string): boolean {
  try {
    return statSync(path).isSocket();
  } catch {
    return false;
  }
}

function openFile(path: string, complain: (message: string) => void): WorkloadSource {
  let read = "";
  let statements: readonly Statement[] = [];
  const version = (): string => {
    try {
      const { ino, mtimeNs, size } = statSync(path, { bigint: true });
      return `${ino} ${mtimeNs} ${size}`;
    } catch {
      return "absent";
    }
  };
  return {
    read: () => {
      const now = version();
      if (now !== read) {
        statements = readFile(path, complain) ?? statements;
        read = now;
      }
      return statements;
    },
    version,
    isWhole: () => true,
    close: () => undefined,
  };
}

/** Undefined where the file can't be used: what it said before still counts. */
function readFile(path: string, complain: (message: string) => void): readonly Statement[] | undefined {
  try {
    if (statSync(path).size > MOST_BYTES) {
      complain(`${path} is larger than ${MOST_BYTES} bytes`);
      return undefined;
    }
    return collect(readFileSync(path, "utf8"), (message) => {
      complain(`${path}: ${message}`);
    });
  } catch (thrown) {
    complain(`${path} can't be read: ${thrown instanceof Error ? thrown.message : "unknown"}`);
    return undefined;
  }
}

/** A JSON list, or lines of JSON. */
function collect(text: string, complain: (message: string) => void): readonly Statement[] | undefined {
  const whole = parseJson(text);
  const entries = Array.isArray(whole)
    ? whole
    : text
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map(parseJson);
  const found = new Map<string, Statement>();
  for (const [index, entry] of entries.entries()) {
    const read = readEntry(entry);
    if (typeof read === "string") {
      complain(`entry ${index + 1}: ${read}`);
      continue;
    }
    take(found, read);
  }
  return [...found.values()];
}

function take(found: Map<string, Statement>, entry: FeedEntry): void {
  switch (entry.kind) {
    case "statement":
      found.set(keyOf(entry.statement.subject), entry.statement);
      return;
    case "removal":
      found.delete(keyOf(entry.subject));
  }
}

function keyOf(subject: Subject): string {
  return subject.kind === "cgroup" ? `cgroup ${subject.path}` : `${subject.kind} ${subject.id}`;
}

/** An entry of the feed, or what is wrong with it. */
export function readEntry(entry: unknown): FeedEntry | string {
  const subject = subjectOf(entry);
  if (subject === undefined) {
    return "it has no `cgroup`, `cgroupId` or `container.id`";
  }
  if (memberOf(entry, "removed") === true) {
    return { kind: "removal", subject };
  }
  const workload = memberOf(entry, "host") === true ? HOST : workloadOf(entry);
  return { kind: "statement", statement: { subject, workload } };
}

function subjectOf(entry: unknown): Subject | undefined {
  const path = textOf(memberOf(entry, "cgroup"));
  if (path?.startsWith("/") === true) {
    return { kind: "cgroup", path: path.length > 1 ? path.replace(/\/+$/, "") : path };
  }
  const number = memberOf(entry, "cgroupId");
  const digits = typeof number === "number" && Number.isSafeInteger(number) ? String(number) : textOf(number);
  if (digits !== undefined && /^\d{1,19}$/.test(digits)) {
    return { kind: "cgroup-id", id: BigInt(digits) };
  }
  const id = textOf(memberOf(entry, "container", "id"));
  return id === undefined ? undefined : { kind: "container", id };
}

/** A feed tells all that there is: who names a pod and no labels says that it has none. */
function workloadOf(entry: unknown): Workload {
  const member = (...names: readonly string[]): unknown => memberOf(entry, ...names);
  const pod = member("pod");
  return {
    inContainer: true,
    container: {
      id: textOf(member("container", "id")),
      name: textOf(member("container", "name")),
      image: textOf(member("container", "image")),
      privileged: truthOf(member("container", "privileged")),
    },
    pod:
      pod === undefined
        ? undefined
        : pod === null
          ? "none"
          : {
              uid: textOf(member("pod", "uid")),
              name: textOf(member("pod", "name")),
              namespace: textOf(member("pod", "namespace")),
              labels: textsOf(member("pod", "labels")) ?? {},
              annotations: textsOf(member("pod", "annotations")) ?? {},
            },
  };
}

/** What was said counts on while the other side is away. */
function openSocket(path: string, complain: (message: string) => void): WorkloadSource {
  const found = new Map<string, Statement>();
  let changes = 0;
  let socket: Socket | undefined;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;
  const takeLine = (line: string): void => {
    const entry = line.trim() === "" ? undefined : readEntry(parseJson(line));
    if (typeof entry === "string") {
      complain(`${path}: ${entry}`);
    } else if (entry !== undefined) {
      take(found, entry);
      changes++;
    }
  };
  const open = (): void => {
    let rest = "";
    socket = connect(path);
    socket.setEncoding("utf8");
    socket.unref();
    socket.on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > LONGEST_LINE) {
        complain(`${path}: a line is longer than ${LONGEST_LINE} characters`);
        socket?.destroy();
      }
      lines.forEach(takeLine);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      if (!closed) {
        retry = setTimeout(open, RETRY_MILLISECONDS);
        retry.unref();
      }
    });
  };
  open();
  return {
    read: () => [...found.values()],
    version: () => String(changes),
    isWhole: () => false,
    close: () => {
      closed = true;
      clearTimeout(retry);
      socket?.destroy();
    },
  };
}
