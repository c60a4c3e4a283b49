import { describe, expect, it } from "vitest";
import { lowerPolicies } from "../../src/ir/lower/lower.ts";
import { verify } from "../../src/ir/verify/verify.ts";
import type { Bool, Ir, IrHook, Network } from "../../src/ir/ir.ts";
import { limits } from "../../src/kernel/limits.ts";
import { supportedTargets } from "../../src/kernel/target.ts";
import { elementAt } from "../../src/source/invariant.ts";
import { alert, block, compare, hook, kill, policy, rule, span, string, tree } from "./policy-builder.ts";

const open = hook("security_file_open", ["file: file"]);

function lowered(text: string, rules = 1): Ir {
  const condition = compare("file", "starts-with", string(text));
  const outcome = lowerPolicies(
    tree(policy("p", block(open, ...Array.from({ length: rules }, () => rule(condition, kill, alert))))),
    { targets: supportedTargets },
  );
  if (outcome.value === undefined) {
    throw new Error(JSON.stringify(outcome.diagnostics.map(({ message }) => message)));
  }
  return outcome.value;
}

function withHook(ir: Ir, change: (hook: IrHook) => IrHook): Ir {
  return { ...ir, hooks: ir.hooks.map(change) };
}

function withArguments(count: number): Ir {
  const parameters = Array.from({ length: count }, (_, index) => ({ name: `a${index}`, cType: "int" }));
  return withHook(lowered("/etc"), (original) => ({
    ...original,
    attachments: original.attachments.map((attachment) => ({
      ...attachment,
      alternatives: attachment.alternatives.map((point) => ({ ...point, parameters })),
    })),
  }));
}

function withPrograms(count: number): Ir {
  return withHook(lowered("/etc"), (original) => ({
    ...original,
    attachments: Array.from({ length: count }, () => {
      const first = elementAt(original.attachments, 0);
      return { ...first, alternatives: first.alternatives.filter(({ kind }) => kind === "fmod_ret") };
    }),
  }));
}

function withCondition(condition: Bool): Ir {
  return withHook(lowered("/etc"), (original) => ({
    ...original,
    blocks: original.blocks.map((each) => ({
      ...each,
      rules: each.rules.map((eachRule) => ({ ...eachRule, condition })),
    })),
  }));
}

function withAtoms(count: number): Ir {
  const atom: Bool = { kind: "atom", field: 0, test: { kind: "networks", networks: [] }, span };
  return withCondition({ kind: "or", operands: Array.from({ length: count }, () => atom) });
}

function withValues(count: number): Ir {
  const network: Network = { address: new Uint8Array(16), prefixLength: 0, text: "::/0" };
  const networks = Array.from({ length: count }, () => network);
  return withCondition({ kind: "atom", field: 0, test: { kind: "networks", networks }, span });
}

const path = (bytes: number): string => "/".padEnd(bytes, "e");

const cases: readonly [string, () => Ir, () => Ir, string][] = [
  [
    "instructions",
    () => withAtoms(124_948),
    () => withAtoms(124_949),
    "1000004 instructions for `security_file_open`: the limit is 1000000",
  ],
  [
    "values",
    () => withValues(limits.valuesPerField),
    () => withValues(limits.valuesPerField + 1),
    "1048577 values for `file.path`: the limit is 1048576",
  ],
  [
    "rules",
    () => lowered("/etc", limits.rulesPerHook),
    () => lowered("/etc", limits.rulesPerHook + 1),
    "4097 rules on `security_file_open`: the limit is 4096",
  ],
  [
    "bytes of text",
    () => lowered(path(255)),
    () => lowered(path(256)),
    "256 bytes of text: the limit is 255",
  ],
  ["arguments", () => withArguments(6), () => withArguments(7), "7 arguments of `file_open`: the limit is 6"],
  [
    "programs",
    () => withPrograms(38),
    () => withPrograms(39),
    "39 programs on `security_file_open`: the limit is 38",
  ],
];

describe("verify", () => {
  it.each(cases)("holds the limit of %s", (_name, under, over, message) => {
    expect(verify(under(), supportedTargets).diagnostics).toEqual([]);
    const outcome = verify(over(), supportedTargets);
    expect(outcome.value).toBeUndefined();
    expect(outcome.diagnostics.map((finding) => finding.message)).toContain(message);
  });

  it("refuses a target that can't give the verdict", () => {
    const lsmOnly = withHook(lowered("/etc"), (original) => ({
      ...original,
      attachments: original.attachments.map((attachment) => ({
        ...attachment,
        alternatives: attachment.alternatives.filter(({ kind }) => kind === "lsm"),
      })),
    }));
    expect(verify(lsmOnly, supportedTargets).diagnostics.map(({ message }) => message)).toEqual([
      "kernel 5.10 can't serve `security_file_open`",
    ]);
  });
});
