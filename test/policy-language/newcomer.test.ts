/** What somebody writes who knows other tools and has never seen the language: each mistake has a place and a way out. */
import { expect, test } from "vitest";
import { supportedTargets } from "../../src/kernel/target.ts";
import { lintSources } from "../../src/lint/lint.ts";
import { createSource, spanText } from "../../src/source/source.ts";

const rule = (text: string, event = "file.open"): string =>
  `policy "a" {\n  on ${event} {\n    ${text}\n  }\n}\n`;

/** The text, what is underlined first, and what the help says. */
const mistakes: readonly (readonly [text: string, underlined: string, help: string])[] = [
  ['policy "a"\n  on file.open { deny }\n}', '"', "open the body with `{`"],
  ["policy web {\n  on file.open { deny }\n}", "web", "write it in double quotes"],
  ["on file.open {\n  deny\n}", "on", 'put it into a policy: `policy "name" { … }`'],
  ["apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\n", "apiVersion", "this looks like YAML"],
  ['policy "a" {\n  mode monitor\n}', "mode", "the mode stands behind the name"],
  ['policy "a" {\n  let x: string = "a"\n}', ":", "a `let` has no type"],
  ['policy "a" {\n  let x = ("/a", "/b")\n}', "(", "a list is written in brackets"],
  [rule('deny when file.path = "/x"'), "=", "did you mean `==`?"],
  [rule('deny when file.path == "/x" && process.uid == 0'), "&&", "write `and`"],
  [rule('deny when file.path =~ "/x.*"'), "~", 'compare with a glob: `matches "…"`'],
  [rule("deny when file.path == '/x'"), "'/x'", "write double quotes"],
  [rule("deny when file.path == /etc/shadow"), "/", "write it in double quotes"],
  [rule('when file.path == "/x" deny'), "when", "the action comes first: `deny when …`"],
  [rule('if file.path == "/x" { deny }'), "if", "the action comes first: `deny when …`"],
  [rule('block when file.path == "/x"'), "block", "write `deny` for `block`"],
  [rule("deny; alert"), ";", "actions are separated by `,`"],
  [rule('alert, limit 10 per 1sec when file.path == "/x"'), "1", "write a number with `ms`, `s`, `m`"],
  [rule('kill SIGKIL when file.path == "/x"'), "SIGKIL", "did you mean `SIGKILL`?"],
  [rule('deny when file.path == "/x"', "file.opne"), "file.opne", "did you mean `file.open`?"],
  [rule('deny when file.path == "/x"', "security_file_open"), "security_file_open", "`on lsm file_open(…)`"],
  [rule("alert", "sys_openat"), "sys_openat", "`on kprobe syscall sys_openat(…)`"],
  [rule("deny when dest.port in [80-90]", "net.connect"), "-90", "a range is written with two dots"],
  [rule('deny when fd.sip == "10.0.0.1"', "net.connect"), "fd.sip", "did you mean `dest.addr`?"],
  [rule('deny when proc.cmdline contains "-e"'), "proc.cmdline", "did you mean `process.args`?"],
  [rule('deny when proc.aname == "sh"'), "proc.aname", "did you mean `any ancestor.exe`?"],
  [rule("deny when uid == 0"), "uid", "did you mean `process.uid`?"],
  [rule('deny when process.args[99] == "x"'), "process.args[99]", "numbered from 0 to 31"],
  [rule('deny when process.env["A=b"] exists'), 'process.env["A=b"]', "a variable is named as it is"],
  [rule("deny when capability == SYS_ADMIN", "capability.use"), "SYS_ADMIN", "did you mean `CAP_SYS_ADMIN`?"],
];

test.each(mistakes)("%s", async (text, underlined, help) => {
  const { diagnostics } = await lintSources([createSource("test.policy", text)], {
    parameters: new Map(),
    targets: supportedTargets,
    enabled: [],
  });
  const [first] = diagnostics.filter(({ severity }) => severity === "error");
  expect(first?.span === undefined ? "" : spanText(first.span)).toBe(underlined);
  expect(first?.help).toContain(help);
});
