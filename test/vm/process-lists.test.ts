/** What processes were started with, are called and where they are, enforced: on programs that start, and on running ones. */
import { describe, expect, it } from "vitest";
import { REPOSITORY, RUNTIME, compileForGuest, runInGuest, testKernels } from "./guest.ts";

const kernels = testKernels("lists of processes", ["6.1"]);

const FILES = [
  ...["contains", "second", "glob", "not", "late", "preload", "value", "parent", "any", "comm", "cwd"],
  "parent-cwd",
];

/** A shell that opens a file itself. */
const open = (name: string): string => `sh -c ': < /srv/${name}'`;
/** A shell that has another open it: two commands, so that it stays their parent. */
const nested = (name: string): string => `sh -c 'sh -c ": < /srv/${name}" || exit 1'`;

/** What is tried, and whether it is refused. */
const TRIED: readonly (readonly [command: string, refused: boolean])[] = [
  [`${open("contains")} sh -e`, true],
  [`${open("contains")} sh a -e b`, true],
  [`${open("contains")} sh -ee --e e`, false],
  [`sh -ec ': < /srv/contains'`, false],
  [`sh -e -c ': < /srv/second'`, true],
  [`${open("second")} sh -e`, false],
  [`${open("glob")} sh /opt/EvIl.sh`, true],
  [`${open("glob")} sh /opt/evl.sh`, false],
  [`${open("not")} sh -g`, true],
  [`${open("not")} sh -g -f`, false],
  [`${open("late")} sh $half -late`, true],
  [`${open("late")} sh $half -later`, false],
  [`${open("late")} sh $half $half x`, true],
  [`LD_PRELOAD= ${open("preload")}`, true],
  [`OLD_LD_PRELOAD=x LD_PRELOADED=x ${open("preload")}`, false],
  [`MODE=unsafe ${open("value")}`, true],
  [`MODE=unsafe2 mode=unsafe ${open("value")}`, false],
  [`MODE=safe A=$half MODE2=unsafe ${open("value")}`, false],
  [`${nested("parent")} sh -e`, true],
  [`${nested("parent")} sh -f`, false],
  [`${nested("any")} sh --marker`, true],
  [`${open("any")} sh --marker`, false],
  [`sh -c 'exec sh -c ": < /srv/any"' sh --marker`, true],
  [`sh -c 'printf renamed > /proc/self/comm; : < /srv/comm'`, true],
  [open("comm"), false],
  [`sh -c 'cd /srv/dir/below; : < /srv/cwd'`, true],
  [open("cwd"), false],
  [`sh -c 'cd /srv/dir; sh -c "cd /; : < /srv/parent-cwd" || exit 1'`, true],
  [`sh -c 'cd /srv/dir/below; sh -c "cd /srv/dir; : < /srv/parent-cwd" || exit 1'`, false],
  [`sh -c 'echo started > /srv/started' sh --never-start; test -e /srv/started`, true],
  [`sh -c 'echo started > /srv/started' sh --ever-start; test -e /srv/started`, false],
];

/** Processes that run before the policy is loaded and act under it, through a fifo each. */
const BEFORE: readonly (readonly [command: string, refused: boolean])[] = [
  [`sh -c 'read x < /srv/go0; : < /srv/contains' sh -e`, true],
  [`sh -c 'read x < /srv/go1; : < /srv/contains' sh -f`, false],
  [`MODE=unsafe sh -c 'read x < /srv/go2; : < /srv/value'`, true],
  [`MODE=safe sh -c 'read x < /srv/go3; : < /srv/value'`, false],
  [`sh -c 'read x < /srv/go4; sh -c ": < /srv/any" || exit 1' sh --marker`, true],
];

const VERDICT = "then echo done; else echo refused; fi";

/** Under the policy. `half` and its like again are more than what is looked at. */
const script = [
  "half=$(head -c 70000 /dev/zero | tr '\\0' x)",
  ...TRIED.map(([command], index) => `if ${command} >/dev/null 2>&1; ${VERDICT} > /srv/tried${index}`),
  ...BEFORE.map((_, index) => `echo go > /srv/go${index}`),
  ...BEFORE.map((_, index) => `until [ -s /srv/before${index} ]; do sleep 0.1; done`),
  "",
].join("\n");

function outerScript(bundle: string): string {
  return [
    "mkdir -p /srv/dir/below",
    ...BEFORE.flatMap(([command], index) => [
      `mkfifo /srv/go${index}`,
      `(if ${command} >/dev/null 2>&1; ${VERDICT} > /srv/before${index}) &`,
    ]),
    "sleep 1",
    `${RUNTIME.join(" ")} run ${bundle} --events-file /srv/events -- sh /srv/script`,
    ...TRIED.map((_, index) => `cat /srv/tried${index}`),
    ...BEFORE.map((_, index) => `cat /srv/before${index}`),
    "",
  ].join("\n");
}

function build(): string {
  return compileForGuest("enforcement/lists", [`${REPOSITORY}test/fixtures/exec-stage/lists.policy`]);
}

describe.each(kernels)("lists of processes on kernel %s", (kernel) => {
  it("decides by what processes were started with", { timeout: 600_000 }, async () => {
    const [step] = await runInGuest(
      kernel,
      [{ name: "run", argv: ["sh", "-c", outerScript(build())], timeoutSeconds: 400 }],
      {
        timeoutSeconds: 500,
        files: [
          { path: "/srv/script", mode: 0o644, content: Buffer.from(script) },
          ...FILES.map((name) => ({ path: `/srv/${name}`, mode: 0o644, content: Buffer.from("text\n") })),
        ],
      },
    );
    const said = step?.stdout.split("\n").filter((line) => line === "done" || line === "refused") ?? [];
    expect(step?.stderr).not.toContain("policyc-runtime:");
    const before = BEFORE.map(
      // Nothing can read the memory of other processes on 5.10: it is unknown, so what refuses does.
      ([command, refused]) => [`before: ${command}`, refused || kernel === "5.10"] as const,
    );
    const all = [...TRIED, ...before];
    expect(all.map(([command], index) => `${command}: ${said[index] ?? "nothing"}`)).toEqual(
      all.map(([command, refused]) => `${command}: ${refused ? "refused" : "done"}`),
    );
  });
});
