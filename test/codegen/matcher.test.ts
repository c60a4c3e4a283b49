import { describe, expect, test } from "vitest";
import { explainPlan } from "../../src/codegen/explain-plan.ts";
import { checkPolicies } from "../../src/compile.ts";
import { supportedTargets } from "../../src/kernel/target.ts";
import { parseSources } from "../../src/parser/parse.ts";
import { createSource } from "../../src/source/source.ts";

/** The kinds of matchers that the conditions of one file.open rule get, in the order in which they are asked. */
async function kindsOf(condition: string, event = "file.open"): Promise<readonly string[]> {
  const text = `policy "p" {\n  on ${event} when ${condition} { deny EACCES }\n}\n`;
  const parsed = await parseSources([createSource("p.policy", text)], { parameters: new Map() });
  const checked = checkPolicies(parsed.value ?? { kind: "policy-tree", policies: [] }, supportedTargets);
  if (checked.value === undefined) {
    throw new Error([...parsed.diagnostics, ...checked.diagnostics].map(({ message }) => message).join("; "));
  }
  return explainPlan(checked.value).hooks.flatMap(({ matchers }) => matchers.map(({ kind }) => kind));
}

function listOf(count: number, one: (index: number) => string): string {
  return `[${Array.from({ length: count }, (_, index) => one(index)).join(", ")}]`;
}

describe("the cheapest matcher that is exact", () => {
  test("texts and beginnings: a trie, after the first component", async () => {
    expect(await kindsOf('file.path starts with "/etc/"')).toEqual(["first-component", "text-trie"]);
  });

  test("many whole texts: a hash", async () => {
    const paths = listOf(40, (index) => `"/srv/file${index}"`);
    const kinds = ["last-component", "first-component", "text-hash"];
    expect(await kindsOf(`file.path in ${paths}`)).toEqual(kinds);
  });

  test("few whole texts: a trie", async () => {
    const kinds = ["last-component", "first-component", "text-trie"];
    expect(await kindsOf('file.path in ["/srv/a", "/srv/b"]')).toEqual(kinds);
  });

  test("ends: a reversed trie, after the last component", async () => {
    expect(await kindsOf('file.path ends with ".bash_history"')).toEqual(["last-component", "text-trie"]);
  });

  test("globs: one automaton for all of them", async () => {
    const globs = 'file.path matches ["/home/*/.ssh/**/id_*", "/srv/[a-f]?.key"]';
    expect(await kindsOf(globs)).toEqual(["first-component", "automaton"]);
  });

  test("a glob without wildcards but at its end: no automaton", async () => {
    expect(await kindsOf('file.path matches "/etc/**"')).toEqual(["first-component", "text-trie"]);
  });

  test("a text that is too long for a trie: an automaton", async () => {
    const kinds = ["last-component", "first-component", "automaton"];
    expect(await kindsOf(`file.path == "/${"x".repeat(300)}"`)).toEqual(kinds);
  });

  test("the last component only where it can spare the first, or rules out more", async () => {
    const both = 'file.path == "/etc/shadow" or file.path starts with "/srv"';
    expect(await kindsOf(both)).not.toContain("last-component");
    const spared = 'file.path starts with "/srv" and file.path ends with ".key"';
    expect((await kindsOf(spared)).slice(0, 2)).toEqual(["last-component", "first-component"]);
  });

  test("few networks in place, many in a trie", async () => {
    const few = await kindsOf("dest.addr in [10.0.0.0/8, 192.168.0.0/16]", "net.connect");
    expect(few).toContain("compare");
    const many = listOf(30, (index) => `10.${index}.0.0/16`);
    expect(await kindsOf(`dest.addr in ${many}`, "net.connect")).toContain("network-trie");
  });

  test("few ports in place, ports near each other in an array, scattered ones by a search", async () => {
    expect(await kindsOf("dest.port in [22, 80]", "net.connect")).toContain("compare");
    const near = listOf(20, (index) => String(8000 + 2 * index));
    expect(await kindsOf(`dest.port in ${near}`, "net.connect")).toContain("integer-array");
    const scattered = listOf(20, (index) => String(1000 + 3000 * index));
    expect(await kindsOf(`dest.port in ${scattered}`, "net.connect")).toContain("integer-bounds");
  });

  test("very many single values: a hash", async () => {
    const uids = listOf(600, (index) => String(1000 + 5000 * index));
    expect(await kindsOf(`process.uid in ${uids}`)).toContain("integer-hash");
  });
});
