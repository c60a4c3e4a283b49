import { expect, test } from "vitest";
import { renderJson } from "../../src/diagnostics/render-json.ts";
import { renderText } from "../../src/diagnostics/render-text.ts";
import { summarize } from "../../src/diagnostics/summary.ts";
import { lintText } from "../tetragon/lint-text.ts";

const head = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: case\nspec:\n";
const whole = `${head}  kprobes:
  - call: security_file_permission
    syscall: false
    args:
    - index: 0
      type: file
    selectors:
    - matchArgs:
      - index: 0
        operator: Prefix
        values: ["/etc", '/usr']
      matchActions:
      - action: Sigkill
`;

/** A value in place of another: `put("syscall: false", "syscall: [1]")`. */
const put = (old: string, text: string): string => {
  expect(whole).toContain(old);
  return whole.replace(old, text);
};

const laughs = ["a: &a [x, x, x, x, x, x, x, x, x]"];
for (let level = 1; level < 12; level += 1) {
  const [name, inner] = [String.fromCharCode(97 + level), String.fromCharCode(96 + level)];
  laughs.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${inner}`).join(", ")}]`);
}
const chain = Array.from({ length: 3000 }, (_, index) =>
  index === 0 ? "a0: &a0 [x]" : `a${index}: &a${index} [*a${index - 1}]`,
);

const inputs: Readonly<Record<string, string>> = {
  "a lone quote": '"',
  "a lone bracket": "[",
  "a lone brace": "{",
  "a lone colon": ":",
  "a lone dash": "-",
  "a lone question mark": "?",
  "a lone ampersand": "&",
  "a lone star": "*",
  "a lone tag": "!",
  "a lone percent": "%",
  "a lone at": "@",
  "a lone backtick": "`",
  "a lone pipe": "|",
  "a lone tab": "\t",
  "a scalar": "hello",
  "a number": "42",
  null: "~",
  "a list of words": "- a\n- b\n",
  "a list of policies": `- ${whole.replaceAll("\n", "\n  ")}`,
  "a wrong directive": "%YAML 9.9\n---\na: 1\n",
  "an unknown directive": "%WHAT ever\n---\na: 1\n",
  "a tag of a program": "a: !!python/object:os.system x\n",
  "a binary tag": "kind: TracingPolicy\nmetadata: !!binary aGVsbG8=\n",
  "a set": put("metadata:\n  name: case", "metadata: !!set {name, case}"),
  "an unclosed quote": put('"/etc"', '"/etc'),
  "an unclosed list": put("'/usr']", "'/usr'"),
  "a stray bracket": put("call: security_file_permission", "call: ]security"),
  "a stray brace": put("call: security_file_permission", "call: }security"),
  "two values on a line": put("syscall: false", "syscall: false true: false"),
  "a colon in a value": put("call: security_file_permission", "call: a: b"),
  "a key without a colon": put("syscall: false", "syscall"),
  "no space after a colon": put("syscall: false", "syscall:false"),
  "no space after a dash": put("- call:", "-call:"),
  "a wrong indentation": put("    syscall: false", "   syscall: false"),
  "a tab before a key": put("    syscall: false", "\tsyscall: false"),
  "tabs everywhere": whole.replaceAll("  ", "\t"),
  "a bad escape": put('"/etc"', '"\\q"'),
  "a bad unicode escape": put('"/etc"', '"\\u12"'),
  "a lone surrogate escape": put('"/etc"', '"\\ud800"'),
  "an escaped NUL": put('"/etc"', '"/etc\\0"'),
  "an unknown alias": put("[\"/etc\", '/usr']", "*values"),
  "two anchors": put("[\"/etc\", '/usr']", "&a &b []"),
  "an anchor on an alias": put("[\"/etc\", '/usr']", "&a *b"),
  "a billion laughs": laughs.join("\n"),
  "a billion laughs in a policy": put(
    "  name: case",
    `  name: case\n  labels:\n    ${laughs.join("\n    ")}`,
  ),
  "a chain of aliases": chain.join("\n"),
  "an endless alias": "a: &a {b: *a}\n",
  "an endless merge": "a: &a\n  <<: *a\n",
  "a merge of a word": put("spec:", "spec:\n  <<: word"),
  "a merge of lists": put("spec:", "spec:\n  <<: [[1], [2]]"),
  "deep lists": "[".repeat(20_000),
  "deep closed lists": `${"[".repeat(5000)}${"]".repeat(5000)}`,
  "deep mappings": "{a: ".repeat(20_000),
  "deep compact lists": `${"- ".repeat(20_000)}x`,
  "deep questions": `${"? ".repeat(20_000)}x`,
  "deep blocks": Array.from({ length: 4000 }, (_, index) => `${" ".repeat(index)}a:`).join("\n"),
  "closing brackets": "]".repeat(20_000),
  "a huge line": put("/etc", `/${"x".repeat(1_000_000)}`),
  "a huge key": `${"k".repeat(100_000)}: 1\n`,
  "a huge name": put("name: case", `name: ${"x".repeat(100_000)}`),
  "a huge unknown key": put("syscall: false", `${"s".repeat(900)}: false`),
  "a huge unknown operator": put("operator: Prefix", `operator: ${"P".repeat(100_000)}`),
  "many documents": "---\na: 1\n".repeat(2000),
  "many separators": "---\n".repeat(20_000),
  "many keys": Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join("\n"),
  "many errors": "a: b: c\n".repeat(3000),
  "many quotes": '"'.repeat(30_000),
  "many stars": "*a ".repeat(10_000),
  "many duplicate keys": "a: 1\n".repeat(3000),
  "many unknown keys": whole + Array.from({ length: 2000 }, (_, index) => `x${index}: 1\n`).join(""),
  "many lines": "\n".repeat(200_000),
  "too much text": `# ${"x".repeat(5_000_000)}`,
  "a NUL byte": put("/etc", "/e\0tc"),
  "many NUL bytes": "\0".repeat(5000),
  "an ELF header": "\u007fELF\u0002\u0001\u0001\0\0\0\0\0\0\0\0\0",
  "replacement characters": "\ufffd\ufffd: \ufffd",
  "a lone surrogate": put("/etc", "/\ud800"),
  "only bidirectional characters": "\u202e\u202d\u2066\u2069",
  "a bidirectional key": put("syscall:", "\u202esyscall:"),
  "an invisible key": put("syscall:", "sys\u200bcall:"),
  "a byte order mark in the middle": put("/etc", "/\ufeffetc"),
  "escape sequences": put("/etc", "/\u001b[2Jetc"),
  "old Mac line ends with a mistake": put("syscall", "syscal").replaceAll("\n", "\r"),
  "a huge integer": put("index: 0\n      type", `index: ${"9".repeat(400)}\n      type`),
  infinity: put("index: 0\n      type", "index: .inf\n      type"),
  "not a number": put("index: 0\n      type", "index: .nan\n      type"),
  "a fraction": put("index: 0\n      type", "index: 0.5\n      type"),
  "a negative index": put("index: 0\n      type", "index: -1\n      type"),
  "an infinite errno": put("action: Sigkill", "action: Override\n        argError: .inf"),
  "an errno that is no number": put("action: Sigkill", "action: Override\n        argError: .nan"),
  "a fraction of a signal": put("action: Sigkill", "action: Signal\n        argSig: 9.5"),
  "a huge signal": put("action: Sigkill", "action: Signal\n        argSig: 1e300"),
  "a word for spec": head.replace("spec:\n", "spec: hello\n"),
  "a list for spec": `${head}  - a\n`,
  "nothing for spec": head,
  "a word for metadata": put("metadata:\n  name: case", "metadata: case"),
  "a list for metadata": put("metadata:\n  name: case", "metadata: [case]"),
  "a number for name": put("name: case", "name: 7"),
  "a list for kind": put("kind: TracingPolicy", "kind: [TracingPolicy]"),
  "nothing for kind": put("kind: TracingPolicy", "kind:"),
  "a mapping for apiVersion": put("apiVersion: cilium.io/v1alpha1", "apiVersion: {a: b}"),
  "a word for kprobes": `${head}  kprobes: all\n`,
  "a word for a kprobe": `${head}  kprobes: [all]\n`,
  "nothing for a kprobe": `${head}  kprobes: [~]\n`,
  "a list for a call": put("call: security_file_permission", "call: [a]"),
  "a number for a call": put("call: security_file_permission", "call: 1"),
  "a word for args": put("args:\n    - index: 0\n      type: file", "args: file"),
  "a word for an argument": put("- index: 0\n      type: file", "- file"),
  "a list for a type": put("type: file", "type: [file]"),
  "a word for selectors": put(
    "    selectors:\n    - matchArgs:",
    "    selectors: x\n    unused:\n    - matchArgs:",
  ),
  "a word for values": put("[\"/etc\", '/usr']", "/etc"),
  "a mapping for values": put("[\"/etc\", '/usr']", "{a: b}"),
  "a mapping as a value": put("[\"/etc\", '/usr']", "[{a: b}]"),
  "nothing as a value": put("[\"/etc\", '/usr']", "[~, ]"),
  "a list for an operator": put("operator: Prefix", "operator: [Prefix]"),
  "a name of every object": put("syscall: false", "constructor: false"),
  "a prototype key": put("syscall: false", "__proto__: {a: b}"),
  "a prototype operator": put("operator: Prefix", "operator: constructor"),
  "a prototype type": put("type: file", "type: __proto__"),
  "a prototype action": put("action: Sigkill", "action: toString"),
  "a parameter in brackets": put("[\"/etc\", '/usr']", "[${A}]"),
  "an open parameter": put('"/etc"', '"${A"'),
  "an empty parameter": put('"/etc"', '"${}"'),
  "nested parameters": put('"/etc"', '"${A${B}}"'),
  "many parameters": put('"/etc"', `"${"${A}".repeat(5000)}"`),
};

// A policy cut after any of its lines, and in the middle of each.
const lines = whole.split("\n");
const truncated = lines.flatMap((line, index) => {
  const before = lines.slice(0, index).join("\n");
  return [before, `${before}\n${line.slice(0, Math.ceil(line.length / 2))}`];
});

/** Lints, prints in every way, and holds what every finding must hold. */
async function check(text: string): Promise<number> {
  const started = performance.now();
  const result = await lintText(text);
  for (const { span, message, code } of result.diagnostics) {
    expect(message.length, `${code}: ${message}`).toBeLessThanOrEqual(120);
    expect(message).not.toMatch(/[\n\r\u202a-\u202e\u2066-\u2069]/);
    if (span !== undefined) {
      expect(span.start).toBeLessThanOrEqual(span.end);
      expect(span.end).toBeLessThanOrEqual(text.length);
    }
  }
  const rendered = renderText(result.diagnostics, { color: false });
  expect(rendered).not.toMatch(/[\0-\u0009\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/);
  JSON.parse(renderJson(result.diagnostics, summarize(result, result.diagnostics)));
  expect(performance.now() - started).toBeLessThan(20_000);
  return result.diagnostics.length;
}

test("the policy that the cases break is fine", async () => {
  expect(await check(whole)).toBe(0);
});

test("there are more than a hundred cases", () => {
  expect(Object.keys(inputs).length).toBeGreaterThan(100);
});

for (const [name, text] of Object.entries(inputs)) {
  test(`${name} gives findings`, async () => {
    expect(await check(text)).toBeGreaterThan(0);
  });
}

test("empty texts hold no policy", async () => {
  for (const text of ["", "\n", "# only a comment\n", "---\n", "---\n...\n", "\ufeff"]) {
    const { diagnostics } = await lintText(text);
    expect(diagnostics.map(({ code }) => code)).toEqual(["no-policy"]);
  }
});

test("a policy cut anywhere gives findings or another policy, and never throws", async () => {
  let findings = 0;
  for (const text of truncated) {
    findings += await check(text);
  }
  expect(findings).toBeGreaterThan(lines.length);
});
