import { describe, expect, test } from "vitest";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { type LintOptions, lintSources } from "../../src/lint/lint.ts";
import { applyEdits } from "../../src/source/edit.ts";
import { createSource, spanText } from "../../src/source/source.ts";

async function lint(text: string, options: Partial<LintOptions> = {}): Promise<readonly Diagnostic[]> {
  const { diagnostics } = await lintSources([createSource("test.policy", text)], {
    parameters: new Map(),
    targets: [],
    enabled: [],
    ...options,
  });
  return diagnostics;
}

const hook = "kprobe security_file_permission(f: file, mask: int)";
const block = (rules: string, condition = ""): string =>
  `policy "a" {\n  on ${hook}${condition} {\n    ${rules}\n  }\n}\n`;

/** Findings of one line each: code and underlined text. */
async function found(text: string): Promise<readonly string[]> {
  return (await lint(text)).map(({ code, span }) => `${code} ${span === undefined ? "" : spanText(span)}`);
}

/** The text after the first fix of the first finding. */
async function mended(text: string): Promise<string> {
  const [finding] = await lint(text);
  return applyEdits(text, finding?.fixes[0]?.edits ?? []);
}

describe("rules that say something else than their author means", () => {
  const narrow = 'when f.path starts with "/srv"';
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    [
      "a look-alike letter",
      block('deny when f.path == "/etc/p\u0430sswd"'),
      ["confusable-character p\u0430sswd"],
    ],
    ["another script alone", block('deny when f.path == "/srv/\u0434\u0430"'), []],
    ["an escaped look-alike", block('deny when f.path == "/etc/p\\u{430}sswd"'), []],
    [
      "arguments at exec",
      'policy "a" {\n  on process.exec {\n    deny when process.args contains "-e"\n  }\n}\n',
      ["args-at-exec process.args"],
    ],
    [
      "arguments of the parent at exec",
      'policy "a" {\n  on process.exec {\n    deny when parent.args contains "-e"\n  }\n}\n',
      [],
    ],
    ["a merged directory", block('deny when f.path == "/bin/sh"'), ['merged-directory "/bin/sh"']],
    ["both forms", block('deny when f.path in ["/bin/sh", "/usr/bin/sh"]'), []],
    [
      "a link in /var",
      block('deny when f.path under "/var/run/secrets"'),
      ['merged-directory "/var/run/secrets"'],
    ],
    ["a name that only begins like a link", block('deny when f.path starts with "/binaries"'), []],
    ["a wildcard as a letter", block('deny when f.path == "/srv/*.key"'), ['glob-as-text "/srv/*.key"']],
    ["a wildcard in a glob", block('deny when f.path matches "/srv/*.key"'), []],
    ["a star in a name without a directory", block('deny when f.path ends with "*"'), []],
    ["the root directory", block('deny when f.path under "/"'), ['matches-everything "/"']],
    ["a prefix that all paths have", block('deny when f.path starts with "/"'), ['matches-everything "/"']],
    [
      "a prefix of a prefix",
      block('deny when f.path starts with ["/etc/ssh", "/etc"]'),
      ['redundant-value "/etc/ssh"'],
    ],
    [
      "a suffix of a suffix",
      block('deny when f.path ends with [".tar.gz", ".gz"]'),
      ['redundant-value ".tar.gz"'],
    ],
    ["directories beside each other", block('deny when f.path under ["/etc", "/etcetera"]'), []],
    ["a number in a range", block(`deny when mask in [1..4, 2] and f.path == "/a"`), ["redundant-value 2"]],
    [
      "a flag twice",
      block(`deny when mask has any [MAY_READ, MAY_READ] and f.path == "/a"`),
      ["redundant-value MAY_READ"],
    ],
    ["what has no path", block('deny when f.path != "/a"'), ['missing-value f.path != "/a"']],
    ["a path that is asked for", block('deny when f.path != "/a"', ' when f.path starts with "/srv"'), []],
    ["no path, and no refusal", block('alert when f.path != "/a" and mask == 1'), []],
    [
      "monitor mode",
      `policy "a" mode monitor {\n  on ${hook} { deny, alert ${narrow} }\n}\n`,
      ["monitor-refuses deny"],
    ],
    [
      "an allow list without a refusal",
      block(`allow ${narrow}`),
      [`allow-without-otherwise allow ${narrow}`],
    ],
    ["an allow list", block(`allow ${narrow}\n    otherwise deny`), []],
    ["an exception from a refusal", block(`allow ${narrow}\n    deny when mask has MAY_WRITE`), []],
    ["everything at a busy hook", block("alert"), ["unlimited-alert alert"]],
    ["almost everything at a busy hook", block('alert when f.path != "/a"'), ["unlimited-alert alert"]],
    ["one path at a busy hook", block('alert when f.path == "/a"'), []],
    ["everything at a quiet hook", 'policy "a" { on kprobe tcp_connect(sk: sock) { alert } }', []],
  ];
  test.each(cases)("%s", async (_, text, expected) => {
    expect(await found(text)).toEqual(expected);
  });
});

describe("rules that can't be reached", () => {
  const dead = "rule-never-matches";
  const shadowed = "rule-shadowed";
  const codes = async (text: string): Promise<readonly string[]> =>
    (await lint(text)).map(({ code }) => code);
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["ranges apart", block("deny when mask < 2 and mask > 5"), [dead]],
    ["texts apart", block('deny when f.path == "/a" and f.path starts with "/b"'), [dead]],
    [
      "a value and its opposite",
      block('deny when f.path == "/a" and not f.path starts with "/"'),
      [dead, "matches-everything"],
    ],
    ["block and rule apart", block("deny when mask in 7..9", " when mask in 1..4"), [dead]],
    ["ranges that meet", block("deny when mask < 5 and mask > 2"), []],
    ["a prefix and a suffix", block('deny when f.path starts with "/a" and f.path ends with "/b"'), []],
    [
      "an exception behind its rule",
      block('deny when f.path under "/etc"\n    allow when f.path == "/etc/hosts"'),
      [shadowed, "allow-without-otherwise"],
    ],
    [
      "an exception before its rule",
      block('allow when f.path == "/etc/hosts"\n    deny when f.path under "/etc"'),
      [],
    ],
    ["the same rule twice", block('deny when f.path == "/a"\n    kill when f.path == "/a"'), [shadowed]],
    ["a rule behind one for all", block('deny\n    alert when f.path == "/a"'), [shadowed]],
    ["otherwise behind one for all", block("deny\n    otherwise kill"), [shadowed]],
    ["a narrower range", block("deny when mask in 1..9\n    kill when mask in [2, 4]"), [shadowed]],
    ["a wider range", block("deny when mask in [2, 4]\n    kill when mask in 1..9"), []],
    ["fewer bits", block("deny when mask has any [1, 2]\n    kill when mask has any [2]"), [shadowed]],
    ["all bits of more", block("deny when mask has all [1]\n    kill when mask has all [3]"), [shadowed]],
    [
      "one part of several",
      block('deny when f.path == "/a"\n    kill when f.path == "/a" and mask == 4'),
      [shadowed],
    ],
    [
      "one of several",
      block('deny when f.path == "/a" or mask == 4\n    kill when f.path == "/a"'),
      [shadowed],
    ],
  ];
  test.each(cases)("%s", async (_, text, expected) => {
    expect([...(await codes(text))].sort()).toEqual([...expected].sort());
  });

  test("networks within networks", async () => {
    const text = `policy "a" {
      on kprobe tcp_connect(sk: sock) {
        allow when sk.daddr in 10.0.0.0/8
        kill when sk.daddr == 10.1.2.3
        kill when sk.daddr in 11.0.0.0/8
      }
    }`;
    expect(await codes(text)).toContain(shadowed);
    expect((await codes(text)).filter((code) => code === shadowed)).toHaveLength(1);
  });
});

describe("policies that contradict each other", () => {
  const policy = (name: string, rules: string, head = ""): string =>
    `policy "${name}" ${head} {\n  on ${hook} {\n    ${rules}\n  }\n}\n`;
  const list = (path: string): string => `allow when f.path under "${path}"\n    otherwise deny`;

  test("two allow lists of different things leave nothing allowed", async () => {
    expect(await found(policy("a", list("/a")) + policy("b", list("/b")))).toEqual([
      'policies-contradict allow when f.path under "/a"',
      'policies-contradict allow when f.path under "/b"',
    ]);
  });

  test.each([
    ["the same thing", policy("a", list("/a")) + policy("b", list("/a"))],
    ["a part of it", policy("a", list("/a")) + policy("b", list("/a/b")).replace("otherwise deny", "")],
    [
      "a policy that only watches",
      policy("a", list("/a")) + policy("b", 'deny when f.path under "/a"', "mode monitor"),
    ],
    ["one policy", policy("a", `allow when f.path == "/a"\n    deny when f.path under "/a"`)],
  ])("%s is no contradiction", async (_, text) => {
    expect(await found(text)).not.toContainEqual(expect.stringMatching(/^policies-contradict/));
  });
});

test.each([
  ['deny when f.path == "/bin/sh"', 'deny when f.path == "/usr/bin/sh"'],
  ['deny when f.path under ["/etc", "/etc/ssh"]', 'deny when f.path under ["/etc"]'],
  ['deny when f.path under ["/etc/ssh", "/etc"]', 'deny when f.path under ["/etc"]'],
  ['deny when f.path == "/etc/p\u0430sswd"', 'deny when f.path == "/etc/passwd"'],
])("the fix of `%s` leaves nothing to find", async (rule, fixed) => {
  expect(await mended(block(rule))).toBe(block(fixed));
  expect(await lint(block(fixed))).toEqual([]);
});

test("a rule's severity can be set, and a rule can be left out", async () => {
  const text = block('deny when f.path == "/bin/sh"');
  const severities = async (chosen: "error" | "off"): Promise<readonly string[]> =>
    (await lint(text, { severities: new Map([["merged-directory", chosen]]) })).map(
      ({ severity }) => severity,
    );
  expect(await severities("error")).toEqual(["error"]);
  expect(await severities("off")).toEqual([]);
});
