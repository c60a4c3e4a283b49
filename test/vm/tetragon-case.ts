/**
 * Enforcement cases of TracingPolicies: folders of `test/fixtures/tetragon/`. A folder holds policies and a
 * `case.json` that says what operations under them come to. All folders share one bundle and one boot, so
 * their policies must not concern each other's files, programs and addresses.
 */
import { readFileSync, readdirSync } from "node:fs";
import { constants } from "node:os";
import { REPOSITORY } from "./guest.ts";

const FIXTURES = `${REPOSITORY}test/fixtures/tetragon`;

/** A folder: its policies, and operations under them. */
export interface CaseGroup {
  readonly name: string;
  /** Paths of the policies. */
  readonly policies: readonly string[];
  /** Contents of files that the guest has besides its own. */
  readonly files: Readonly<Record<string, string>>;
  /** Paths at which the guest has the program that tries operations. */
  readonly programs: readonly string[];
  /** Kernels for which the policies do not compile, with the code of the diagnostic that says why. */
  readonly refused: Readonly<Record<string, string>>;
  /** What `status` counts of rules' alerts after all operations, by rule. */
  readonly accounts: Readonly<Record<string, unknown>>;
  readonly cases: readonly Case[];
}

/** One operation, `[PROGRAM!]NAME:TARGET` of effects.c, and what must come of it. */
export interface Case extends Expectation {
  readonly name: string;
  readonly does: string;
  /** What comes of it once the policies only monitor. */
  readonly monitored: Expectation | undefined;
}

export interface Expectation {
  /** Parts of what effects.c reports. */
  readonly effect: Readonly<Record<string, unknown>>;
  /** Parts of events of the group's policies that the operation must cause, each another event. */
  readonly events: readonly unknown[];
  /** Parts of events that it must not cause. */
  readonly absent: readonly unknown[];
  /** Whether it must cause no event of the group's policies at all. */
  readonly silent: boolean;
}

/** All folders, or those whose names the environment asks for: `POLICYC_TEST_CASES=capabilities,namespaces`. */
export function readGroups(): readonly CaseGroup[] {
  const chosen = process.env["POLICYC_TEST_CASES"]?.split(",");
  return readdirSync(FIXTURES)
    .filter((name) => chosen === undefined || chosen.includes(name))
    .map(readGroup);
}

function readGroup(name: string): CaseGroup {
  const folder = `${FIXTURES}/${name}`;
  const place = `${name}/case.json`;
  const written = fieldsOf(JSON.parse(readFileSync(`${folder}/case.json`, "utf8")), place, [
    ...["about", "files", "programs", "refused", "accounts", "cases"],
  ]);
  const policies = readdirSync(folder).filter((file) => /\.(yaml|policy)$/.test(file));
  const cases = (written["cases"] as readonly unknown[]).map((item) => readCase(item, place));
  if (policies.length === 0 || cases.length === 0) {
    throw new Error(`${place}: no policies or no cases`);
  }
  return {
    name,
    policies: policies.map((file) => `${folder}/${file}`),
    files: (written["files"] ?? {}) as CaseGroup["files"],
    programs: (written["programs"] ?? []) as CaseGroup["programs"],
    refused: (written["refused"] ?? {}) as CaseGroup["refused"],
    accounts: (written["accounts"] ?? {}) as CaseGroup["accounts"],
    cases,
  };
}

function readCase(item: unknown, place: string): Case {
  const written = fieldsOf(item, place, [
    "name",
    "does",
    "effect",
    "events",
    "absent",
    "silent",
    "monitored",
  ]);
  const { does, monitored } = written;
  if (typeof does !== "string") {
    throw new Error(`${place}: a case without \`does\``);
  }
  return {
    ...readExpectation(written, `${place}: ${does}`),
    name: typeof written["name"] === "string" ? written["name"] : does,
    does,
    monitored:
      monitored === undefined
        ? undefined
        : readExpectation(
            fieldsOf(monitored, place, ["effect", "events", "absent", "silent"]),
            `${place}: ${does}`,
          ),
  };
}

/** An expectation asks for an effect and says something of events: a case that asks for neither proves nothing. */
function readExpectation(written: Readonly<Record<string, unknown>>, place: string): Expectation {
  const { effect, events, absent, silent } = written;
  if (typeof effect !== "object" || effect === null || Object.keys(effect).length === 0) {
    throw new Error(`${place}: no effect is expected`);
  }
  if (events === undefined && absent === undefined && silent !== true) {
    throw new Error(`${place}: neither events nor silence is expected`);
  }
  return {
    effect: withNumbers(effect as Readonly<Record<string, unknown>>, place),
    events: (events ?? []) as readonly unknown[],
    absent: (absent ?? []) as readonly unknown[],
    silent: silent === true,
  };
}

/** Signals and errors are written by name. */
function withNumbers(
  effect: Readonly<Record<string, unknown>>,
  place: string,
): Readonly<Record<string, unknown>> {
  const { signal, error } = effect;
  return {
    ...effect,
    ...(typeof signal === "string" ? { signal: numberOf(constants.signals, signal, place) } : {}),
    ...(typeof error === "string" ? { error: numberOf(constants.errno, error, place) } : {}),
  };
}

function numberOf(names: Readonly<Record<string, number>>, name: string, place: string): number {
  const found = names[name];
  if (found === undefined) {
    throw new Error(`${place}: unknown name ${name}`);
  }
  return found;
}

/** The fields of an object that has no others than the known ones. */
function fieldsOf(
  value: unknown,
  place: string,
  known: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`${place}: expected an object`);
  }
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new Error(`${place}: unknown key ${unknown}`);
  }
  return value as Readonly<Record<string, unknown>>;
}
