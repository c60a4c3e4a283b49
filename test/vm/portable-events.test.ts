import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { StepResult } from "../../src/vm/guest-job.ts";
import { type KernelName } from "../../src/vm/kernel-catalog.ts";
import { findCompiler } from "./effects.ts";
import { REPOSITORY, RUNTIME, compileForGuest, runInGuest, testKernels } from "./guest.ts";
import {
  deniedEvents,
  operations,
  otherErrors,
  otherErrorsOn510,
  prepareScript,
  reportedEvents,
} from "./portable-events.ts";

const ENOANO = 55;
const BOOT_LIMIT = 600_000;
const EVENTS_FILE = "/run/policyc/portable.events";

/** What `test/guest/events.c` says of one operation. */
interface Outcome {
  readonly operation: string;
  readonly signal: number;
  readonly error: number;
  readonly bytes: number;
  readonly changed: boolean;
}

const kernels = testKernels("portable events", ["6.1", "6.12"]);

/** Policies of events that not every kernel serves. */
function policiesFor(kernel: KernelName): readonly string[] {
  return kernel === "5.10" ? ["events.policy"] : ["events.policy", "chown.policy"];
}

function buildPrograms(kernel: KernelName): { readonly bundle: string; readonly program: string } {
  const program = `${REPOSITORY}build/events`;
  const policies = policiesFor(kernel).map((name) => `${REPOSITORY}test/fixtures/portable-events/${name}`);
  mkdirSync(`${REPOSITORY}build`, { recursive: true });
  execFileSync(findCompiler(), [
    "-static",
    "-O1",
    "-Wall",
    "-o",
    program,
    `${REPOSITORY}test/guest/events.c`,
  ]);
  const bundle = compileForGuest(`portable-events-${kernel}`, ["--target", kernel, ...policies]);
  return { bundle, program };
}

describe.each(kernels)("portable events on kernel %s", (kernel) => {
  let results: readonly StepResult[] = [];

  beforeAll(async () => {
    const { bundle, program } = buildPrograms(kernel);
    const prepare = { argv: ["sh", "-c", prepareScript()] };
    const steps = [
      { name: "prepare", ...prepare },
      { name: "control", argv: [program, ...operations], timeoutSeconds: 150 },
      { name: "prepare again", ...prepare },
      {
        name: "run",
        argv: [
          ...[...RUNTIME, "run", bundle, "--output", "json", "--events-file", EVENTS_FILE, "--"],
          ...[program, ...operations],
        ],
        timeoutSeconds: 250,
      },
      { name: "events", argv: ["cat", EVENTS_FILE] },
    ];
    results = await runInGuest(kernel, steps, { timeoutSeconds: 560 });
  }, BOOT_LIMIT);

  const resultOf = (name: string): StepResult => {
    const found = results.find((result) => result.name === name);
    if (found === undefined) {
      throw new Error(`no result of step ${name}`);
    }
    return found;
  };
  const outcomeOf = (step: string, operation: string): Outcome => {
    const { exit, stderr, stdout } = resultOf(step);
    const found = outcomes(stdout).find((outcome) => outcome.operation === operation);
    if (found === undefined) {
      throw new Error(`no outcome of ${operation}: exit ${exit}\n${stdout}\n${stderr}`);
    }
    return found;
  };
  const eventLines = (event: string): readonly string[] =>
    resultOf("events")
      .stdout.split("\n")
      .filter((line) => line.includes(`"rule":"${event}/${event}#`));

  it("starts from operations that nothing refuses without a policy", () => {
    expect(resultOf("prepare")).toMatchObject({ exit: 0 });
    const control = outcomes(resultOf("control").stdout);
    expect(control.map(({ operation }) => operation)).toEqual(operations);
    expect(control.filter(({ error, signal }) => error !== 0 || signal !== 0)).toEqual([]);
  });

  const served = Object.keys(deniedEvents).filter((event) => event !== "file.chown" || kernel !== "5.10");

  it.each(served)("refuses and reports %s", (event) => {
    const denied = deniedEvents[event]?.denied ?? [];
    expect(denied.map((operation) => outcomeOf("run", operation))).toEqual(
      denied.map((operation) => {
        const special = kernel === "5.10" ? otherErrorsOn510.get(operation) : undefined;
        const error = special ?? otherErrors.get(operation) ?? ENOANO;
        return { operation, signal: 0, error, bytes: 0, changed: false };
      }),
    );
    expect(eventLines(event).filter((line) => line.includes('"denied":true')).length).toBeGreaterThanOrEqual(
      denied.length,
    );
  });

  it.each(served)("lets pass what is no such %s", (event) => {
    const allowed = deniedEvents[event]?.allowed ?? [];
    expect(allowed.map((operation) => outcomeOf("run", operation))).toEqual(
      allowed.map((operation) => outcomeOf("control", operation)),
    );
  });

  it.each(Object.entries(reportedEvents))("reports %s", (event, operation) => {
    expect(outcomeOf("run", operation)).toMatchObject({ error: 0, signal: 0 });
    expect(eventLines(event).length).toBeGreaterThan(0);
  });

  it("loses no event", () => {
    expect(resultOf("events").stdout.trim().split("\n").at(-1)).toMatch(/^\{"lost":0[,}]/);
  });
});

function outcomes(output: string): readonly Outcome[] {
  return output
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Outcome => JSON.parse(line) as Outcome);
}
