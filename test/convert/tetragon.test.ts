import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { convertPolicies } from "../../src/convert/convert.ts";
import { hasErrors } from "../../src/diagnostics/diagnostic.ts";
import { lowerPolicies } from "../../src/ir/lower/lower.ts";
import { parseSources } from "../../src/parser/parse.ts";
import type { PolicyTree } from "../../src/parser/policy/tree.ts";
import { createSource, spanText } from "../../src/source/source.ts";
import { withoutSpans } from "../policy-language/without-spans.ts";

const parameters = new Map([
  ["PODCIDR", "10.0.0.0/8"],
  ["SERVICECIDR", "10.96.0.0/12"],
]);

async function parse(name: string, text: string): Promise<PolicyTree | undefined> {
  const used = new Map([...parameters].filter(([key]) => text.includes(`\${${key}}`)));
  const { diagnostics, value } = await parseSources([createSource(name, text)], { parameters: used });
  return hasErrors(diagnostics) || value?.policies.length === 0 ? undefined : value;
}

function meaning(tree: PolicyTree | undefined): unknown {
  return tree && withoutSpans(lowerPolicies(tree, { targets: [] }).value);
}

async function convert(text: string): Promise<{ readonly text: string; readonly losses: readonly string[] }> {
  const tree = await parse("input.policy", text);
  expect(tree, text).toBeDefined();
  const converted = convertPolicies(tree ?? { kind: "policy-tree", policies: [] }, "tetragon");
  const losses = converted.diagnostics.map(({ message, span }) => {
    return `${message} | ${span === undefined ? "" : spanText(span)}`;
  });
  return { text: converted.text, losses };
}

const folders = [
  ["test/fixtures/accept", "fixtures.txt"],
  ["../shared/corpus/tetragon", "corpus.txt"],
] as const;

/** What the converter can't say yet, by file. `UPDATE_FIXTURES=1` writes it: read the difference. */
function expectLosses(name: string, losses: readonly string[]): void {
  const path = join("test/fixtures/convert/losses", name);
  const text = losses.map((loss) => `${loss}\n`).join("");
  if (process.env["UPDATE_FIXTURES"] === "1") {
    writeFileSync(path, text);
  }
  expect(text).toBe(readFileSync(path, "utf8"));
}

test.each(folders)(
  "what is read from %s is written as a TracingPolicy of an equal IR",
  async (folder, stated) => {
    if (!existsSync(folder)) {
      console.log(`skipped: ${folder} is not here`);
      return;
    }
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".yaml"),
    );
    let compared = 0;
    const losses: string[] = [];
    for (const name of names.sort()) {
      const tree = await parse(name, readFileSync(join(folder, name), "utf8"));
      const before = meaning(tree);
      if (tree === undefined || before === undefined) {
        continue;
      }
      const { diagnostics, text } = convertPolicies(tree, "tetragon");
      if (diagnostics.length > 0) {
        losses.push(...new Set(diagnostics.map(({ message }) => `${name}: ${message}`)));
        continue;
      }
      expect(meaning(await parse("again.yaml", text)), `${name}\n${text}`).toEqual(before);
      compared += 1;
    }
    console.log(`${compared} of ${names.length} files of ${folder} were compared`);
    expectLosses(stated, losses);
    expect(compared).toBeGreaterThan(4);
  },
);

const onFile = (rules: string, head = ""): string =>
  `policy "example" ${head} {\n  on kprobe security_file_permission(f: file, mask: int) {\n    ${rules}\n  }\n}\n`;

test.each([
  ["alternatives", 'deny, alert when f.path == "/a" or mask has [MAY_READ]'],
  ["a negated alternative", "deny, alert when not (mask == 1 or mask in 4..8)"],
  ["orders", "deny, alert when mask >= 2 and mask <= 5"],
  ["a missing path", 'kill, alert when f.path exists and f.path != "/a"'],
  ["an exception", 'silent when f.path starts with "/srv"\n    kill SIGTERM when mask == 2'],
])("%s can be said", async (_, rules) => {
  const { losses, text } = await convert(onFile(rules));
  expect(losses).toEqual([]);
  expect(await parse("again.yaml", text), text).toBeDefined();
});

describe("what can't be said leaves the whole block out", () => {
  test.each([
    [
      "an operator",
      'deny when f.path under "/etc"',
      'no filter has this operator for this value | f.path under "/etc"',
    ],
    [
      "a path that may be missing",
      'deny when f.path != "/a"',
      'no filter has this operator for this value | f.path != "/a"',
    ],
    [
      "letter case",
      'deny when f.path == "/a" ignoring case',
      'no filter compares `ignoring case` | f.path == "/a" ignoring case',
    ],
    ["another field", 'deny when ancestor[2].exe == "/a"', "no filter asks for this value | ancestor[2].exe"],
    ["existence", "deny when f.path exists", "no filter asks whether a value `exists` | f.path exists"],
    ["a text", 'alert "x" when mask == 1', 'events have no text of their own | "x"'],
    [
      "a limit",
      "alert, limit 10 per 1s when mask == 1",
      "`rateLimit` counts one of several equal events per thread, process or rule | limit 10 per 1s",
    ],
    [
      "too many alternatives",
      `deny when ${Array.from({ length: 8 }, (_, index) => `(mask == ${index} or mask == ${index + 20})`).join(" and ")}`,
      undefined,
    ],
    ["a rule that never matches", "deny when false", undefined],
  ])("%s", async (_, rule, expected) => {
    const { losses, text } = await convert(
      onFile(`alert when mask == 7\n    ${rule}`).replace(
        /alert when mask == 7\n {4}(?=deny when false)/,
        "",
      ),
    );
    expect(text).toBe("");
    expect(losses).toHaveLength(1);
    if (expected !== undefined) {
      expect(losses).toEqual([expected]);
    }
  });

  test("texts of the policy, and the policy's place", async () => {
    const rule = "alert when mask == 1";
    expect((await convert(onFile(rule).replace("{", '{\n  severity 3\n  tags ["x"]'))).losses).toHaveLength(
      2,
    );
    expect((await convert(onFile(rule).replace("{", "{\n  applies to host"))).text).toBe("");
    expect((await convert(onFile(rule).replace("example", "No Name"))).text).toBe("");
    expect((await convert('policy "example" { on file.open { deny } }')).losses).toEqual([
      "a TracingPolicy has no portable events | file.open",
    ]);
  });
});
