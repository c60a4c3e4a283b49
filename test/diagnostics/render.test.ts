import { expect, test } from "vitest";
import { catalog } from "../../src/diagnostics/catalog.ts";
import { diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { displayWidth, shortText, shownText } from "../../src/diagnostics/display.ts";
import { renderGithub } from "../../src/diagnostics/render-github.ts";
import { renderJson } from "../../src/diagnostics/render-json.ts";
import { renderSarif } from "../../src/diagnostics/render-sarif.ts";
import { renderText } from "../../src/diagnostics/render-text.ts";
import { summarize, summaryLine } from "../../src/diagnostics/summary.ts";
import { createSource, createSpan } from "../../src/source/source.ts";

const source = createSource("policies/a.yaml", "spec:\n  kprobes:\n  - cal: tcp_connect\n    call: x\n");
const start = source.text.indexOf("cal:");
const span = createSpan(source, start, start + 3);
const other = source.text.indexOf("call:");
const finding = diagnostic("unknown-key", span, "unknown key `cal` in `kprobes`", {
  help: "did you mean `call`?",
  related: [{ message: "first here", span: createSpan(source, other, other + 4) }],
  fixes: [{ title: "rename it to `call`", safety: "unsafe", edits: [{ span, text: "call" }] }],
});
const nowhere = diagnostic("unused-parameter", undefined, "no input uses the parameter `A`");

test("text shows the place, the line, the related place and the help", () => {
  expect(renderText([finding, nowhere], { color: false })).toMatchInlineSnapshot(`
    "error[unknown-key]: unknown key \`cal\` in \`kprobes\`
      --> policies/a.yaml:3:5
      |
    3 |   - cal: tcp_connect
      |     ^^^
      --> policies/a.yaml:4:5
      |
    4 |     call: x
      |     ---- first here
      = help: did you mean \`call\`?

    warning[unused-parameter]: no input uses the parameter \`A\`
    "
  `);
});

test("text has colour only when asked for", () => {
  expect(renderText([finding], { color: true })).toContain("\u001b[1;31merror[unknown-key]\u001b[0m");
  expect(renderText([finding], { color: false })).not.toContain("\u001b");
});

/** The columns that are underlined and the text above them. */
function underlined(
  text: string,
  from: number,
  to: number,
): { readonly line: string; readonly marks: string } {
  const place = createSource("a", text);
  const lines = renderText([diagnostic("unknown-key", createSpan(place, from, to), "x")], {
    color: false,
  }).split("\n");
  return { line: (lines[3] ?? "").slice(4), marks: (lines[4] ?? "").slice(4) };
}

test("tabs, wide and combining characters keep the underline in place", () => {
  expect(underlined("\tkey: v", 1, 4)).toEqual({ line: "    key: v", marks: "    ^^^" });
  expect(underlined("中文: key", 4, 7)).toEqual({ line: "中文: key", marks: "      ^^^" });
  expect(underlined("e\u0301: key", 4, 7).marks).toBe("   ^^^");
  expect(underlined("a: 文字", 3, 5).marks).toBe("   ^^^^");
});

test("control and bidirectional characters are shown by number", () => {
  expect(underlined("a: \u202eb\u0007", 3, 4)).toEqual({
    line: "a: <U+202E>b<U+0007>",
    marks: "   ^^^^^^^^",
  });
  expect(shownText("\u001b[2J\0\u2066\ufeff")).toBe("<U+001B>[2J<U+0000><U+2066><U+FEFF>");
});

test("a long line is cut around the place", () => {
  const { line, marks } = underlined(`${"x".repeat(5000)}key${"y".repeat(5000)}`, 5000, 5003);
  expect(line.length).toBeLessThan(130);
  expect(line.slice(marks.indexOf("^"), marks.indexOf("^") + 3)).toBe("key");
});

test("a span of several lines or of nothing underlines something", () => {
  expect(underlined("a: b\nc: d", 3, 9).marks).toBe("   ^");
  expect(underlined("", 0, 0).marks).toBe("^");
});

test("widths and short texts", () => {
  expect(displayWidth("abc")).toBe(3);
  expect(displayWidth("漢字🚀")).toBe(6);
  expect(shortText("x".repeat(100), 10)).toBe("xxxxxxxxx…");
  expect(shortText("a`b\n c")).toBe("a'b c");
});

test("json has the agreed shape", () => {
  const summary = summarize({ files: 1, policies: 0, rules: 0 }, [finding, nowhere]);
  expect(JSON.parse(renderJson([finding, nowhere], summary))).toEqual({
    diagnostics: [
      {
        code: "unknown-key",
        severity: "error",
        message: "unknown key `cal` in `kprobes`",
        help: "did you mean `call`?",
        file: "policies/a.yaml",
        start: { line: 3, column: 5, offset: 21 },
        end: { line: 3, column: 8, offset: 24 },
        related: [
          {
            message: "first here",
            file: "policies/a.yaml",
            start: { line: 4, column: 5, offset: 42 },
            end: { line: 4, column: 9, offset: 46 },
          },
        ],
        fixes: [
          {
            title: "rename it to `call`",
            safety: "unsafe",
            edits: [
              {
                file: "policies/a.yaml",
                start: { line: 3, column: 5, offset: 21 },
                end: { line: 3, column: 8, offset: 24 },
                text: "call",
              },
            ],
          },
        ],
      },
      {
        code: "unused-parameter",
        severity: "warning",
        message: "no input uses the parameter `A`",
        related: [],
        fixes: [],
      },
    ],
    summary: { files: 1, policies: 0, rules: 0, errors: 1, warnings: 1 },
  });
  expect(summaryLine(summary)).toBe("1 error, 1 warning in 1 file, 0 policies, 0 rules");
});

test("sarif names the rule, the region and the fix", () => {
  const log: unknown = JSON.parse(renderSarif([finding, nowhere], "1.2.3"));
  expect(log).toMatchObject({
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "policyc",
            semanticVersion: "1.2.3",
            rules: [{ id: "unknown-key" }, { id: "unused-parameter" }],
          },
        },
        results: [
          {
            ruleId: "unknown-key",
            ruleIndex: 0,
            level: "error",
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: "policies/a.yaml" },
                  region: { startLine: 3, startColumn: 5, endLine: 3, endColumn: 8 },
                },
              },
            ],
            fixes: [{ artifactChanges: [{ replacements: [{ insertedContent: { text: "call" } }] }] }],
          },
          { ruleId: "unused-parameter", level: "warning", locations: [] },
        ],
      },
    ],
  });
});

test("github annotations escape what ends them", () => {
  const odd = createSource("a,b:c.yaml", "x");
  expect(renderGithub([diagnostic("unknown-key", createSpan(odd, 0, 1), "50% of it")])).toBe(
    "::error file=a%2Cb%3Ac.yaml,line=1,endLine=1,col=1,endColumn=2,title=unknown-key::50%25 of it\n",
  );
  expect(renderGithub([nowhere])).toBe("::warning title=unused-parameter::no input uses the parameter `A`\n");
});

test("messages carry no characters that act on a terminal", () => {
  expect(diagnostic("unknown-key", undefined, "a\u001b[31m\u202e\nb").message).toBe(
    "a<U+001B>[31m<U+202E><U+000A>b",
  );
});

test("every code is in kebab case and says what, why and no more than a line", () => {
  for (const [code, { summary, why }] of Object.entries(catalog)) {
    expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(summary.length, code).toBeLessThanOrEqual(80);
    expect(summary, code).not.toMatch(/[.]$/);
    expect(why, code).toMatch(/[.]$/);
  }
});
