import { beforeAll, describe, expect, it } from "vitest";
import type { StepResult } from "../../src/vm/guest-job.ts";
import { compileExample, exampleSteps, fates, guestSteps, readExamples } from "./example.ts";
import { runInGuest, testKernels } from "./guest.ts";

/** Eight policies are loaded one after the other: minutes on a busy machine. */
const GUEST_SECONDS = 600;
const BOOT_LIMIT = (GUEST_SECONDS + 40) * 1_000;

const kernels = testKernels("examples", ["6.1"]);
const examples = readExamples();

describe.each(kernels)("examples on kernel %s", (kernel) => {
  let results: readonly StepResult[] = [];

  beforeAll(async () => {
    results = await runInGuest(
      kernel,
      examples.flatMap((example) => guestSteps(example, compileExample(example))),
      { timeoutSeconds: GUEST_SECONDS },
    );
  }, BOOT_LIMIT);

  const resultOf = (name: string): StepResult => {
    const found = results.find((result) => result.name === name);
    if (found === undefined) {
      throw new Error(`no result of step ${name}`);
    }
    return found;
  };

  describe.each(examples)("$name", (example) => {
    const names = exampleSteps(example);
    const outputOf = (step: string): string => {
      const { exit, stderr, stdout } = resultOf(step);
      return `${stdout}\n${exit === 0 ? "" : `exit ${exit}: ${stderr}`}`;
    };

    it("has commands that nothing refuses without the policy", () => {
      const control = fates(example, outputOf(names.control));
      expect([...control.keys()]).toEqual([...Object.keys(example.refused), ...Object.keys(example.allowed)]);
      expect([...control].filter(([, fate]) => fate === "refused")).toEqual([]);
    });

    it.each(Object.keys(example.refused))("refuses %s", (name) => {
      expect(fates(example, outputOf(names.run)).get(name), outputOf(names.run)).toBe("refused");
    });

    it.each(Object.keys(example.allowed))("allows %s", (name) => {
      expect(fates(example, outputOf(names.run)).get(name), outputOf(names.run)).toBe("done");
    });

    it("reports each refusal and loses no event", () => {
      const lines = resultOf(names.events).stdout.trim().split("\n");
      expect(lines.at(-1)).toMatch(/^\{"lost":0[,}]/);
      const denied = lines.filter((line) => line.includes('"denied":true'));
      expect(denied.length).toBeGreaterThanOrEqual(Object.keys(example.refused).length);
    });
  });
});
