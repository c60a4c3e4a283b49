/** Every limit: one case just under it, one just over. */
import { describe, expect, it } from "vitest";
import type { Ir, IrHook } from "../../src/ir/ir.ts";
import { lowerPolicies } from "../../src/ir/lower/lower.ts";
import { type Budget, type MapBudget, type ProgramBudget, measure } from "../../src/ir/verify/budget.ts";
import { checkBudget, verify } from "../../src/ir/verify/verify.ts";
import { worstOverestimate } from "../../src/ir/verify/weights.ts";
import type { AttachPoint } from "../../src/kernel/hook.ts";
import { limits } from "../../src/kernel/limits.ts";
import { type Target, supportedTargets } from "../../src/kernel/target.ts";
import type { ComparisonOperator } from "../../src/parser/policy/tree.ts";
import { elementAt } from "../../src/source/invariant.ts";
import { alert, block, compare, hook, kill, policy, rule, string, tree } from "./policy-builder.ts";

const open = hook("security_file_open", ["file: file"]);

function lowered(text: string, rules = 1, operator: ComparisonOperator = "starts-with"): Ir {
  const condition = compare("file", operator, string(text));
  const outcome = lowerPolicies(
    tree(policy("p", block(open, ...Array.from({ length: rules }, () => rule(condition, kill, alert))))),
    { targets: supportedTargets },
  );
  if (outcome.value === undefined) {
    throw new Error(JSON.stringify(outcome.diagnostics.map(({ message }) => message)));
  }
  return outcome.value;
}

const simple = lowered("/etc");

function withHook(ir: Ir, change: (hook: IrHook) => IrHook): Ir {
  return { ...ir, hooks: ir.hooks.map(change) };
}

function withPoints(change: (point: AttachPoint) => AttachPoint, keep: (point: AttachPoint) => boolean): Ir {
  return withHook(simple, (original) => ({
    ...original,
    attachments: original.attachments.map((attachment) => ({
      ...attachment,
      alternatives: attachment.alternatives.filter(keep).map(change),
    })),
  }));
}

function withArguments(count: number): Ir {
  const parameters = Array.from({ length: count }, (_, index) => ({ name: `a${index}`, cType: "int" }));
  return withPoints(
    (point) => ({ ...point, parameters }),
    () => true,
  );
}

function withAttachments(count: number): Ir {
  return withHook(simple, (original) => ({
    ...original,
    attachments: Array.from({ length: count }, () => elementAt(original.attachments, 0)),
  }));
}

const ofIr: readonly [string, Ir, Ir, string][] = [
  [
    "rules on a hook",
    lowered("/etc", limits.rulesPerHook),
    lowered("/etc", limits.rulesPerHook + 1),
    "4097 rules on `security_file_open`: the limit is 4096",
  ],
  [
    "arguments in registers",
    withArguments(6),
    withArguments(7),
    "kernels 5.10 and 6.1 can't refuse at `security_file_open`",
  ],
  [
    "arguments on the stack",
    withArguments(6),
    withArguments(13),
    "kernels 6.12 and 7.2 can't refuse at `security_file_open`",
  ],
  [
    "programs on a function",
    withAttachments(38),
    withAttachments(39),
    "39 programs on `bpf_lsm_file_open`: the limit is 38",
  ],
];

/** The messages for an IR; some limits are so far out that another one is passed on the way. */
function messages(ir: Ir, about: string): readonly string[] {
  const key = about.replaceAll(/\d+/g, "");
  return verify(ir, supportedTargets)
    .diagnostics.map(({ message }) => message)
    .filter((message) => message.replaceAll(/\d+/g, "") === key);
}

describe("limits of an IR", () => {
  it.each(ofIr)("%s", (_name, under, over, message) => {
    expect(messages(under, message)).toEqual([]);
    expect(verify(over, supportedTargets).value).toBeUndefined();
    expect(messages(over, message)).toContain(message);
  });
});

const budget = measure(simple);
const target = (name: string): Target =>
  elementAt(
    supportedTargets.filter((each) => each.name === name),
    0,
  );

function withPrograms(change: Partial<ProgramBudget>): Budget {
  return {
    ...budget,
    hooks: budget.hooks.map((each) => ({
      ...each,
      programs: each.programs.map((program) => ({ ...program, ...change })),
    })),
  };
}

function withMap(change: Partial<MapBudget>): Budget {
  const map: MapBudget = {
    name: "m",
    kind: "lpm_trie",
    keyBytes: 20,
    valueBytes: 4,
    entries: 1,
    bytes: 64,
    hook: 0,
  };
  return { ...budget, maps: [{ ...map, ...change }] };
}

const withValues = (values: number): Budget => ({
  ...budget,
  hooks: budget.hooks.map((each) => ({ ...each, fields: [{ name: "file.path", values }] })),
});

const walked = (callbacksOnce: number, callbacksAsLoops: number, boundedLoops = 10): Budget =>
  withPrograms({ walked: { callbacksOnce, callbacksAsLoops, boundedLoops } });

/** Budgets made by hand: what no IR needs yet, and numbers that would take an IR of megabytes. */
const ofBudget: readonly [string, readonly string[], Budget, Budget, string][] = [
  [
    "rules in all",
    ["6.1"],
    { ...budget, rules: limits.rules },
    { ...budget, rules: limits.rules + 1 },
    "16777217 rules in all: the limit is 16777216",
  ],
  [
    "policies",
    ["6.1"],
    { ...budget, policies: limits.policies },
    { ...budget, policies: limits.policies + 1 },
    "65537 policies: the limit is 65536",
  ],
  [
    "values of a field",
    ["6.1"],
    withValues(limits.valuesPerField),
    withValues(limits.valuesPerField + 1),
    "1048577 values for `file.path` of `security_file_open`: the limit is 1048576",
  ],
  [
    "instructions",
    ["6.1"],
    withPrograms({ instructions: limits.jumpInstructions }),
    withPrograms({ instructions: limits.jumpInstructions + 1 }),
    "32768 instructions for `security_file_open`: the limit is 32767",
  ],
  [
    "instructions that 6.1 may walk",
    ["6.1"],
    walked(1_000_000, 9_000_000),
    walked(1_000_001, 9_000_000),
    "about 1000001 instructions to verify `security_file_open`: kernels give up at 1000000",
  ],
  [
    "instructions that newer kernels may walk",
    ["6.1", "6.12", "7.2"],
    walked(10, 1_000_000),
    walked(10, 1_000_001),
    "about 1000001 instructions to verify `security_file_open`: kernels give up at 1000000",
  ],
  [
    "instructions that 5.10 may walk",
    ["5.10", "6.1"],
    walked(10, 9_000_000, 1_000_000),
    walked(10, 9_000_000, 1_000_001),
    "about 1000001 instructions to verify `security_file_open`: kernels give up at 1000000",
  ],
  [
    "steps of a loop on 5.10",
    ["5.10", "6.1"],
    withPrograms({ loopIterations: 1_000_000 }),
    withPrograms({ loopIterations: 1_000_001 }),
    "about 1000001 instructions to verify `security_file_open`: the limit is 1000000",
  ],
  [
    "iterations of bpf_loop",
    ["6.1"],
    withPrograms({ loopIterations: 1 << 23 }),
    withPrograms({ loopIterations: (1 << 23) + 1 }),
    "8388609 iterations of a loop for `security_file_open`: the limit is 8388608",
  ],
  [
    "stack",
    ["6.1"],
    withPrograms({ stackBytes: 512 }),
    withPrograms({ stackBytes: 513 }),
    "513 bytes of stack for `security_file_open`: the limit is 512",
  ],
  [
    "tail calls",
    ["6.1"],
    withPrograms({ tailCalls: 33 }),
    withPrograms({ tailCalls: 34 }),
    "34 tail calls for `security_file_open`: the limit is 33",
  ],
  [
    "key of a trie",
    ["5.10", "7.2"],
    withMap({ keyBytes: 260 }),
    withMap({ keyBytes: 261 }),
    "261 bytes of a key in map `m`: the limit of kernels 5.10 and 7.2 is 260",
  ],
  [
    "key of a hash",
    ["5.10", "6.1"],
    withMap({ kind: "hash", keyBytes: 512 }),
    withMap({ kind: "hash", keyBytes: 513 }),
    "513 bytes of a key in map `m`: the limit of kernel 5.10 is 512",
  ],
  [
    "value of each processor",
    ["6.1"],
    withMap({ kind: "percpu_array", valueBytes: 32_768 }),
    withMap({ kind: "percpu_array", valueBytes: 32_769 }),
    "32769 bytes of a value in map `m`: the limit of kernel 6.1 is 32768",
  ],
  [
    "value of an array",
    ["5.10", "6.1"],
    withMap({ kind: "array", valueBytes: 1 << 22 }),
    withMap({ kind: "array", valueBytes: (1 << 22) + 1 }),
    "4194305 bytes of a value in map `m`: the limit of kernel 5.10 is 4194304",
  ],
  [
    "bytes of a map",
    ["5.10", "6.1"],
    withMap({ bytes: limits.mapBytes }),
    withMap({ bytes: limits.mapBytes + 1 }),
    "4294963201 bytes in map `m`: the limit of kernel 5.10 is 4294963200",
  ],
  [
    "helpers",
    ["5.10", "6.1"],
    withPrograms({ helpers: ["bpf_ringbuf_output"] }),
    withPrograms({ helpers: ["bpf_strncmp"] }),
    "kernel 5.10 has no helper `bpf_strncmp`, which `security_file_open` needs",
  ],
  [
    "types of maps",
    ["5.10", "6.1"],
    withPrograms({ maps: ["ringbuf"] }),
    withPrograms({ maps: ["task_storage"] }),
    "kernel 5.10 has no maps of type `task_storage`, which `security_file_open` needs",
  ],
  [
    "maps where programs sleep",
    ["6.1", "6.12", "7.2"],
    withPrograms({ sleeps: true, maps: ["hash", "ringbuf"] }),
    withPrograms({ sleeps: true, maps: ["hash", "lpm_trie"] }),
    "kernels 6.1 and 6.12 have no maps of type `lpm_trie` for programs that sleep, as `security_file_open` needs",
  ],
];

describe("limits of a budget", () => {
  it.each(ofBudget)("%s", (_name, names, under, over, message) => {
    const targets = names.map(target);
    expect(checkBudget({ ir: simple, budget: under, targets })).toEqual([]);
    const found = checkBudget({ ir: simple, budget: over, targets });
    expect(found.map((finding) => finding.message)).toEqual([message]);
    expect(found.map((finding) => finding.span)).toEqual([
      message.includes("policies") ? undefined : elementAt(elementAt(budget.hooks, 0).rules, 0).span,
    ]);
    expect(found.every(({ help }) => help !== undefined)).toBe(true);
  });
});

describe("estimates that are far off", () => {
  const surely = limits.walkedInstructions * worstOverestimate.callbacksAsLoops;
  const codes = (amount: number): readonly string[] =>
    checkBudget({ ir: simple, budget: walked(10, amount), targets: supportedTargets }).map(
      ({ code, help }) => `${code}: ${help ?? ""}`,
    );

  it("refuse only what is surely too much", () => {
    const help =
      "on kernels 6.12 and 7.2; join rules that have the same actions, or put some of them on another hook";
    expect(codes(surely)).toEqual([`program-maybe-too-complex: ${help}`]);
    expect(codes(surely + 10)).toEqual([`program-too-complex: ${help}`]);
  });
});

describe("kernels that can't serve a hook", () => {
  const only = (kind: AttachPoint["kind"]): Ir =>
    withPoints(
      (point) => point,
      (point) => point.kind === kind,
    );

  function refusal(ir: Ir, targets: readonly Target[]): readonly (string | undefined)[] {
    return verify(ir, targets).diagnostics.flatMap(({ message, help }) => [message, help]);
  }

  it("lacks the security module", () => {
    expect(refusal(only("fmod_ret"), supportedTargets)).toEqual([]);
    expect(refusal(only("lsm"), supportedTargets)).toEqual([
      "kernel 5.10 can't refuse at `security_file_open`",
      "`bpf` is not among its security modules unless it boots with `lsm=…,bpf`; name other targets with `--target`, or use another hook",
    ]);
  });

  it("is older than the type of program", () => {
    const named = (minor: number): Target => ({
      name: `5.${minor}`,
      version: { major: 5, minor },
      bpfLsm: true,
    });
    const old = { ...withPrograms({ helpers: [], maps: [] }) };
    const found = (each: Target): readonly string[] =>
      checkBudget({ ir: simple, budget: { ...old, maps: [] }, targets: [each] }).map(
        ({ message }) => message,
      );
    expect(found(named(7))).toEqual([]);
    expect(found(named(6))).toEqual(["kernel 5.6 can't refuse at `security_file_open`"]);
  });

  it("has no such function, where the operation does not go another way", () => {
    const missing = (need: "required" | "if-present"): Ir =>
      withHook(
        withPoints(
          (point) => ({ ...point, requires: [{ kind: "kernel-function", name: "security_file_truncate" }] }),
          () => true,
        ),
        (original) => ({
          ...original,
          attachments: original.attachments.map((attachment) => ({ ...attachment, need })),
        }),
      );
    expect(refusal(missing("if-present"), supportedTargets)).toEqual([]);
    expect(refusal(missing("required"), supportedTargets)).toEqual([
      "kernels 5.10 and 6.1 can't refuse at `security_file_open`",
      "it has no function `security_file_truncate`; name other targets with `--target`, or use another hook",
    ]);
  });
});
