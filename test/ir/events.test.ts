import { describe, expect, it } from "vitest";
import type { Ir } from "../../src/ir/ir.ts";
import { lowerPolicies } from "../../src/ir/lower/lower.ts";
import { printIr } from "../../src/ir/print.ts";
import { verify } from "../../src/ir/verify/verify.ts";
import { eventAliases, events } from "../../src/kernel/events.ts";
import { fieldsOf } from "../../src/kernel/field.ts";
import { hookTable } from "../../src/kernel/hook-table.ts";
import { supportedTargets } from "../../src/kernel/target.ts";
import { parsePolicyLanguage } from "../../src/parser/policy/parse.ts";
import { createSource, spanText } from "../../src/source/source.ts";

interface Lowered {
  readonly ir: Ir | undefined;
  /** `code | underlined | message | help` of every finding. */
  readonly findings: readonly string[];
}

function lower(blocks: string): Lowered {
  const source = createSource("events.policy", `policy "p" {\n${blocks}\n}\n`);
  const parsed = parsePolicyLanguage(source, { parameters: { values: new Map(), used: new Set() } });
  const lowered =
    parsed.value === undefined ? undefined : lowerPolicies(parsed.value, { targets: supportedTargets });
  const diagnostics = [...parsed.diagnostics, ...(lowered?.diagnostics ?? [])];
  return {
    ir: lowered?.value,
    findings: diagnostics.map(({ code, span, message, help }) =>
      [code, span === undefined ? "" : spanText(span), message, help ?? ""].join(" | "),
    ),
  };
}

function printed(blocks: string): string {
  const { ir, findings } = lower(blocks);
  expect(findings).toEqual([]);
  return ir === undefined ? "" : printIr(ir);
}

describe("the table of events", () => {
  it.each([...events.values()])("$name names places and fields that there are", (event) => {
    expect(event.places.length).toBeGreaterThan(0);
    const names = event.fields.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const place of event.places) {
      const fact = hookTable.get(place.hook);
      expect([place.hook, fact?.id]).toEqual([place.hook, place.hook]);
      expect(names).toEqual(expect.arrayContaining(Object.keys(place.fields)));
      const used = [...Object.values(place.fields), ...place.when.map(({ field }) => field)];
      for (const { argument, part } of used) {
        const parts = fact?.arguments[argument];
        expect(
          parts === undefined ? [] : fieldsOf(parts.type, parts.words).map((field) => field.part),
        ).toContain(part);
      }
    }
    const withValue = new Set(event.places.flatMap((place) => Object.keys(place.fields)));
    expect(names.filter((name) => !withValue.has(name))).toEqual([]);
  });

  it("gives a field one type at all places of an event", () => {
    for (const event of events.values()) {
      for (const { name } of event.fields) {
        const types = event.places.flatMap(({ hook, fields }) => {
          const place = fields[name];
          const argument = place && hookTable.get(hook)?.arguments[place.argument];
          return argument === undefined
            ? []
            : fieldsOf(argument.type, argument.words).filter(({ part }) => part === place?.part);
        });
        expect(new Set(types.map(({ type }) => JSON.stringify(type))).size, `${event.name} ${name}`).toBe(1);
      }
    }
  });

  it("leads other spellings to events", () => {
    for (const [alias, name] of eventAliases) {
      expect([alias, events.has(alias), events.has(name)]).toEqual([alias, false, true]);
    }
  });
});

describe("an event", () => {
  it("is looked for at each of its places, by one rule with one id", () => {
    const text = printed('on file.write when file.path under "/etc" { deny EACCES, alert }');
    const hooks = text.split("\n").filter((line) => line.startsWith("hook "));
    expect(hooks).toEqual([
      "hook security_file_permission",
      "hook security_mmap_file",
      "hook security_path_truncate",
    ]);
    expect(text.match(/rule p\/file\.write#1: deny errno 13/g)).toHaveLength(3);
    expect(text).toContain("mask has-any 0x2\n");
  });

  it("numbers its rules by event, through all blocks", () => {
    const { ir } = lower("on file.open { allow, alert otherwise deny }\non file.open, file.read { alert }");
    const ids = ir?.hooks.flatMap(({ blocks }) => blocks.flatMap(({ rules }) => rules.map(({ id }) => id)));
    expect(new Set(ids)).toEqual(
      new Set(["p/file.open#1", "p/file.open#2", "p/file.open#3", "p/file.read#1"]),
    );
  });

  it("decides together with raw hooks at the same place", () => {
    const { ir } = lower(
      'on file.open when file.path == "/a" { deny }\non kprobe security_file_open(f: file) when f == "/b" { deny }',
    );
    expect(ir?.hooks.map(({ fact, blocks }) => [fact.id, blocks.length])).toEqual([
      ["security_file_open", 2],
    ]);
  });

  it("keeps its own restriction under `otherwise`", () => {
    const { ir } = lower(
      'on file.read when file.path under "/a" { allow when file.flags has O_RDWR otherwise deny }',
    );
    const permission = ir?.hooks.find(({ fact }) => fact.id === "security_file_permission");
    const mask = permission?.fields.findIndex(({ name }) => name === "mask");
    const posture = permission?.blocks[0]?.rules.find((rule) => rule.posture);
    expect(
      JSON.stringify(posture?.condition, (_, value: unknown) =>
        typeof value === "bigint" ? String(value) : value,
      ),
    ).toContain(`"field":${mask ?? -1},`);
  });

  it("takes a field that a place has no value of for false, before any `not`", () => {
    const text = printed('on module.load when not file.path under "/lib/modules" { deny }');
    expect(text).toMatch(
      /hook security_kernel_load_data\n[^]*?rule p\/module\.load#1: deny[^\n]*\n {6}id in 2\n/,
    );
  });

  it("goes to the kernels that lack one of its optional places", () => {
    const { ir } = lower("on credentials.change when new.uid == 0 { deny }");
    const found = ir?.hooks.find(({ fact }) => fact.id === "security_task_fix_setgroups");
    expect(found?.attachments.map(({ need }) => need)).toEqual(["if-present"]);
  });

  it("is served on every supported kernel by what denies there", () => {
    for (const event of events.values()) {
      const reported = new Set(["syscall", "process.exit"]);
      const { ir, findings } = lower(`on ${event.name} { ${reported.has(event.name) ? "alert" : "deny"} }`);
      expect(findings).toEqual([]);
      const outcome = ir && verify(ir, supportedTargets);
      const expected =
        event.name === "file.chown" ? ["kernel 5.10 can't refuse at `security_path_chown`"] : [];
      expect([event.name, outcome?.diagnostics.map(({ message }) => message)]).toEqual([
        event.name,
        expected,
      ]);
    }
  });

  it("can't be refused where nothing before it can", () => {
    expect(lower("on syscall when syscall.id == ptrace { deny }").findings).toEqual([
      "verdict-not-possible | deny | nothing can refuse `syscall` | ",
    ]);
  });
});

describe("slips in names", () => {
  it.each([
    ["file.opne", "did you mean `file.open`?"],
    ["network.connect", "did you mean `net.connect`?"],
    ["setns", "did you mean `namespace.change`?"],
    ["net.teleport", "use one of net.create, net.connect, net.bind, net.listen, net.accept, net.send"],
  ])("of events: %s", (name, help) => {
    expect(lower(`on ${name} { alert }`).findings).toEqual([
      `unknown-event | ${name} | there is no event \`${name}\` | ${help}`,
    ]);
  });

  it.each([
    ["file.write", "file.paht", "did you mean `file.path`?"],
    ["net.connect", "dest.prot", "did you mean `dest.port`?"],
    ["net.connect", "dest.ip", "did you mean `dest.addr`?"],
    ["file.write", "path", "did you mean `file.path`?"],
    ["bpf.load", "process.name", "did you mean `process.exe`?"],
    ["file.create", "name", "its fields are `file.path`, `file.owned`"],
    ["bpf.load", "program", "the event has no fields of its own"],
    ["capability.use", "capabilty", "did you mean `capability`?"],
  ])("of fields: %s, reported once", (event, field, help) => {
    expect(lower(`on ${event} when ${field} == 1 { alert }`).findings).toEqual([
      `unknown-field | ${field} | \`${field}\` is not known to \`${event}\` | ${help}`,
    ]);
  });

  it("of operators, under the name that was written", () => {
    expect(lower('on net.connect when dest.port under "/x" { alert }').findings).toEqual([
      "operator-type-mismatch | under | `dest.port` has no operator `under` | use one of in, less, less-or-equal, greater, greater-or-equal, has-any, has-all, exists",
    ]);
  });

  it("of values", () => {
    expect(lower("on capability.use when capability == CAP_SYS_ADMN { deny }").findings).toEqual([
      "unknown-value-name | CAP_SYS_ADMN | `CAP_SYS_ADMN` is no name of a value here | did you mean `CAP_SYS_ADMIN`?",
    ]);
  });
});

describe("a raw hook on a program that starts", () => {
  it.each(["lsm bprm_check_security", "kprobe security_bprm_check"])(
    "knows the program's path: %s",
    (hook) => {
      const text = printed(`on ${hook}(bprm: linux_binprm) when bprm.path ends with "/nc" { deny }`);
      expect(text).toContain("  hook lsm/bprm_check_security, else fmod_ret/security_bprm_check\n");
      expect(text).toContain("  capture argument 1: file\n");
      expect(text).toContain('file.path suffix "/nc"');
    },
  );

  it("keeps other pointers apart from it", () => {
    expect(lower("on lsm file_open(f: linux_binprm) { alert }").findings).toEqual([
      "argument-type-mismatch | linux_binprm | this argument is no `linux_binprm` | the kernel's type is `file`",
    ]);
  });
});
