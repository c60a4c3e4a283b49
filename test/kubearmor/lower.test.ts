/** What single parts of a KubeArmor policy say in the policy language. */
import { describe, expect, test } from "vitest";
import { parseSources, type ParseOptions } from "../../src/parser/parse.ts";
import { printPolicyTree } from "../../src/parser/policy/print.ts";
import { createSource } from "../../src/source/source.ts";

const head = (kind: string, annotations = ""): string =>
  `apiVersion: security.kubearmor.com/v1\nkind: ${kind}\nmetadata:\n  name: case\n${
    kind === "KubeArmorPolicy" ? "  namespace: shop\n" : ""
  }${annotations}spec:\n`;

/** The policies in the policy language, on one line each, without blanks that only align. */
async function printed(text: string, options: Partial<ParseOptions> = {}): Promise<string> {
  const parsed = await parseSources([createSource("case.yaml", text)], { parameters: new Map(), ...options });
  const errors = parsed.diagnostics.filter(({ severity }) => severity === "error");
  expect(errors.map(({ message }) => message)).toEqual([]);
  return printPolicyTree(parsed.value ?? { kind: "policy-tree", policies: [] })
    .replaceAll(/\s+/g, " ")
    .trim();
}

const file = "  file: {matchPaths: [{path: /etc/shadow}]}\n";

describe("which workloads a policy is for", () => {
  test.each([
    [
      "labels",
      `${head("KubeArmorPolicy")}  selector: {matchLabels: {app: web, tier: "1"}}\n${file}`,
      'containers where pod.namespace == "shop" and pod.labels["app"] == "web" and pod.labels["tier"] == "1"',
    ],
    [
      "containers of a pod",
      `${head("KubeArmorPolicy")}  selector: {matchLabels: {kubearmor.io/container.name: "[one, two]"}}\n${file}`,
      'containers where pod.namespace == "shop" and container.name in ["one", "two"]',
    ],
    [
      "labels that are not there",
      `${head("KubeArmorPolicy")}  selector: {matchExpressions: [{key: label, operator: NotIn, values: [app=web]}]}\n${file}`,
      'containers where pod.namespace == "shop" and pod.labels["app"] != "web"',
    ],
    [
      "namespaces",
      `${head("KubeArmorClusterPolicy")}  selector: {matchExpressions: [{key: namespace, operator: In, values: [a, b]}]}\n${file}`,
      'containers where pod.namespace in ["a", "b"]',
    ],
    ["all containers", `${head("KubeArmorClusterPolicy")}${file}`, "containers"],
    [
      "nodes",
      `${head("KubeArmorHostPolicy")}  nodeSelector: {matchLabels: {kubernetes.io/hostname: "*"}}\n${file}`,
      "host",
    ],
  ])("%s", async (_, text, scope) => {
    expect(await printed(text)).toContain(`applies to ${scope} on file.open`);
  });
});

test("action, severity, tags and message are those of the rule, else of the section, else of the spec", async () => {
  const text = `${head("KubeArmorPolicy")}  severity: 2
  tags: [spec]
  message: of the spec
  file:
    severity: 3
    message: of the section
    action: Audit
    matchPaths:
    - path: /a
    - {path: /b, severity: 4, action: Block, tags: [rule]}
`;
  const policy = await printed(text);
  expect(policy).toContain(
    'file.path == "/a" { severity 3 tags ["spec"] message "of the section" alert, limit default }',
  );
  expect(policy).toContain(
    'file.path == "/b" { severity 4 tags ["rule"] message "of the section" deny EACCES, alert, limit default }',
  );
});

describe("a posture", () => {
  const allow = (annotation = ""): string =>
    `${head("KubeArmorPolicy", annotation)}  network: {matchProtocols: [{protocol: tcp}], action: Allow}\n`;
  const block = { file: "audit", network: "block", capabilities: "audit" } as const;
  const annotation = (posture: string): string => `  annotations: {kubearmor-network-posture: ${posture}}\n`;

  test.each([
    ["is audit", allow(), undefined, "otherwise alert, limit default"],
    ["is what the command line says", allow(), block, "otherwise deny EACCES, alert, limit default"],
    [
      "is what the policy says",
      allow(annotation("block")),
      undefined,
      "otherwise deny EACCES, alert, limit default",
    ],
    ["is rather what the policy says", allow(annotation("audit")), block, "otherwise alert, limit default"],
  ])("%s", async (_, text, postures, otherwise) => {
    const options = postures === undefined ? {} : { postures };
    expect(await printed(text, options)).toContain(`in group "kubearmor network" { ${otherwise} }`);
  });

  test("is there only where something is allowed", async () => {
    expect(await printed(`${head("KubeArmorPolicy")}${file}`)).not.toContain("otherwise");
  });
});

test("a process with a terminal is refused where `pts: false` stands, and a Block refuses nothing else", async () => {
  const text = (action: string): string =>
    `${head("KubeArmorHostPolicy")}  nodeSelector: {matchLabels: {kubernetes.io/hostname: "*"}}
  process: {matchPaths: [{path: /usr/bin/id, pts: false}], action: ${action}}
`;
  expect(await printed(text("Block"))).toMatch(
    /deny EACCES, alert, limit default when process\.tty exists allow/,
  );
  expect(await printed(text("Allow"))).toMatch(
    /deny EACCES, alert, limit default when process\.tty exists allow/,
  );
  expect(await printed(text("Audit"))).toMatch(/alert, limit default when process\.tty exists allow/);
  expect(await printed(text("Block").replace("false", "true"))).not.toContain("process.tty");
});
