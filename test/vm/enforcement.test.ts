import { beforeAll, describe, expect, it } from "vitest";
import type { StepResult } from "../../src/vm/guest-job.ts";
import { KERNEL_NAMES, type KernelName } from "../../src/vm/kernel-catalog.ts";
import { type Effect, buildEffects, parseEffects } from "./effects.ts";
import {
  type EnforcementCase,
  caseFiles,
  caseSteps,
  compileCase,
  readCases,
  stepNames,
} from "./enforcement-case.ts";
import { runInGuest, testKernels } from "./guest.ts";

const SIGKILL = 9;
const BOOT_LIMIT = 580_000;

const everyCase = readCases();
/** Two, with every operation there is, will do for the other kernels. */
const fewCases = everyCase.filter(({ name }) => name === "files" || name === "egress");
const isAsked =
  process.env["POLICYC_TEST_KERNELS"] !== undefined || process.env["POLICYC_ALL_KERNELS"] !== undefined;
const usualCases: Readonly<Record<KernelName, readonly EnforcementCase[]>> = {
  "5.10": fewCases,
  "6.1": everyCase,
  "6.12": fewCases,
  "7.2": fewCases,
};
const kernels = testKernels("enforcement", KERNEL_NAMES).map(
  (kernel) => [kernel, isAsked ? everyCase : usualCases[kernel]] as const,
);

describe.each(kernels)("enforcement on kernel %s", (kernel, cases) => {
  let results: readonly StepResult[] = [];

  beforeAll(async () => {
    const effects = buildEffects();
    const steps = cases.flatMap((found) => caseSteps(found, compileCase(found), effects));
    results = await runInGuest(kernel, steps, { files: caseFiles(cases), timeoutSeconds: 560 });
  }, BOOT_LIMIT);

  const resultOf = (name: string): StepResult => {
    const found = results.find((result) => result.name === name);
    if (found === undefined) {
      throw new Error(`no result of step ${name}`);
    }
    return found;
  };

  describe.each(cases)("$name", (found: EnforcementCase) => {
    const names = stepNames(found);
    const effectOf = (operation: string): Effect => {
      const run = resultOf(names.run);
      const effect = parseEffects(run.stdout).find(
        (each) => `${each.operation}:${each.target}` === operation,
      );
      if (effect === undefined) {
        throw new Error(`no effect of ${operation}: exit ${run.exit}\n${run.stdout}\n${run.stderr}`);
      }
      return effect;
    };

    it.each(found.stopped)("stops %s", (operation) => {
      const effect = effectOf(operation);
      expect(effect).toMatchObject({ signal: SIGKILL, bytes: 0 });
      expect(effect.syns ?? 0).toBe(0);
      if (operation.startsWith("create:")) {
        expect(effect.size).toBeLessThanOrEqual(0);
      }
    });

    it.each(found.allowed)("allows %s", (operation) => {
      const effect = effectOf(operation);
      expect(effect.signal).toBe(0);
      expect(tookEffect(effect)).toBe(true);
    });

    it.each(found.observed ?? [])("reports %s at %s and lets it be", (_, place, detail) => {
      const lines = resultOf(names.events).stdout.split("\n");
      const event = lines.find(
        (line) => line.includes(`"function_name":"${place}"`) && line.includes(detail),
      );
      expect(event).toContain('"action":"KPROBE_ACTION_POST"');
      expect(event).not.toContain('"denied"');
    });

    it("leaves what it guards as it was", () => {
      expect(resultOf(names.after).stdout).toBe(resultOf(names.before).stdout);
      expect(resultOf(names.before).exit).toBe(0);
    });

    it("reports what it stopped and loses no event", () => {
      const lines = resultOf(names.events).stdout.trim().split("\n");
      expect(lines.at(-1)).toMatch(/^\{"lost":0[,}]/);
      const stops = lines.filter((line) => line.includes('"process_kprobe"'));
      expect(stops.length).toBeGreaterThanOrEqual(found.stopped.length);
    });
  });
});

/** Whether an operation did what it was for. */
function tookEffect(effect: Effect): boolean {
  switch (effect.operation) {
    case "connect":
    case "connect-fast-open":
      return (effect.syns ?? 0) > 0;
    case "read":
    case "pread":
    case "readv":
    case "read-relative":
    case "read-namespace":
    case "read-chroot":
    case "read-symlink":
    case "read-reopened":
    case "read-mapped":
    case "sendfile":
    case "splice":
      return effect.error === 0 && effect.bytes > 0;
    default:
      return effect.error === 0;
  }
}
