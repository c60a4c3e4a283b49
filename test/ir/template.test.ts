/** Texts of alerts: what their names stand for, and where their faults are. */
import { describe, expect, test } from "vitest";
import { checkPolicies } from "../../src/compile.ts";
import { subjectsOf } from "../../src/bundle/bundle.ts";
import { supportedTargets } from "../../src/kernel/target.ts";
import { parseSources } from "../../src/parser/parse.ts";
import { createSource, spanText } from "../../src/source/source.ts";

async function check(event: string, text: string): Promise<ReturnType<typeof checkPolicies>> {
  const policy = `policy "p" {\n  on ${event} { alert "${text}" }\n}\n`;
  const parsed = await parseSources([createSource("p.policy", policy)], { parameters: new Map() });
  return checkPolicies(parsed.value ?? { kind: "policy-tree", policies: [] }, supportedTargets);
}

describe("the text of an alert", () => {
  test("stands for values of the event, of the process and of those before", async () => {
    const { value, diagnostics } = await check(
      "kprobe security_file_permission(f: file, mask: int) return (ret: int)",
      "{{{process.exe}}} {ancestor[2].pid}: {f.path} {f.mode} {mask} {return}",
    );
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    const [rule] = value === undefined ? [] : subjectsOf(value.ir).rules;
    expect(rule?.template).toEqual([
      { kind: "text", text: "{" },
      { kind: "process", level: 0, part: "exe" },
      { kind: "text", text: "} " },
      { kind: "process", level: 2, part: "pid" },
      { kind: "text", text: ": " },
      { kind: "capture", capture: 0, part: "path" },
      { kind: "text", text: " " },
      { kind: "capture", capture: 0, part: "mode" },
      { kind: "text", text: " " },
      { kind: "capture", capture: 1, part: "value" },
      { kind: "text", text: " " },
      { kind: "result" },
    ]);
  });

  test.each([
    ['\\u{41}\\"{file.pth}', "unknown-field", "file.pth", "did you mean `file.path`?"],
    ["a {b c}", "invalid-template", "{b c}", undefined],
    ["\\t{}", "invalid-template", "{}", undefined],
    ["a } b", "invalid-template", "}", "write `}}` for the brace itself"],
    ["a {file.path", "invalid-template", "{", "write `{{` for the brace itself"],
    ["{process.gid}", "not-supported-yet", "process.gid", undefined],
  ])("%j is at fault where it is written", async (text, code, underlined, help) => {
    const { value, diagnostics } = await check("file.open, file.create", text);
    expect(value).toBeUndefined();
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    // What is unknown is so to each of the two events.
    const found = errors.map(
      (error) => `${error.code} ${error.span === undefined ? "" : spanText(error.span)}`,
    );
    expect([...new Set(found)]).toEqual([`${code} ${underlined}`]);
    if (help !== undefined) {
      expect(errors[0]?.help).toBe(help);
    }
  });
});
