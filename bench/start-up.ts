/** How long `policyc lint` takes beside a Node that does nothing. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { median, timeCommand } from "./commands.ts";
import { longPolicyFile } from "./many-policies.ts";
import { benchFile, repository, workDirectory } from "./place.ts";
import { type Verdict, renderVerdicts, verdict } from "./verdicts.ts";

const ROUNDS = 15;
const LONG_FILE_LINES = 5000;

export interface StartUp {
  /** Milliseconds of `node -e 0`. */
  readonly node: number;
  readonly verdicts: readonly Verdict[];
}

/** Runs in turn, so that whatever else the machine does falls on all of them. */
export function measureStartUp(): StartUp {
  const program = join(repository, "dist", "policyc.js");
  const long = join(workDirectory, "long.policy");
  writeFileSync(long, longPolicyFile(LONG_FILE_LINES));
  const commands = {
    node: ["-e", "0"],
    policy: [program, "lint", benchFile("policies/file-observe.policy")],
    yaml: [program, "lint", join(repository, "examples", "protect-shadow")],
    long: [program, "lint", long],
  };
  const times = { node: [0], policy: [0], yaml: [0], long: [0] };
  const names = ["node", "policy", "yaml", "long"] as const;
  for (const name of names) {
    times[name].length = 0;
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of names) {
      times[name].push(timeCommand(process.execPath, commands[name]));
    }
  }
  const node = median(times.node);
  return {
    node,
    verdicts: [
      verdict("ms of `lint` for a .policy file, above node", median(times.policy) - node, 60),
      verdict("ms of `lint` for a YAML file, above node", median(times.yaml) - node, 60),
      verdict(`ms of \`lint\` for ${LONG_FILE_LINES} lines, in all`, median(times.long), 300),
    ],
  };
}

/** The table. */
export function renderStartUp({ node, verdicts }: StartUp): string {
  return `\nStarting (node -e 0: ${node.toFixed(0)} ms)\n\n${renderVerdicts(verdicts)}`;
}
