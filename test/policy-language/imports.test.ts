import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { importReader } from "../../src/cli/imports.ts";
import { formatPolicy } from "../../src/format/format.ts";
import { parseSources } from "../../src/parser/parse.ts";
import { printPolicyTree } from "../../src/parser/policy/print.ts";
import { createSource } from "../../src/source/source.ts";

type Files = Readonly<Record<string, string>>;

const block = (condition: string): string => `policy "a" {\n  on file.open { deny when ${condition} }\n}\n`;

async function parse(files: Files, inputs: readonly string[] = ["main.policy"], set: Files = {}) {
  const outcome = await parseSources(
    inputs.map((name) => createSource(name, files[name] ?? "")),
    {
      parameters: new Map(Object.entries(set)),
      readImport: (path) => {
        const text = files[path];
        return text === undefined ? { kind: "not-found" } : { kind: "text", text };
      },
    },
  );
  return {
    found: outcome.diagnostics.map(({ code, message }) => `${code}: ${message}`),
    text: printPolicyTree(outcome.value ?? { kind: "policy-tree", policies: [] }),
  };
}

const lists = `let shells = ["/bin/sh"]
param ports: port[] = [22]
define from_shell = process.exe in shells
`;

test("lists, parameters and definitions come from another file", async () => {
  const files = {
    "main.policy": `import "shared/lists.policy"\n${block("from_shell and x in ports and y in shells")}`,
    "shared/lists.policy": lists,
  };
  const { found, text } = await parse(files, ["main.policy"], { ports: "23,24" });
  expect(found).toEqual([]);
  expect(text).toContain('deny when process.exe == "/bin/sh" and x in [23, 24] and y == "/bin/sh"');
});

test("a file is found from the folder of the file that imports it, and its names are its own", async () => {
  const files = {
    "main.policy": `import "a/one.policy"\n${block("f.path in one")}`,
    "a/one.policy": 'import "../b/two.policy"\nlet one = [two, "/1"]\n',
    "b/two.policy": 'let two = "/2"\n',
  };
  expect((await parse(files)).text).toContain('deny when f.path in ["/2", "/1"]');
  const direct = {
    ...files,
    "main.policy": `import "a/one.policy"\n${block("f.path in one or f.path in two")}`,
  };
  expect((await parse(direct)).found).toEqual(["unknown-name: nothing is called `two`"]);
});

describe("what goes wrong with an import is said once, at the import", () => {
  const main = (statements: string, condition = "f.path in shells"): Files => ({
    "main.policy": `${statements}\n${block(condition)}`,
    "lists.policy": lists,
  });
  const cases: readonly (readonly [string, Files, readonly string[]])[] = [
    ["no such file", main('import "list.policy"'), ["import-not-found: there is no file `list.policy`"]],
    [
      "an absolute path",
      main('import "/etc/x.policy"'),
      ["import-not-found: `/etc/x.policy` is no relative path of a `.policy` file"],
    ],
    [
      "another kind of file",
      main('import "shadow"'),
      ["import-not-found: `shadow` is no relative path of a `.policy` file"],
    ],
    ["itself", main('import "./main.policy"'), ["import-cycle: `./main.policy` imports this file in turn"]],
    [
      "twice",
      main('import "lists.policy"\nimport "./lists.policy"'),
      ["duplicate-statement: `./lists.policy` is imported twice"],
    ],
    [
      "for nothing",
      main('import "lists.policy"', 'f.path == "/a"'),
      ["unused-name: nothing of `lists.policy` is used"],
    ],
    [
      "a name of the file's own",
      main('import "lists.policy"\nlet shells = ["/x"]'),
      ["duplicate-name: the name `shells` is taken"],
    ],
    [
      "files that import each other",
      {
        ...main('import "lists.policy"'),
        "lists.policy": 'import "more.policy"\nlet shells = more\n',
        "more.policy": 'import "lists.policy"\nlet more = shells\n',
      },
      ["import-cycle: `lists.policy` imports this file in turn"],
    ],
    [
      "two files with one name",
      { ...main('import "lists.policy"\nimport "more.policy"'), "more.policy": 'let shells = "/x"\n' },
      ["duplicate-name: the name `shells` comes from two imports"],
    ],
    [
      "a file with a fault",
      { ...main('import "lists.policy"'), "lists.policy": "let shells = [\nlet more = 1\n" },
      ["policy-syntax: expected `]` before `let`"],
    ],
  ];
  test.each(cases)("%s", async (_, files, expected) => {
    const { found } = await parse(files);
    expect(found.map((line) => line.slice(0, 60))).toEqual(expected.map((line) => line.slice(0, 60)));
  });
});

test("the findings of a file that is an input and imported come once", async () => {
  const files = {
    "main.policy": `import "lists.policy"\n${block("x in shells")}`,
    "lists.policy": "let shells = [y, 7\n",
  };
  const { found } = await parse(files, ["main.policy", "lists.policy"]);
  expect(found.filter((line) => line.startsWith("policy-syntax"))).toHaveLength(1);
});

test("hundreds of files in a row are a finding, not an exhausted stack", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 500 }, (_, index) => [
      `f${index}.policy`,
      `import "f${index + 1}.policy"\nlet _n${index} = 1\n`,
    ]),
  );
  const { found } = await parse({ ...files, "main.policy": `import "f0.policy"\n${block("x == 1")}` });
  expect(found).toContain("import-cycle: too many files that import each other");
});

test("formatting keeps imports and their comments", () => {
  const text = '# Lists.\nimport "lists.policy" # ours\n\npolicy "a" {}\n';
  expect(formatPolicy(createSource("a.policy", text)).value).toBe(text);
});

describe("files on disk", () => {
  const root = mkdtempSync(join(tmpdir(), "policyc-imports-"));
  mkdirSync(join(root, "policies"));
  mkdirSync(join(root, "elsewhere"));
  writeFileSync(join(root, "policies/lists.policy"), "let _a = 1\n");
  writeFileSync(join(root, "elsewhere/secret.policy"), "let _a = 1\n");
  writeFileSync(join(root, "policies/latin.policy"), Buffer.from("# caf\xe9\n", "latin1"));
  mkdirSync(join(root, "policies/folder.policy"));
  symlinkSync(join(root, "elsewhere/secret.policy"), join(root, "policies/link.policy"));
  writeFileSync(join(root, "policies/main.policy"), "");
  const read = (name: string): string =>
    importReader(join(root, "policies"))(join(root, name), join(root, "policies/main.policy")).kind;

  test.each([
    ["policies/lists.policy", "text"],
    ["policies/../elsewhere/secret.policy", "outside"],
    ["policies/link.policy", "outside"],
    ["policies/absent.policy", "not-found"],
    ["policies/folder.policy", "unreadable"],
    ["policies/latin.policy", "unreadable"],
  ])("%s: %s", (name, kind) => {
    expect(read(name)).toBe(kind);
  });
});
