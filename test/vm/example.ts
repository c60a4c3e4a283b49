import { existsSync, readFileSync, readdirSync } from "node:fs";
import type { GuestStep } from "../../src/vm/guest-job.ts";
import { REPOSITORY, RUNTIME, compileForGuest } from "./guest.ts";

const EXAMPLES = `${REPOSITORY}examples`;

/** One folder of examples: its policy, and shell commands that it must refuse or leave alone. */
export interface Example {
  readonly name: string;
  readonly policy: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Shell lines that put things in place. */
  readonly prepare: readonly string[];
  /** Commands by what they try. */
  readonly refused: Readonly<Record<string, string>>;
  readonly allowed: Readonly<Record<string, string>>;
}

/** Every folder of examples that has cases. */
export function readExamples(): readonly Example[] {
  return readdirSync(EXAMPLES)
    .sort()
    .filter((name) => existsSync(`${EXAMPLES}/${name}/cases.json`))
    .map((name) => {
      const text = readFileSync(`${EXAMPLES}/${name}/cases.json`, "utf8");
      const cases = JSON.parse(text) as Omit<Example, "name" | "policy">;
      return { name, policy: `${EXAMPLES}/${name}/${name}.policy`, ...cases };
    });
}

/** Compiles an example; gives the path of the bundle. Throws with the findings. */
export function compileExample({ name, parameters, policy }: Example): string {
  const settings = Object.entries(parameters).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  return compileForGuest(`examples/${name}`, [policy, ...settings]);
}

/** Names of an example's steps in the guest. */
export function exampleSteps(example: Example): Record<"control" | "run" | "events", string> {
  const { name } = example;
  return { control: `${name}: control`, run: `${name}: run`, events: `${name}: events` };
}

/** Every command without the policy, then with it, then what was reported. */
export function guestSteps(example: Example, bundle: string): readonly GuestStep[] {
  const names = exampleSteps(example);
  const eventsFile = `/run/policyc/${example.name}.events`;
  const prepare = { argv: ["sh", "-c", ["set -e", ...example.prepare].join("\n")] };
  const commands = ["sh", "-c", caseScript(example)];
  return [
    { name: `${example.name}: prepare`, ...prepare },
    { name: names.control, argv: commands, timeoutSeconds: 60 },
    { name: `${example.name}: prepare again`, ...prepare },
    {
      name: names.run,
      argv: [
        ...[...RUNTIME, "run", bundle, "--output", "json", "--events-file", eventsFile, "--"],
        ...commands,
      ],
      timeoutSeconds: 250,
    },
    { name: names.events, argv: ["cat", eventsFile] },
  ];
}

const MARK = "=== ";

/** Runs the commands one after the other, each in a shell of its own, with its status behind its output. */
function caseScript({ allowed, refused }: Example): string {
  return Object.values({ ...refused, ...allowed })
    .map(
      (command) =>
        `sh -c ${quoted(command)} >/tmp/out 2>&1 </dev/null\necho "${MARK}$?"; head -c 500 /tmp/out`,
    )
    .join("\n");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What became of a command. */
export type Fate = "refused" | "done";

/** The fates of the commands, by what they try. Errors of another kind than a refusal count as done. */
export function fates({ allowed, refused }: Example, output: string): ReadonlyMap<string, Fate> {
  const names = Object.keys({ ...refused, ...allowed });
  const parts = output.split(MARK).slice(1);
  return new Map(parts.map((part, index): [string, Fate] => [names[index] ?? "", fateOf(part)]));
}

function fateOf(output: string): Fate {
  const status = Number.parseInt(output, 10);
  const isRefused = status > 128 || /not permitted|permission denied|failed to map segment/i.test(output);
  return status !== 0 && isRefused ? "refused" : "done";
}
