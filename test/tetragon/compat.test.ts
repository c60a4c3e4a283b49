import { describe, expect, test } from "vitest";
import { parseSources } from "../../src/parser/parse.ts";
import { printPolicyTree } from "../../src/parser/policy/print.ts";
import { createSource, spanText } from "../../src/source/source.ts";

const policy = (spec: string): string =>
  `apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: p}\nspec:\n${spec}`;

/** What is read, and what is said of it. */
async function read(
  spec: string,
  compat: "tetragon" | undefined,
): Promise<{ readonly text: string; readonly findings: readonly string[] }> {
  const { value, diagnostics } = await parseSources([createSource("p.yaml", policy(spec))], {
    parameters: new Map(),
    compat,
  });
  return {
    text: value === undefined ? "" : printPolicyTree(value),
    findings: diagnostics.map(({ code, span }) => `${code} ${span === undefined ? "" : spanText(span)}`),
  };
}

describe.each([
  {
    name: "ranges that are written from their end",
    spec: `  kprobes:
  - {call: tcp_connect, syscall: false, args: [{index: 0, type: sock}], selectors: [{matchArgs: [{index: 0, operator: DPort, values: ["90:80"]}]}]}
`,
    documented: { codes: ["empty-range"], text: undefined },
    engine: { codes: ['read-as-engine "90:80"'], text: "arg0.dport in 80..90" },
  },
  {
    name: "small numbers and their sign",
    spec: `  kprobes:
  - {call: f, syscall: false, args: [{index: 0, type: int8}], selectors: [{matchArgs: [{index: 0, operator: Equal, values: ["255"]}]}]}
`,
    documented: { codes: [], text: "f(arg0: int8)" },
    engine: { codes: ["read-as-engine int8"], text: "f(arg0: uint8)" },
  },
  {
    name: "errors at LSM hooks",
    spec: `  lsmhooks:
  - {hook: file_open, selectors: [{matchActions: [{action: Override, argError: -13}]}]}
`,
    documented: { codes: [], text: "deny 13" },
    engine: { codes: ["read-as-engine -13"], text: "deny 1," },
  },
  {
    name: "options that it does not know",
    spec: `  options: [{name: no-such-option, value: "1"}]
  lsmhooks:
  - {hook: file_open}
`,
    documented: { codes: ["unknown-value"], text: undefined },
    engine: { codes: ["read-as-engine no-such-option"], text: "on lsm file_open" },
  },
])("$name", ({ spec, documented, engine }) => {
  test("as documented", async () => {
    const { text, findings } = await read(spec, undefined);
    expect(findings.map((finding) => finding.split(" ")[0])).toEqual(documented.codes);
    if (documented.text !== undefined) {
      expect(text).toContain(documented.text);
    }
  });

  test("as the engine has it", async () => {
    const { text, findings } = await read(spec, "tetragon");
    expect(findings).toEqual(engine.codes);
    expect(text).toContain(engine.text);
  });
});

test("nothing is said of a policy that both read alike", async () => {
  const spec = `  lsmhooks:
  - {hook: file_open, args: [{index: 0, type: file}], selectors: [{matchActions: [{action: Override, argError: -1}]}]}
`;
  expect(await read(spec, "tetragon")).toEqual(await read(spec, undefined));
});
