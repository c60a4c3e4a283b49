import { existsSync, readFileSync, readdirSync } from "node:fs";
import type { GuestFile, GuestStep } from "../../src/vm/guest-job.ts";
import { REPOSITORY, RUNTIME, compileForGuest } from "./guest.ts";

const CORPUS = `${REPOSITORY}../shared/corpus`;
const FIXTURES = `${REPOSITORY}test/fixtures/enforcement`;

/** One policy and what must happen to operations under it. An operation is `NAME:TARGET` of effects.c. */
export interface EnforcementCase {
  readonly name: string;
  /** Files beside the case; `corpus:PATH` is below the shared corpus of real policies. */
  readonly policies: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  /** Contents of files that the guest has besides its own. */
  readonly files: Readonly<Record<string, string>>;
  readonly stopped: readonly string[];
  readonly allowed: readonly string[];
  /** Of `allowed`: those that an event reports all the same, with the function and what it says of the target. */
  readonly observed?: readonly (readonly [operation: string, place: string, detail: string])[];
  /** Files whose contents are afterwards what they were. */
  readonly unchanged: readonly string[];
}

/** All cases. Those whose policies are not on this machine are named on standard output and left out. */
export function readCases(): readonly EnforcementCase[] {
  return readdirSync(FIXTURES).flatMap((name) => {
    const text = readFileSync(`${FIXTURES}/${name}/case.json`, "utf8");
    const found: EnforcementCase = { name, ...(JSON.parse(text) as Omit<EnforcementCase, "name">) };
    const absent = policyPaths(found).find((path) => !existsSync(path));
    if (absent !== undefined) {
      process.stdout.write(`enforcement case ${name} skipped: ${absent} is not here\n`);
      return [];
    }
    return [found];
  });
}

function policyPaths({ name, policies }: EnforcementCase): readonly string[] {
  return policies.map((policy) =>
    policy.startsWith("corpus:")
      ? `${CORPUS}/${policy.slice("corpus:".length)}`
      : `${FIXTURES}/${name}/${policy}`,
  );
}

/** Compiles a case's policies; gives the path of the bundle. Throws with the diagnostics. */
export function compileCase(found: EnforcementCase): string {
  const parameters = Object.entries(found.parameters).flatMap(([name, value]) => [
    "--set",
    `${name}=${value}`,
  ]);
  return compileForGuest(`enforcement/${found.name}`, [...policyPaths(found), ...parameters]);
}

/** Names of a case's steps in the guest. */
export function stepNames(found: EnforcementCase): Record<"before" | "run" | "after" | "events", string> {
  return {
    before: `${found.name}: before`,
    run: `${found.name}: run`,
    after: `${found.name}: after`,
    events: `${found.name}: events`,
  };
}

/** The steps of a case: fingerprints, all operations under the policy at once, fingerprints again, events. */
export function caseSteps(found: EnforcementCase, bundle: string, effects: string): readonly GuestStep[] {
  const names = stepNames(found);
  const eventsFile = `/run/policyc/${found.name}.events`;
  const fingerprint = found.unchanged.length === 0 ? ["true"] : ["sha256sum", ...found.unchanged];
  return [
    { name: `${found.name}: prepare`, argv: ["sh", "-c", prepareScript(found)] },
    { name: names.before, argv: fingerprint },
    {
      name: names.run,
      argv: [
        ...[...RUNTIME, "run", bundle, "--output", "json", "--events-file", eventsFile, "--"],
        ...[effects, ...found.stopped, ...found.allowed],
      ],
      timeoutSeconds: 250,
    },
    { name: names.after, argv: fingerprint },
    { name: names.events, argv: ["cat", eventsFile] },
  ];
}

/** The originals of all cases' files; a case's first step copies them to their places. */
export function caseFiles(cases: readonly EnforcementCase[]): readonly GuestFile[] {
  return cases.flatMap((found) =>
    Object.values(found.files).map((text, index) => ({
      path: originalPath(found, index),
      mode: 0o644,
      content: Buffer.from(text),
    })),
  );
}

function originalPath({ name }: EnforcementCase, index: number): string {
  return `/run/policyc/originals/${name}-${index}`;
}

/** Cases share paths, so each puts its files in place and takes away what an earlier one created. */
function prepareScript(found: EnforcementCase): string {
  const created = [...found.stopped, ...found.allowed].filter((operation) => operation.startsWith("create:"));
  return [
    "set -e",
    ...created.map((operation) => `rm -f ${operation.slice("create:".length)}`),
    ...Object.keys(found.files).map((path, index) =>
      [`mkdir -p $(dirname ${path})`, `cp ${originalPath(found, index)} ${path}`].join("; "),
    ),
  ].join("\n");
}
