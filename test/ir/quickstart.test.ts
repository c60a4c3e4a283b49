import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lowerPolicies } from "../../src/ir/lower/lower.ts";
import { printIr } from "../../src/ir/print.ts";
import { verify } from "../../src/ir/verify/verify.ts";
import { supportedTargets } from "../../src/kernel/target.ts";
import { lowerTracingPolicy } from "../../src/parser/tetragon/lower.ts";
import { readYaml } from "../../src/parser/yaml/read.ts";
import { createSource } from "../../src/source/source.ts";

const folder = "../shared/corpus/tetragon/quickstart";
const isPresent = existsSync(folder);
if (!isPresent) {
  console.log(`skipped: ${folder} is absent`);
}

const parameters = new Map([
  ["PODCIDR", "10.44.0.0/14"],
  ["SERVICECIDR", "10.48.0.0/20"],
]);

function compile(file: string): { text: string; codes: readonly string[] } {
  const source = createSource(file, readFileSync(`${folder}/${file}`, "utf8"));
  const [document] = readYaml(source, { values: parameters, used: new Set() }).documents;
  const policy = document?.root === undefined ? undefined : lowerTracingPolicy(document.root).value;
  if (policy === undefined) {
    throw new Error(`${file} is no policy`);
  }
  const ir = lowerPolicies({ kind: "policy-tree", policies: [policy] }, { targets: supportedTargets });
  if (ir.value === undefined) {
    return { text: "", codes: ir.diagnostics.map(({ code }) => code) };
  }
  const verified = verify(ir.value, supportedTargets);
  return {
    text: printIr(ir.value),
    codes: [...ir.diagnostics, ...verified.diagnostics].map(({ code }) => code),
  };
}

const attachmentsOf = (text: string): readonly string[] =>
  text.split("\n").filter((line) => /^ {2}(hook|also|guard) /.test(line));

describe.runIf(isPresent)("the quickstart policies, unmodified", () => {
  it("enforce on files", () => {
    const { text, codes } = compile("file_monitoring_enforce.yaml");
    // File endings such as `.bashrc` are written as prefixes there.
    expect(new Set(codes)).toEqual(new Set(["path-not-absolute"]));
    expect(attachmentsOf(text)).toEqual([
      "  hook lsm/file_permission, else fmod_ret/security_file_permission",
      "  hook lsm/mmap_file, else fmod_ret/security_mmap_file",
      "  hook lsm/path_truncate, else fmod_ret/security_path_truncate",
      "  also lsm/file_truncate, else fmod_ret/security_file_truncate (where present)",
    ]);
    expect(text.match(/kill signal 9 errno 1, report, unresolved: match/g)).toHaveLength(6);
  });
  it("enforce on the network", () => {
    const { text, codes } = compile("network_egress_cluster_enforce.yaml");
    expect(codes).toEqual([]);
    expect(attachmentsOf(text)[0]).toBe("  hook fentry/tcp_connect");
    expect(attachmentsOf(text)).toHaveLength(3);
  });
  it("observe with their twins", () => {
    expect(attachmentsOf(compile("file_monitoring.yaml").text)).toEqual([
      "  hook fexit/security_file_permission",
      "  hook fexit/security_mmap_file",
      "  hook fexit/security_path_truncate",
      "  also fexit/security_file_truncate (where present)",
    ]);
    expect(attachmentsOf(compile("network_egress_cluster.yaml").text)).toEqual(["  hook fentry/tcp_connect"]);
  });
});
