import { testKernels } from "./guest.ts";
import { beforeAll, describe, expect, it } from "vitest";
import { type Expectation, readGroups } from "./tetragon-case.ts";
import { readEvent } from "./tetragon-event-schema.ts";
import {
  type Came,
  type GuestRun,
  type Judged,
  compileGroups,
  judge,
  runGroups,
  targetOf,
} from "./tetragon-run.ts";

/** `POLICYC_TEST_CASES=NAME,…` has only these folders tried. */
const kernels = testKernels("TracingPolicies", ["6.1", "6.12"]);
const all = readGroups();

/**
 * Unless the environment names kernels, or asks for all with `POLICYC_ALL_KERNELS`, others than 6.1 have these: a
 * boot with all takes minutes.
 */
const EVERYWHERE: ReadonlySet<string> = new Set(["binaries", "credentials", "paths", "selectors", "sockets"]);
const isAsked =
  process.env["POLICYC_TEST_KERNELS"] !== undefined || process.env["POLICYC_ALL_KERNELS"] !== undefined;

describe.each(kernels)("TracingPolicies on kernel %s", (kernel) => {
  const groups = all.filter(({ name }) => isAsked || kernel === "6.1" || EVERYWHERE.has(name));
  let judged: readonly Judged[] = [];
  let run: GuestRun | undefined;

  beforeAll(async () => {
    const target = await targetOf(kernel);
    judged = await Promise.all(groups.map((group) => judge(group, target)));
    const compiling = judged.filter(({ tree }) => tree !== undefined);
    const bundle = await compileGroups(compiling, target);
    run = await runGroups(
      kernel,
      compiling.map(({ group }) => group),
      bundle,
    );
  }, 580_000);

  describe.each(groups)("$name", (group) => {
    const { refused, accounts, cases } = group;
    const policyNames = (): readonly string[] =>
      judged.find((each) => each.group === group)?.tree?.policies.map(({ name }) => name.text) ?? [];
    const reason = refused[kernel];
    if (reason !== undefined) {
      it(`is refused: ${reason}`, () => {
        const codes = judged.find((each) => each.group === group)?.errors.map(({ code }) => code);
        expect(codes).toContain(reason);
      });
      return;
    }

    it("compiles", () => {
      const found = judged.find((each) => each.group === group);
      expect(found?.errors.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
    });

    it.each(cases)("$name", (each) => {
      expectOutcome(run?.enforced.get(each), each, policyNames());
    });

    it.each(cases.filter(({ monitored }) => monitored !== undefined))("$name, monitored", (each) => {
      expectOutcome(run?.monitored.get(each), each.monitored ?? each, policyNames());
    });

    it.each(Object.entries(accounts))("counts alerts of %s", (id, account) => {
      expect(alertsOf(run?.status ?? "", id)).toEqual(account);
    });
  });

  it("prints events that readers of Tetragon's understand", () => {
    const events = (run?.lines ?? []).map((line): unknown => JSON.parse(line));
    const known = events.filter((event) => Object.keys(event as object).some((key) => /^process_/.test(key)));
    expect(known.length).toBeGreaterThan(0);
    const faults = known.flatMap((event) =>
      readEvent(event).map((fault) => `${fault} of ${JSON.stringify(event)}`),
    );
    expect(faults.slice(0, 10)).toEqual([]);
  });

  it("loses no event", () => {
    expect(run?.status).toMatch(/"lost":0[,}]/);
  });
});

/** What the JSON of `status` says of a rule's alerts. */
function alertsOf(status: string, id: string): unknown {
  const { loaded } = JSON.parse(status) as {
    loaded: readonly { rules: readonly { id: string; alerts?: unknown }[] }[];
  };
  return loaded.flatMap(({ rules }) => rules).find((rule) => rule.id === id)?.alerts;
}

function expectOutcome(came: Came | undefined, expected: Expectation, policies: readonly string[]): void {
  if (came === undefined) {
    throw new Error("the operation was not tried");
  }
  expect(came.effect).toMatchObject(expected.effect);
  const own = came.events.filter(({ policy }) => policy !== undefined && policies.includes(policy));
  const left = own.map(({ json }) => json);
  for (const part of expected.events) {
    const at = left.findIndex((json) => contains(json, part));
    expect(
      at,
      `no event with ${JSON.stringify(part)} among ${JSON.stringify(left, null, 1)}`,
    ).toBeGreaterThanOrEqual(0);
    left.splice(at, 1);
  }
  for (const part of expected.absent) {
    expect(left.filter((json) => contains(json, part))).toEqual([]);
  }
  if (expected.silent) {
    expect(left).toEqual([]);
  }
}

/** Whether a value has at least the fields of a part; lists have the same length. */
function contains(value: unknown, part: unknown): boolean {
  try {
    expect(value).toMatchObject(part as object);
    return true;
  } catch {
    return false;
  }
}
