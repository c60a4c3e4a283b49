/**
 * Enforcement cases of KubeArmor policies: folders of `test/fixtures/kubearmor-enforcement/`. A folder holds policies for
 * the pods with its name as label `app`, and a `case.json` with commands for one such pod. All share one bundle and one
 * boot; each folder has a container of its own.
 */
import { readFileSync, readdirSync } from "node:fs";
import type { Container } from "./container.ts";
import { REPOSITORY } from "./guest.ts";

const FIXTURES = `${REPOSITORY}test/fixtures/kubearmor-enforcement`;

export interface KubearmorGroup {
  readonly name: string;
  /** Paths of the policies. */
  readonly policies: readonly string[];
  /** Files of the container. */
  readonly files: Readonly<Record<string, string>>;
  /** Paths at which the container has copies of busybox. */
  readonly programs: readonly string[];
  /** Commands that the container runs before the policies are loaded. */
  readonly before: readonly string[];
  readonly cases: readonly KubearmorCase[];
}

/** A command of the container's shell, and what must come of it. */
export interface KubearmorCase {
  readonly does: string;
  /** Whether it runs on a terminal, after the others, as a person in the container would. */
  readonly terminal?: boolean;
  /** Whether it succeeds; not said where that says nothing of the policy. */
  readonly passes?: boolean;
  /** All that it prints. */
  readonly output?: string;
  /** A part of what it complains of. */
  readonly error?: string;
  /** Parts of alerts that it causes. */
  readonly alerts?: readonly object[];
  /** Parts of alerts that are not there. */
  readonly absent?: readonly object[];
}

/** All folders, or those whose names the environment asks for: `POLICYC_TEST_CASES=network`. */
export function readKubearmorGroups(): readonly KubearmorGroup[] {
  const chosen = process.env["POLICYC_TEST_CASES"]?.split(",");
  return readdirSync(FIXTURES)
    .filter((name) => chosen === undefined || chosen.includes(name))
    .map((name) => {
      const folder = `${FIXTURES}/${name}`;
      const written = JSON.parse(readFileSync(`${folder}/case.json`, "utf8")) as Partial<KubearmorGroup>;
      const cases = written.cases ?? [];
      if (cases.length === 0 || cases.some((each) => asksNothing(each))) {
        throw new Error(`${name}: no cases, or one that expects nothing`);
      }
      return {
        name,
        policies: readdirSync(folder).flatMap((file) =>
          file.endsWith(".yaml") ? [`${folder}/${file}`] : [],
        ),
        files: written.files ?? {},
        programs: written.programs ?? [],
        before: written.before ?? [],
        cases,
      };
    });
}

function asksNothing({ passes, alerts = [], absent = [] }: KubearmorCase): boolean {
  return passes === undefined && alerts.length === 0 && absent.length === 0;
}

/** The container of a group; it waits for `/go`, then tries the commands, and leaves what came of them in `/out`. */
export function containerOf(group: KubearmorGroup): Container {
  const operations = [
    "mkdir -p /out /data",
    ...group.before,
    "echo ready >/out/ready",
    "until [ -e /go ]; do sleep 0.3; done",
    ...group.cases.flatMap((each, index) => (each.terminal === true ? [] : [operation(each, index)])),
    "echo done >/out/done",
    "sleep 3600",
  ];
  return {
    id: group.name,
    cgroup: `/kubepods/pod-${group.name}/${group.name}`,
    args: ["/bin/sh", "/operations"],
    files: { ...group.files, "/operations": `${operations.join("\n")}\n` },
  };
}

function operation({ does }: KubearmorCase, index: number): string {
  return `(${does}) >/out/${index} 2>/out/${index}.err; echo $? >/out/${index}.rc`;
}

/** The commands that a group's container runs on a terminal, as one; undefined when it has none. */
export function onTerminal({ cases }: KubearmorGroup): string | undefined {
  const all = cases.flatMap((each, index) => (each.terminal === true ? [operation(each, index)] : []));
  return all.length === 0 ? undefined : all.join("\n");
}

/** What the runtime is told of the groups' containers. */
export function feedOf(groups: readonly KubearmorGroup[]): string {
  return JSON.stringify(
    groups.map(({ name }) => ({
      cgroup: `/kubepods/pod-${name}`,
      pod: { name, namespace: "shop", labels: { app: name } },
    })),
  );
}
