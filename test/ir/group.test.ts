/** Decision groups: one list in order of precedence from the blocks of all policies. */
import { expect, test } from "vitest";
import { evaluate, type FieldValue } from "../../src/ir/evaluate.ts";
import type { Ir, IrHook } from "../../src/ir/ir.ts";
import { lowerPolicies } from "../../src/ir/lower/lower.ts";
import { supportedTargets } from "../../src/kernel/target.ts";
import { parseSources } from "../../src/parser/parse.ts";
import { elementAt } from "../../src/source/invariant.ts";
import { createSource } from "../../src/source/source.ts";

async function lower(
  text: string,
): Promise<{ readonly ir: Ir | undefined; readonly codes: readonly string[] }> {
  const parsed = await parseSources([createSource("case.policy", text)], { parameters: new Map() });
  expect(parsed.diagnostics.map(({ message }) => message)).toEqual([]);
  const tree = parsed.value ?? { kind: "policy-tree", policies: [] };
  const { value, diagnostics } = lowerPolicies(tree, { targets: supportedTargets });
  return { ir: value, codes: diagnostics.map(({ code }) => code) };
}

/** Ids of the rules of the only hook, block by block. */
function idsOf(ir: Ir | undefined): readonly (readonly string[])[] {
  return (ir?.hooks[0]?.blocks ?? []).map(({ rules }) => rules.map(({ id }) => id.replace(/\/.*#/, "#")));
}

function decideOpen(ir: Ir | undefined, path: string): string {
  const hook = elementAt<IrHook>(ir?.hooks ?? [], 0);
  const values = hook.fields.map(({ type }): FieldValue =>
    type.kind === "path" ? { kind: "text", bytes: Buffer.from(path) } : { kind: "integer", value: 0n },
  );
  const { decisions, verdict } = evaluate(hook, ir?.policies ?? [], { values });
  return `${verdict.kind} by ${decisions.map(({ id, enforced }) => id + (enforced ? "" : "?")).join(", ")}`;
}

const open = (place: string, rules: string): string => `on file.open in group "files" ${place} { ${rules} }`;

test("rules of all policies stand in order of precedence, postures last and the strictest first", async () => {
  const { ir, codes } = await lower(`
    policy "a" {
      ${open("precedence 20", 'deny when file.path under "/etc"')}
      ${open("", "otherwise alert")}
    }
    policy "b" {
      ${open("precedence 10", 'allow when file.path == "/etc/a"')}
      ${open("", "otherwise deny")}
      ${open("precedence 20", 'alert when file.path == "/etc/b"')}
    }
  `);
  expect(codes).toEqual([]);
  expect(idsOf(ir)).toEqual([["b#1", "a#1", "b#3", "b#2", "a#2"]]);
  expect(decideOpen(ir, "/etc/a")).toBe("allow by b/file.open#1");
  expect(decideOpen(ir, "/etc/b")).toBe("deny by a/file.open#1");
  expect(decideOpen(ir, "/tmp")).toBe("deny by b/file.open#2");
});

test("a policy that monitors is reported and keeps no other from deciding", async () => {
  const { ir } = await lower(`
    policy "watch" mode monitor {
      ${open("precedence 1", 'allow when file.path == "/a"')}
      ${open("precedence 2", 'alert when file.path == "/a"')}
    }
    policy "deny" { ${open("precedence 3", 'deny when file.path == "/a"')} }
  `);
  expect(decideOpen(ir, "/a")).toBe("deny by watch/file.open#1?, deny/file.open#1");
});

test("a group decides about the old and the new name of a rename", async () => {
  const { ir } = await lower(`
    policy "a" {
      on file.create, file.delete in group "files" precedence 1 { allow when file.path == "/tmp/a" }
      on file.create, file.delete in group "files" precedence 2 { deny when file.path under "/etc" }
    }
  `);
  const rename = ir?.hooks.find(({ fact }) => fact.id === "security_path_rename");
  expect(rename?.blocks.map(({ rules }) => new Set(rules.map(({ verdict }) => verdict.kind)).size)).toEqual([
    2, 2,
  ]);
});

test("a block in a group says where its rules stand", async () => {
  const { codes } = await lower(`policy "a" { ${open("", 'deny when file.path == "/a"')} }`);
  expect(codes).toEqual(["group-without-precedence"]);
});

test("two rules that decide the same path differently are reported once, with both places", async () => {
  const { codes } = await lower(`
    policy "a" { ${open("precedence 1", 'deny when file.path in ["/a", "/b"]')} }
    policy "b" { ${open("precedence 2", 'allow when file.path in ["/b", "/c"]')} }
  `);
  expect(codes).toEqual(["group-conflict"]);
});
