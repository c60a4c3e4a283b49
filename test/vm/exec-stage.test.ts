/** What processes run and descend from, enforced: however they came to run it, and whenever they started. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findCompiler } from "./effects.ts";
import { REPOSITORY, RUNTIME, compileForGuest, runInGuest, testKernels } from "./guest.ts";

/** Entries in a hash; those in the storage of tasks are tried with lists of processes. */
const kernels = testKernels("exec stage", ["5.10"]);

const PATHS = [
  ...["exe", "listed", "parent", "ancestor", "any", "none", "before"],
  ...["children", "not-children", "forks", "not-forks", "own-pid"],
];

/** What is tried, and whether it is refused. */
const TRIED: readonly (readonly [command: string, refused: boolean])[] = [
  ["cat /srv/exe", true],
  ["head /srv/exe", false],
  ["/srv/descend memfd /usr/bin/cat /srv/exe", false],
  ["cat /srv/listed", false],
  ["/srv/descend open /srv/listed", false],
  ["head /srv/listed", true],
  ["/srv/descend memfd /usr/bin/cat /srv/listed", true],
  ["/srv/descend fork /usr/bin/cat /srv/parent", true],
  ["/srv/descend fork-only /srv/parent", true],
  ["cat /srv/parent", false],
  ["/srv/descend fork /bin/sh -c 'cat /srv/ancestor || exit 1'", true],
  ["/srv/descend fork /usr/bin/cat /srv/ancestor", false],
  ["/srv/descend open /srv/any", false],
  ["cat /srv/any", false],
  ["/srv/descend fork-only /srv/any", true],
  ["/srv/descend fork /usr/bin/cat /srv/any", true],
  ["/srv/descend fork /bin/sh -c 'sh -c \"cat /srv/any || exit 1\" || exit 1'", true],
  ["/srv/descend exec /usr/bin/cat /srv/any", true],
  ["/srv/descend thread /usr/bin/cat /srv/any", true],
  ["/srv/descend orphan /usr/bin/cat /srv/any", true],
  ["/srv/descend memfd /usr/bin/cat /srv/any", true],
  ["cat /srv/none", true],
  ["/srv/descend fork /usr/bin/cat /srv/none", false],
  ["/srv/descend open /srv/before", true],
  ["head /srv/before", false],
  ["cat /srv/children", false],
  ["/srv/descend exec /usr/bin/cat /srv/children", true],
  ["/srv/descend fork /usr/bin/cat /srv/children", true],
  ["cat /srv/not-children", true],
  ["/srv/descend fork /usr/bin/cat /srv/not-children", false],
  ["cat /srv/forks", true],
  ["cat /srv/not-forks", false],
  ["cat /srv/own-pid", false],
  ["unshare --pid --fork cat /srv/own-pid", true],
];

/** Processes that run before the policy is loaded and act under it, through `/srv/go`. */
const BEFORE: readonly (readonly [command: string, refused: boolean])[] = [
  ["/srv/descend wait /srv/go1 /srv/before", true],
  ["sh -c 'read x < /srv/go2; cat /srv/any'", false],
  ["/srv/descend fork /bin/sh -c 'read x < /srv/go3; cat /srv/any || exit 1'", true],
  ["sh -c 'read x < /srv/go4; cat /srv/none || exit 1'", true],
];

function script(): string {
  const verdict = "then echo done; else echo refused; fi";
  return [
    ...TRIED.map(([command], index) => `if ${command} >/dev/null 2>&1; ${verdict} > /srv/tried${index}`),
    ...BEFORE.map((_, index) => `echo go > /srv/go${index + 1}`),
    ...BEFORE.map((_, index) => `until [ -s /srv/before${index} ]; do sleep 0.1; done`),
    "",
  ].join("\n");
}

function outerScript(bundle: string): string {
  return [
    ...BEFORE.map((_, index) => `mkfifo /srv/go${index + 1}`),
    ...BEFORE.map(
      ([command], index) =>
        `(if ${command} >/dev/null 2>&1; then echo done; else echo refused; fi > /srv/before${index}) &`,
    ),
    "sleep 1",
    `${RUNTIME.join(" ")} run ${bundle} --events-file /srv/events -- sh /srv/script`,
    ...TRIED.map((_, index) => `cat /srv/tried${index}`),
    ...BEFORE.map((_, index) => `cat /srv/before${index}`),
    "",
  ].join("\n");
}

function build(): { readonly bundle: string; readonly descend: string } {
  const directory = `${REPOSITORY}build/enforcement`;
  mkdirSync(directory, { recursive: true });
  const descend = `${directory}/descend`;
  const policies = ["lineage.policy", "follow.yaml"].map(
    (name) => `${REPOSITORY}test/fixtures/exec-stage/${name}`,
  );
  const bundle = compileForGuest("enforcement/exec-stage", policies);
  const source = `${REPOSITORY}test/guest/descend.c`;
  execFileSync(findCompiler(), ["-static", "-O1", "-Wall", "-pthread", "-o", descend, source]);
  return { bundle, descend };
}

describe.each(kernels)("the exec stage on kernel %s", (kernel) => {
  it("decides by what processes run and descend from", { timeout: 900_000 }, async () => {
    const { bundle, descend } = build();
    const [step] = await runInGuest(
      kernel,
      [{ name: "run", argv: ["sh", "-c", outerScript(bundle)], timeoutSeconds: 400 }],
      {
        timeoutSeconds: 500,
        files: [
          { path: "/srv/descend", mode: 0o755, content: readFileSync(descend) },
          { path: "/srv/script", mode: 0o644, content: Buffer.from(script()) },
          ...PATHS.map((name) => ({ path: `/srv/${name}`, mode: 0o644, content: Buffer.from("text\n") })),
        ],
      },
    );
    const said = step?.stdout.split("\n").filter((line) => line === "done" || line === "refused") ?? [];
    const all = [...TRIED, ...BEFORE.map(([command, refused]) => [`before: ${command}`, refused] as const)];
    expect(all.map(([command], index) => `${command}: ${said[index] ?? step?.stderr ?? "nothing"}`)).toEqual(
      all.map(([command, refused]) => `${command}: ${refused ? "refused" : "done"}`),
    );
  });
});
