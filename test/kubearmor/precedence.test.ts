/** Random policies for one workload: what the compiler makes of them decides as a direct reading of KubeArmor's order. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Evaluation, evaluate, type FieldValue } from "../../src/ir/evaluate.ts";
import type { Field, Ir, IrHook } from "../../src/ir/ir.ts";
import { lowerPolicies } from "../../src/ir/lower/lower.ts";
import { supportedTargets } from "../../src/kernel/target.ts";
import { parseSources } from "../../src/parser/parse.ts";
import { createSource } from "../../src/source/source.ts";
import { type Action, decide, type ModelEvent, type ModelOutcome, type ModelRule } from "./model.ts";

const directories = ["/a/", "/a/b/", "/a/b/c/", "/d/"];
const names = ["x", "y", "b"];
const paths = directories.flatMap((dir) => names.map((name) => `${dir}${name}`));
const programs = ["/p/one", "/p/two"];

const subject: fc.Arbitrary<ModelRule["subject"]> = fc.oneof(
  fc.record({ kind: fc.constant("path" as const), path: fc.constantFrom(...paths) }),
  fc.record({ kind: fc.constant("execname" as const), name: fc.constantFrom(...names) }),
  fc.record({
    kind: fc.constant("directory" as const),
    dir: fc.constantFrom("/", ...directories),
    recursive: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("pattern" as const), dir: fc.constantFrom(...directories) }),
);

const rule: fc.Arbitrary<ModelRule> = fc
  .record({
    section: fc.constantFrom("process" as const, "file" as const),
    action: fc.constantFrom<Action>("Allow", "Block", "Audit"),
    subject,
    source: fc.option(fc.constantFrom(...programs), { nil: undefined }),
    readOnly: fc.boolean(),
    ownerOnly: fc.integer({ min: 0, max: 3 }).map((number) => number === 0),
    withoutTerminal: fc.integer({ min: 0, max: 3 }).map((number) => number === 0),
  })
  // Names are of programs; patterns have no source and no terminal; only files are read-only.
  .map((drawn) => ({
    ...drawn,
    section: drawn.subject.kind === "execname" ? ("process" as const) : drawn.section,
    source: drawn.subject.kind === "pattern" ? undefined : drawn.source,
    withoutTerminal: drawn.subject.kind !== "pattern" && drawn.withoutTerminal,
  }))
  .map((drawn) => ({ ...drawn, readOnly: drawn.section === "file" && drawn.readOnly }));

const event: fc.Arbitrary<ModelEvent> = fc.record({
  operation: fc.constantFrom("exec" as const, "open" as const, "write" as const),
  path: fc.constantFrom("/a", "/a/b", ...paths),
  program: fc.constantFrom(...programs, "/p/other"),
  parent: fc.constantFrom(...programs, "/p/other"),
  owned: fc.boolean(),
  terminal: fc.boolean(),
});

/** A policy in YAML; each rule has a section of its own list. */
function policyText(name: string, rules: readonly ModelRule[], posture: string): string {
  const sections = (["process", "file"] as const).map((section) => {
    const own = rules.filter((each) => each.section === section);
    const list = (key: string, kinds: readonly string[]): string => {
      const items = own.filter((each) => kinds.includes(each.subject.kind));
      return `    ${key}: [${items.map(ruleText).join(", ")}]\n`;
    };
    const lists = [
      list("matchPaths", ["path", "execname"]),
      list("matchDirectories", ["directory"]),
      list("matchPatterns", ["pattern"]),
    ];
    return `  ${section}:\n${lists.join("")}`;
  });
  return `apiVersion: security.kubearmor.com/v1
kind: KubeArmorPolicy
metadata:
  name: ${name}
  namespace: default
  annotations: {kubearmor-file-posture: ${posture}}
spec:
  selector: {matchLabels: {app: web}}
${sections.join("")}`;
}

function ruleText({ action, subject: named, source, readOnly, ...asked }: ModelRule): string {
  const subjectText = {
    path: () => ({ path: named.kind === "path" ? named.path : "" }),
    execname: () => ({ execname: named.kind === "execname" ? named.name : "" }),
    directory: () => (named.kind === "directory" ? { dir: named.dir, recursive: named.recursive } : {}),
    pattern: () => ({ pattern: named.kind === "pattern" ? `${named.dir}**` : "" }),
  }[named.kind]();
  return JSON.stringify({
    ...subjectText,
    action,
    ...(source === undefined ? {} : { fromSource: [{ path: source }] }),
    ...(readOnly ? { readOnly } : {}),
    ...(asked.ownerOnly ? { ownerOnly: true } : {}),
    ...(asked.withoutTerminal ? { pts: false } : {}),
  });
}

async function lower(texts: readonly string[]): Promise<Ir> {
  const sources = texts.map((text, index) => createSource(`${index}.yaml`, text));
  const parsed = await parseSources(sources, { parameters: new Map() });
  const errors = parsed.diagnostics.filter(({ severity }) => severity === "error");
  expect(errors.map(({ message }) => message)).toEqual([]);
  // The workload is one that all policies are for.
  const policies = (parsed.value?.policies ?? []).map((policy) => ({
    ...policy,
    scope: { kind: "everything" as const, span: policy.span },
  }));
  const { value, diagnostics } = lowerPolicies(
    { kind: "policy-tree", policies },
    { targets: supportedTargets },
  );
  if (value === undefined) {
    throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  }
  return value;
}

const hooks = {
  exec: "security_bprm_check",
  open: "security_file_open",
  write: "security_file_permission",
} as const;
const MAY_WRITE = 2n;

function valueOf({ source, type }: Field, event: ModelEvent): FieldValue {
  const { owned, parent, path, program } = event;
  const text = (value: string): FieldValue => ({ kind: "text", bytes: Buffer.from(value) });
  if (source.kind === "process" && source.part === "tty") {
    return event.terminal ? { kind: "integer", value: 34816n } : { kind: "missing" };
  }
  if (source.kind === "process") {
    return text(source.level === 0 ? program : parent);
  }
  if (source.kind === "file" && source.part === "owned") {
    return { kind: "integer", value: owned ? 1n : 0n };
  }
  return type.kind === "path" ? text(path) : { kind: "integer", value: MAY_WRITE };
}

function outcomeOf(hook: IrHook, ir: Ir, happening: ModelEvent): ModelOutcome {
  const { decisions, verdict }: Evaluation = evaluate(hook, ir.policies, {
    values: hook.fields.map((field) => valueOf(field, happening)),
  });
  const ruleOf = (index: number): IrHook["blocks"][number]["rules"][number] | undefined =>
    hook.blocks.flatMap(({ rules }) => rules)[index];
  return {
    refused: verdict.kind !== "allow",
    posture: decisions.some((decision) => ruleOf(decision.rule)?.posture === true),
    audited: decisions.some(
      (decision) => hook.blocks[decision.block]?.group?.endsWith(" audit") === true && decision.post,
    ),
  };
}

test("the most specific rule of all policies decides, else the posture", async () => {
  let events = 0;
  const seen = { refused: 0, posture: 0, audited: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(rule, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 }),
      fc.constantFrom("audit" as const, "block" as const),
      fc.array(event, { minLength: 40, maxLength: 40 }),
      async (policies, posture, happenings) => {
        const ir = await lower(policies.map((rules, index) => policyText(`p${index}`, rules, posture)));
        for (const happening of happenings) {
          const expected = decide(policies.flat(), posture, happening);
          const hook = ir.hooks.find(({ fact }) => fact.id === hooks[happening.operation]);
          const silent: ModelOutcome = { refused: false, posture: false, audited: false };
          expect(hook === undefined ? silent : outcomeOf(hook, ir, happening)).toEqual(expected);
          events += 1;
          seen.refused += expected.refused ? 1 : 0;
          seen.posture += expected.posture ? 1 : 0;
          seen.audited += expected.audited ? 1 : 0;
        }
      },
    ),
    { numRuns: 60, seed: 6, endOnFailure: true },
  );
  expect(events).toBe(60 * 40);
  // All kinds of outcome came up, so that none of them is compared with nothing.
  expect(Math.min(seen.refused, seen.posture, seen.audited)).toBeGreaterThan(100);
});
