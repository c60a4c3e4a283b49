/** Limits and facts that only a target's BTF tells: prototypes, helpers, types of programs and maps. */
import { describe, expect, it } from "vitest";
import { lowerPolicies } from "../../src/ir/lower/lower.ts";
import { verify } from "../../src/ir/verify/verify.ts";
import { helperFeatures, mapFeatures, programFeatures } from "../../src/kernel/features.ts";
import { type Target, supportedTargets, targetFromBtf } from "../../src/kernel/target.ts";
import { alert, block, compare, deny, hook, integer, policy, rule, string, tree } from "./policy-builder.ts";
import { type SmallType, smallBtf } from "./small-btf.ts";

const everything = [helperFeatures, programFeatures, mapFeatures].flatMap((table) =>
  Object.values(table).flatMap((feature) => ("enumerator" in feature ? [feature.enumerator] : [])),
);

function kernel(
  functions: Readonly<Record<string, readonly SmallType[]>>,
  without: readonly string[] = [],
): Target {
  const enumerators = [...new Set(everything)].filter((name) => !without.includes(name));
  const { value, diagnostics } = targetFromBtf("small", smallBtf({ functions, enumerators }));
  if (value === undefined) {
    throw new Error(diagnostics.map(({ message }) => message).join());
  }
  return value;
}

const mask = tree(
  policy(
    "p",
    block(
      hook("security_file_permission", ["file: file", "mask: int"]),
      rule(compare("file", "starts-with", string("/etc")), deny()),
    ),
  ),
);

/** Codes, messages and help of what `target` refuses in a policy that was made for the supported kernels. */
function findings(target: Target, policies = mask): readonly (string | undefined)[] {
  const { value } = lowerPolicies(policies, { targets: supportedTargets });
  return value === undefined
    ? ["not lowered"]
    : verify(value, [target]).diagnostics.flatMap(({ code, message, help }) => [code, message, help]);
}

const sound = {
  bpf_lsm_file_permission: ["struct file *", "int"],
  security_file_permission: ["struct file *", "int"],
} as const;

describe("a target with BTF", () => {
  it("serves a hook whose functions take what the programs read", () => {
    expect(findings(kernel(sound))).toEqual([]);
  });

  it("may have one attach point only", () => {
    expect(findings(kernel({ bpf_lsm_file_permission: sound.bpf_lsm_file_permission }))).toEqual([]);
    expect(findings(kernel({ security_file_permission: sound.security_file_permission }))).toEqual([]);
    expect(findings(kernel({}))).toEqual([
      "not-attachable",
      "kernel small can't refuse at `security_file_permission`",
      "it has no function `security_file_permission`; name other targets with `--target`, or use another hook",
    ]);
  });

  it("must have the same number of arguments", () => {
    const long = ["struct file *", "int", "int"] as const;
    expect(findings(kernel({ bpf_lsm_file_permission: long, security_file_permission: long }))).toEqual([
      "prototype-mismatch",
      "kernel small can't refuse at `security_file_permission`",
      "`security_file_permission` has 3 arguments there, not 2; name other targets with `--target`, or use another hook",
    ]);
  });

  it("must have arguments of the same types", () => {
    const other = { security_file_permission: ["struct path *", "int"] } as const;
    const wide = { security_file_permission: ["struct file *", "long"] } as const;
    const opaque = { security_file_permission: ["void *", "int"] } as const;
    expect(findings(kernel(other)).slice(2)).toEqual([
      "`security_file_permission` takes `struct path *` as argument 1 there, not `struct file *`; name other targets with `--target`, or use another hook",
    ]);
    expect(findings(kernel(wide)).slice(2)).toEqual([
      "`security_file_permission` takes `long` as argument 2 there, not `int`; name other targets with `--target`, or use another hook",
    ]);
    expect(findings(kernel(opaque))).toEqual([]);
  });

  it("must have the types of programs, maps and helpers", () => {
    expect(findings(kernel(sound, ["BPF_LSM_MAC"]))).toEqual([]);
    expect(findings(kernel(sound, ["BPF_LSM_MAC", "BPF_MODIFY_RETURN"]))).toEqual([
      "not-attachable",
      "kernel small can't refuse at `security_file_permission`",
      "programs of type `fmod_ret` came with 5.7; name other targets with `--target`, or use another hook",
    ]);
    expect(findings(kernel(sound, ["BPF_MAP_TYPE_LPM_TRIE"]))).toEqual([
      "feature-missing",
      "kernel small has no maps of type `lpm_trie`, which `security_file_permission` needs",
      "kernels have it from 4.11 on: name other targets with `--target`",
    ]);
    expect(findings(kernel(sound, ["BPF_FUNC_send_signal"]))).toEqual([
      "feature-missing",
      "kernel small has no helper `bpf_send_signal`, which `security_file_permission` needs",
      "kernels have it from 5.3 on: name other targets with `--target`",
    ]);
  });

  it("runs the programs for 5.10 where it has no bpf_loop", () => {
    expect(findings(kernel(sound, ["BPF_FUNC_loop"]))).toEqual([]);
  });
});

describe("functions with many arguments", () => {
  const names = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => `a${index}: int`);
  const counting = (count: number): ReturnType<typeof tree> =>
    tree(
      policy(
        "p",
        block(hook("some_function", names(count)), rule(compare(`a${count - 1}`, "in", integer(1)), alert)),
      ),
    );

  it("are served up to six arguments, up to twelve from 6.6 on", () => {
    const six = kernel({ some_function: Array.from({ length: 6 }, () => "int" as const) });
    const seven = kernel({ some_function: Array.from({ length: 7 }, () => "int" as const) });
    expect(findings(six, counting(6))).toEqual([]);
    expect(findings(seven, counting(7))).toEqual([
      "too-many-arguments",
      "kernel small can't serve `some_function`",
      "`some_function` has 7 arguments: the limit is 6 there; name other targets with `--target`, or use another hook",
    ]);
    expect(findings({ ...seven, version: { major: 6, minor: 6 } }, counting(7))).toEqual([]);
  });
});
