import { zipSync } from "fflate";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseBundle } from "../../runtime/bundle/read.ts";
import { readLineTable, readPrograms } from "../../runtime/line-table.ts";
import { type ProgramLines, readRefusal } from "../../runtime/verifier-log.ts";
import { compileProgram, EXEC_ATTACHMENT, packBundle, TEST_PLAN, testManifest } from "./test-bundle.ts";

const OBJECT = Buffer.from("no ELF");
const MANIFEST = testManifest([EXEC_ATTACHMENT]);

function faults(bytes: Uint8Array): readonly string[] {
  const bundle = parseBundle(bytes, "b");
  return bundle.kind === "ok" ? [] : [bundle.failure.message, ...bundle.failure.notes];
}

describe("a bundle", () => {
  test("that is sound is read", () => {
    expect(faults(packBundle(MANIFEST, TEST_PLAN, OBJECT))).toEqual([]);
  });

  test.each([
    [
      "of another format",
      { ...MANIFEST, format: 2 },
      "manifest.format is not 1, the only format that this runtime reads",
    ],
    [
      "with a rule of no policy",
      { ...MANIFEST, policies: [] },
      "manifest.rules[0].policy is not an integer from 0 to -1",
    ],
    [
      "that names a path as program",
      {
        ...MANIFEST,
        attachments: [{ ...EXEC_ATTACHMENT, alternatives: [{ program: "../x", requires: [] }] }],
      },
      "manifest.attachments[0].alternatives[0].program is not a name of letters, digits, `_` and `.`",
    ],
  ])("%s is refused", (_, manifest, fault) => {
    expect(faults(packBundle(manifest, TEST_PLAN, OBJECT))).toEqual(["bundle `b` is not sound", fault]);
  });

  test("with a changed file is refused", () => {
    const bytes = zipSync({
      "manifest.json": Buffer.from(JSON.stringify({ ...MANIFEST, digests: { "plan.json": "0".repeat(64) } })),
      "plan.json": Buffer.from('{"maps":[]}'),
      "program.bpf.o": OBJECT,
    });
    expect(faults(bytes)[1]).toBe("plan.json differs from its digest in the manifest");
  });

  test("with a file outside itself is refused", () => {
    expect(faults(zipSync({ "../../etc/passwd": OBJECT }))[1]).toBe('unexpected file "../../etc/passwd"');
  });

  test("that is damaged anywhere gives a failure, not an exception", () => {
    const sound = packBundle(MANIFEST, TEST_PLAN, OBJECT);
    fc.assert(
      fc.property(fc.nat(sound.length - 1), fc.nat(255), fc.nat(sound.length), (at, byte, length) => {
        const damaged = Uint8Array.from(sound.subarray(0, length));
        if (at < damaged.length) {
          damaged[at] = byte;
        }
        expect(["ok", "failed"]).toContain(parseBundle(damaged, "b").kind);
      }),
    );
  });
});

describe("a refusal by the verifier", () => {
  const known = (
    table: ProgramLines["table"],
    section = "lsm/x",
    instructions = 9,
    start = 0,
  ): ProgramLines => ({
    table,
    originOf: (line) => (line.file.endsWith(".yaml") ? line : undefined),
    programs: [{ name: "f", section, start, instructions }],
  });
  const lines = [
    {
      file: "/src/p.yaml",
      line: 7,
      text: "  - operator: Prefix",
      section: "lsm/x",
      instruction: 0,
    },
    { file: "/t/path.h", line: 90, text: "  walk(p);", section: "lsm/x", instruction: 1 },
  ];

  test("is traced by name and line on new kernels", () => {
    const log = [
      "libbpf: prog 'f': BPF program load failed: Permission denied",
      "libbpf: prog 'f': -- BEGIN PROG LOAD LOG --",
      "; - operator: Prefix @ p.yaml:7",
      "0: (61) r1 = *(u32 *)(r0 +0)",
      "R0 invalid mem access 'scalar'",
      "processed 7 insns (limit 1000000) max_states_per_insn 0",
      "-- END PROG LOAD LOG --",
    ].join("\n");
    expect(readRefusal(log, known(lines, "lsm/none"))).toEqual({
      program: "f",
      message: "R0 invalid mem access 'scalar'",
      source: { file: "/src/p.yaml", line: 7, text: "- operator: Prefix" },
    });
  });

  test("is traced by text on old kernels, to the policy rather than to a template", () => {
    const log = [
      "libbpf: prog 'f': -- BEGIN PROG LOAD LOG --",
      "; - operator: Prefix",
      "0: (61) r1 = *(u32 *)(r0 +0)",
      "; walk(p);",
      "1: R1_w=inv0",
      "BPF program is too large. Processed 1000001 insn",
      "-- END PROG LOAD LOG --",
    ].join("\n");
    expect(readRefusal(log, known(lines, "lsm/none"))).toEqual({
      program: "f",
      message: "BPF program is too large. Processed 1000001 insn",
      source: { file: "/src/p.yaml", line: 7, text: "  - operator: Prefix" },
    });
  });

  test("is traced back to the last instruction that comes from a policy", () => {
    const log = [
      "libbpf: prog 'f': -- BEGIN PROG LOAD LOG --",
      "; - operator: Prefix",
      "0: (61) r1 = *(u32 *)(r0 +0)",
      "; walk(p);",
      "1: (61) r1 = *(u32 *)(r0 +0)",
      "; another()",
      "12: (61) r1 = *(u32 *)(r0 +0)",
      "R0 invalid mem access 'inv'",
      "-- END PROG LOAD LOG --",
    ].join("\n");
    expect(readRefusal(log, known(lines))?.source).toMatchObject({ file: "/src/p.yaml", line: 7 });
  });

  test("is traced by instruction where clang could not read the policy", () => {
    const log = [
      "libbpf: prog 'f': -- BEGIN PROG LOAD LOG --",
      "; ",
      "3: (61) r1 = *(u32 *)(r0 +0)",
      "R0 invalid mem access 'inv'",
      "-- END PROG LOAD LOG --",
    ].join("\n");
    const bare = [2, 3, 5].map((instruction) => ({
      file: "/src/p.yaml",
      line: instruction + 10,
      text: "",
      section: "lsm/x",
      instruction,
    }));
    expect(readRefusal(log, known(bare))?.source?.line).toBe(13);
    expect(readRefusal(log, known(bare, "lsm/other"))?.source).toBeUndefined();
    // Two programs can share a section.
    expect(readRefusal(log, known(bare, "lsm/x", 9, 2))?.source?.line).toBe(15);
    // Instructions past the program's end are those of a function that it calls.
    expect(readRefusal(log, known(bare, "lsm/x", 3))?.source).toBeUndefined();
  });

  test("finds the lines that clang wrote into the object", () => {
    const table = readLineTable(compileProgram("observe", ["REFUSED"]));
    expect(table.some(({ file, line }) => file.endsWith("walls.policy") && line >= 12)).toBe(true);
    expect(readLineTable(Buffer.from("not an object"))).toEqual([]);
    const programs = readPrograms(compileProgram("observe", ["REFUSED"]));
    expect(programs.map(({ name }) => name)).toEqual(expect.arrayContaining(["on_exec", "refused"]));
    expect(readPrograms(Buffer.from("not an object"))).toEqual([]);
  });
});
