import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Ir } from "../../src/ir/ir.ts";
import { lowerPolicies } from "../../src/ir/lower/lower.ts";
import { printIr } from "../../src/ir/print.ts";
import { supportedTargets, targetFromBtf } from "../../src/kernel/target.ts";
import type { HookReference, Policy } from "../../src/parser/policy/tree.ts";
import {
  alert,
  allow,
  and,
  block,
  cidr,
  compare,
  deny,
  hook,
  integer,
  kill,
  not,
  policy,
  range,
  rule,
  string,
  tree,
  word,
} from "./policy-builder.ts";

function lower(...policies: Policy[]): { ir: Ir | undefined; codes: string[] } {
  const { value, diagnostics } = lowerPolicies(tree(...policies), { targets: supportedTargets });
  return { ir: value, codes: diagnostics.map(({ code }) => code) };
}

function printed(...policies: Policy[]): string {
  const { ir, codes } = lower(...policies);
  expect(codes).toEqual([]);
  return ir === undefined ? "" : printIr(ir);
}

const permission = hook("security_file_permission", ["file: file", "mask: int"], "int");
const connect = hook("tcp_connect", ["sk: sock"]);
const reads = and(compare("file", "starts-with", string("/etc/shadow")), compare("mask", "in", integer(4)));
const outside = not(compare("sk.daddr", "in", string("127.0.0.1"), cidr("10.0.0.0/8")));

describe("the quickstart policies", () => {
  it("refuses file access where a program can deny", () => {
    expect(printed(policy("files", block(permission, rule(reads, kill, alert))))).toBe(
      [
        'policy 0 "files" enforce  # test.policy:1:1',
        "",
        "hook security_file_permission with result",
        "  hook lsm/file_permission, else fmod_ret/security_file_permission",
        "  field 0 mask: int32",
        "  field 1 file.path: path",
        "  capture argument 0: file",
        "  capture argument 1: int32",
        "  block of policy 0  # test.policy:1:1",
        "    rule files/security_file_permission#1: kill signal 9 errno 1, report, unresolved: match  # test.policy:1:1",
        "      and",
        '        file.path prefix "/etc/shadow"',
        "        mask in 4",
        "",
      ].join("\n"),
    );
  });

  it("observes with fexit when the return value is wanted", () => {
    expect(printed(policy("files", block(permission, rule(reads, alert))))).toContain(
      "  hook fexit/security_file_permission\n",
    );
  });

  it("takes the LSM hook's own argument for the flags of mmap", () => {
    const mmap = hook("security_mmap_file", ["file: file", "prot: uint32", "flags: uint32"]);
    const condition = compare("flags", "has-any", integer(1));
    const { ir } = lower(policy("maps", block(mmap, rule(condition, kill, alert))));
    expect(ir?.hooks[0]?.attachments[0]?.alternatives[0]?.argumentMappings[2]).toEqual({
      kind: "parameter",
      parameter: 3,
    });
  });

  it("also serves truncation where newer kernels do it", () => {
    const truncate = hook("security_path_truncate", ["path: path"], "int");
    const text = printed(
      policy("t", block(truncate, rule(compare("path", "starts-with", string("/etc")), kill))),
    );
    expect(text).toContain("  hook lsm/path_truncate, else fmod_ret/security_path_truncate\n");
    expect(text).toContain(
      "  also lsm/file_truncate, else fmod_ret/security_file_truncate (where present)\n",
    );
  });

  it("guards a killing rule on tcp_connect before the first packet", () => {
    const text = printed(policy("net", block(connect, rule(outside, kill, alert))));
    expect(text).toContain("  hook fentry/tcp_connect\n");
    expect(text).toContain(
      "  guard lsm/socket_connect [stream-connect], else fmod_ret/security_socket_connect",
    );
    expect(text).toContain(
      "  guard lsm/socket_sendmsg [fast-open-send], else fmod_ret/security_socket_sendmsg",
    );
    expect(text).toContain(
      "sk.daddr in 0000:0000:0000:0000:0000:ffff:0a00:0000/104 0000:0000:0000:0000:0000:ffff:7f00:0001/128",
    );
  });

  it("puts no guard on a rule that only reports", () => {
    expect(printed(policy("net", block(connect, rule(outside, alert))))).not.toContain("guard");
  });
});

describe("what rules of several policies become", () => {
  it("gives every rule an id of its own, also under one policy name", () => {
    const { ir } = lower(
      policy("same", block(connect, rule(outside, alert)), block(connect, rule(outside, alert))),
      policy("same", block(connect, rule(outside, alert))),
      policy("bad\u001b[31m", block(connect, rule(outside, alert))),
    );
    expect(ir?.hooks[0]?.blocks.flatMap(({ rules }) => rules.map(({ id }) => id))).toEqual([
      "same/tcp_connect#1",
      "same/tcp_connect#2",
      "same~2/tcp_connect#1",
      "bad\\u{1b}[31m/tcp_connect#1",
    ]);
  });

  it("lets a report not hide a later refusal when a value can't be read", () => {
    const { ir } = lower(
      policy("p", block(permission, rule(reads, alert), rule(reads, allow), rule(reads, deny()))),
    );
    expect(ir?.hooks[0]?.blocks[0]?.rules.map(({ onUnresolved }) => onUnresolved)).toEqual([
      "no-match",
      "no-match",
      "match",
    ]);
  });

  it("splits rules that compare the return value from rules that refuse", () => {
    const { ir, codes } = lower(
      policy(
        "p",
        block(permission, rule(reads, deny())),
        block(permission, rule(compare("return", "less", integer(0)), alert)),
      ),
    );
    expect(codes).toEqual([]);
    expect(ir?.hooks.map(({ attachments }) => attachments[0]?.alternatives[0]?.kind)).toEqual([
      "lsm",
      "fexit",
    ]);
  });
});

describe("LSM hooks", () => {
  const reference = hook("mmap_file", ["file: file", "requested: ulong", "final: ulong", "flags: ulong"]);
  const mmap: HookReference = reference.kind === "raw" ? { ...reference, section: "lsm" } : reference;
  const mappings = (field: string): unknown => {
    const condition = compare(field, "has-any", integer(4));
    const { ir, codes } = lower(policy("p", block(mmap, rule(condition, deny()))));
    expect(codes).toEqual([]);
    expect(ir?.hooks[0]?.fact.section).toBe("lsm");
    return ir?.hooks[0]?.attachments[0]?.alternatives.map(({ argumentMappings }) => argumentMappings);
  };
  const own = [0, 1, 2, 3].map((parameter) => ({ kind: "parameter", parameter }));

  it("have arguments of their own, which the security function gives as far as it can", () => {
    expect(mappings("flags")).toEqual([
      own,
      [
        { kind: "parameter", parameter: 0 },
        { kind: "parameter", parameter: 1 },
        { kind: "absent" },
        { kind: "parameter", parameter: 2 },
      ],
    ]);
  });
  it("are not served by a function that lacks a compared argument", () => {
    expect(mappings("final")).toEqual([own]);
  });
});

describe("numbers that may be missing", () => {
  it("are asked for, and those that are always there are not", () => {
    const exists = (field: string): string =>
      printed(policy("p", block(permission, rule(compare(field, "exists"), deny()))));
    expect(exists("process.tty")).toContain("process.tty in 0..4294967295");
    expect(exists("parent.pid")).toContain("parent.pid in 0..4294967295");
    const { codes } = lower(policy("p", block(permission, rule(compare("process.pid", "exists"), deny()))));
    expect(codes).toContain("condition-always-true");
  });
});

describe("faults", () => {
  const cases: readonly [string, Policy, string[]][] = [
    [
      "an unknown field",
      policy("p", block(connect, rule(compare("sk.dadr", "in", string("::1")), alert))),
      ["unknown-field"],
    ],
    [
      "a text operator on a number",
      policy("p", block(permission, rule(compare("mask", "starts-with", string("4")), alert))),
      ["operator-type-mismatch"],
    ],
    [
      "a number too large",
      policy("p", block(permission, rule(compare("mask", "in", integer(0x80000000)), alert))),
      ["value-out-of-range"],
    ],
    [
      "an unknown name of a value",
      policy("p", block(permission, rule(compare("mask", "in", word("MAY_REED")), alert))),
      ["unknown-value-name"],
    ],
    [
      "a malformed address",
      policy("p", block(connect, rule(compare("sk.daddr", "in", cidr("10.0.0.256")), alert))),
      ["invalid-address"],
    ],
    [
      "host bits",
      policy("p", block(connect, rule(compare("sk.daddr", "in", cidr("10.0.0.1/8")), alert))),
      ["address-host-bits"],
    ],
    [
      "a denial that nothing can give",
      policy("p", block(hook("tcp_close", ["sk: sock"]), rule(undefined, deny()))),
      ["verdict-not-possible"],
    ],
    [
      "a kill that comes too late",
      policy("p", block(hook("tcp_close", ["sk: sock"]), rule(undefined, kill))),
      ["kill-after-effect"],
    ],
    [
      "a guard that can't know a value",
      policy("p", block(connect, rule(compare("sk.state", "in", word("TCP_SYN_SENT")), kill))),
      ["kill-after-effect"],
    ],
    [
      "a denial by the return value",
      policy("p", block(permission, rule(compare("return", "in", integer(0)), deny()))),
      ["result-known-too-late"],
    ],
    [
      "an argument that is not there",
      policy("p", block(hook("tcp_connect", ["sk: sock", "x: int"]), rule(undefined, alert))),
      ["argument-out-of-range"],
    ],
    [
      "an argument of another type",
      policy("p", block(hook("tcp_connect", ["sk: file"]), rule(undefined, alert))),
      ["argument-type-mismatch"],
    ],
    [
      "a range that covers everything",
      policy("p", block(connect, rule(compare("sk.dport", "in", range(0, 65535)), alert))),
      ["condition-always-true"],
    ],
    [
      "an empty mask",
      policy("p", block(permission, rule(compare("mask", "has-any", integer(0)), alert))),
      ["condition-never-true"],
    ],
    [
      "an errno out of range",
      policy("p", block(permission, rule(undefined, deny(integer(4096))))),
      ["invalid-action-value"],
    ],
    [
      "a hook that some targets lack",
      policy("p", block(hook("security_file_truncate", ["file: file"]), rule(undefined, alert))),
      ["unknown-hook", "unknown-hook"],
    ],
    [
      "a relative prefix",
      policy("p", block(permission, rule(compare("file", "starts-with", string(".bashrc")), alert))),
      ["path-not-absolute"],
    ],
  ];
  it.each(cases)("finds %s", (_title, subject, codes) => {
    expect(lower(subject).codes).toEqual(codes);
  });
});

const vmlinux = "/sys/kernel/btf/vmlinux";
const isPresent = existsSync(vmlinux);
if (!isPresent) {
  console.log(`skipped: this machine has no ${vmlinux}`);
}

describe.runIf(isPresent)("with a target's BTF", () => {
  const host = isPresent ? targetFromBtf("host", readFileSync(vmlinux)).value : undefined;
  const lowerFor = (subject: Policy): { kinds: string[]; findings: string[] } => {
    const { value, diagnostics } = lowerPolicies(tree(subject), {
      targets: host === undefined ? [] : [host],
    });
    return {
      kinds: (value?.hooks ?? []).flatMap(({ attachments }) =>
        attachments.flatMap(({ alternatives }) => alternatives.map(({ kind }) => kind)),
      ),
      findings: diagnostics.map(({ code, help }) => `${code}: ${help ?? ""}`),
    };
  };
  it("knows the result of any function", () => {
    expect(
      lowerFor(policy("p", block(hook("tcp_sendmsg", ["sk: sock"], "int"), rule(undefined, alert)))),
    ).toEqual({
      kinds: ["fexit"],
      findings: [],
    });
  });
  it("refuses on any security function that returns an errno", () => {
    const subject = policy("p", block(hook("security_inode_mkdir", []), rule(undefined, deny())));
    expect(lowerFor(subject).kinds).toEqual(["lsm", "fmod_ret"]);
  });
  it("suggests the functions that exist", () => {
    const subject = policy("p", block(hook("tcp_conect", ["sk: sock"]), rule(undefined, alert)));
    expect(lowerFor(subject).findings[0]).toMatch(/^unknown-hook: did you mean .*`tcp_connect`/);
  });
  it("finds a declared type that contradicts the kernel's", () => {
    const subject = policy("p", block(hook("tcp_sendmsg", ["sk: file"]), rule(undefined, alert)));
    expect(lowerFor(subject).findings[0]).toMatch(/^argument-type-mismatch: .*`sock`/);
  });
});
