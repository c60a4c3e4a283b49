import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import {
  type Btf,
  enumValue,
  findFunction,
  findMember,
  functionNames,
  readBtf,
} from "../../src/kernel/btf.ts";
import { hookTable } from "../../src/kernel/hook-table.ts";
import type { AttachPoint } from "../../src/kernel/hook.ts";

/** Builds a blob: types as lists of 32-bit words after the name, strings in order of first use. */
function tinyBtf(): Uint8Array {
  const strings = [""];
  const at = (text: string): number => {
    if (!strings.includes(text)) {
      strings.push(text);
    }
    return strings.slice(0, strings.indexOf(text)).reduce((sum, before) => sum + before.length + 1, 0);
  };
  const head = (kind: number, count: number, flag = 0): number => ((flag << 31) | (kind << 24) | count) >>> 0;
  const words: number[][] = [
    [at("int"), head(1, 0), 4, (1 << 24) | 32], // 1
    [at("file"), head(4, 2), 16, at("mode"), 1, 0, 0, 8, 64], // 2: struct file { int mode; struct { … }; }
    [0, head(2, 0), 2], // 3: struct file *
    [at("umode_t"), head(8, 0), 6], // 4: typedef
    [0, head(10, 0), 1], // 5: const int
    [at("short"), head(1, 0), 2, 16], // 6: unsigned short
    [0, head(13, 3), 1, at("file"), 3, at("mask"), 5, at("mode"), 4], // 7
    [0, head(4, 1), 4, at("inner"), 1, 32], // 8: anonymous struct
    [at("check_file"), head(12, 0), 7], // 9
    [at("colour"), head(6, 1, 1), 4, at("MINUS"), 0xffffffff], // 10
    [at("big"), head(19, 1), 8, at("BIG"), 1, 2], // 11
    [at("loop"), head(8, 0), 12], // 12: a typedef of itself
    [0, head(13, 1), 0, at("x"), 12], // 13
    [at("looping"), head(12, 0), 13], // 14
  ];
  const text = Buffer.from(`${strings.join("\0")}\0`, "latin1");
  const types = Buffer.from(Uint32Array.from(words.flat()).buffer);
  const header = Buffer.alloc(24);
  header.writeUInt16LE(0xeb9f, 0);
  header.writeUInt8(1, 2);
  [24, 0, types.length, types.length, text.length].forEach((value, place) =>
    header.writeUInt32LE(value, 4 + place * 4),
  );
  return Buffer.concat([header, types, text]);
}

function load(blob: Uint8Array): Btf {
  const { value, diagnostics } = readBtf("test", blob);
  if (value === undefined) {
    throw new Error(diagnostics.map(({ message }) => message).join());
  }
  return value;
}

describe("a hand-made BTF", () => {
  const btf = load(tinyBtf());
  it("gives prototypes through qualifiers and typedefs", () => {
    expect(findFunction(btf, "check_file")).toEqual({
      parameters: [
        { name: "file", cType: "struct file *", type: { kind: "file" } },
        { name: "mask", cType: "const int", type: { kind: "integer", bits: 32, signed: true } },
        { name: "mode", cType: "umode_t", type: { kind: "integer", bits: 16, signed: false } },
      ],
      result: { cType: "int", type: { kind: "integer", bits: 32, signed: true } },
    });
    expect(findFunction(btf, "check")).toBeUndefined();
    expect(functionNames(btf)).toEqual(["check_file", "looping"]);
  });
  it("finds members through anonymous structs", () => {
    expect(findMember(btf, "file", ["inner"])?.bitOffset).toBe(96);
    expect(findMember(btf, "file", ["inner", "x"])).toBeUndefined();
  });
  it("reads signed and 64-bit enumerators", () => {
    expect([enumValue(btf, "MINUS"), enumValue(btf, "BIG"), enumValue(btf, "NONE")]).toEqual([
      -1n,
      (2n << 32n) | 1n,
      undefined,
    ]);
  });
  it("ends on a type that refers to itself", () => {
    expect(findFunction(btf, "looping")?.parameters[0]?.type).toBeUndefined();
  });
});

describe("hostile input", () => {
  it.each([
    ["an empty file", new Uint8Array()],
    ["text", Buffer.from("this is no BTF at all, but long enough for a header")],
    ["a cut file", tinyBtf().subarray(0, 100)],
  ])("refuses %s", (_name, blob) => {
    expect(readBtf("x", blob).diagnostics.map(({ code }) => code)).toEqual(["invalid-btf"]);
  });
  it("never throws, whatever bytes are changed", () => {
    const original = tinyBtf();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(original.length - 1), fc.nat(255)), { maxLength: 12 }),
        (changes) => {
          const blob = Uint8Array.from(original);
          for (const [place, value] of changes) {
            blob[place] = value;
          }
          const { value } = readBtf("x", blob);
          if (value !== undefined) {
            findFunction(value, "check_file");
            findFunction(value, "looping");
            findMember(value, "file", ["inner"]);
            enumValue(value, "BIG");
            functionNames(value);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

const vmlinux = "/sys/kernel/btf/vmlinux";
const isPresent = existsSync(vmlinux);
if (!isPresent) {
  console.log(`skipped: this machine has no ${vmlinux}`);
}

describe.runIf(isPresent)("this machine's kernel", () => {
  const blob = isPresent ? readFileSync(vmlinux) : Buffer.alloc(0);
  const read = (): Btf => load(blob);
  it("knows functions", () => {
    const { parameters } = findFunction(read(), "tcp_connect") ?? {};
    expect(parameters?.map(({ cType }) => cType)).toEqual(["struct sock *"]);
  });
  it("knows members and enumerators", () => {
    const btf = read();
    expect(findMember(btf, "sock", ["__sk_common", "skc_family"])?.type.type).toEqual({
      kind: "integer",
      bits: 16,
      signed: false,
    });
    expect(enumValue(btf, "BPF_MAP_TYPE_HASH")).toBe(1n);
  });
  it("agrees with the hook table", () => {
    const btf = read();
    const points = [...hookTable.values()].flatMap((fact) => [
      ...fact.attachPoints,
      ...fact.alsoServedBy.flatMap((place) => place.attachPoints),
      ...fact.guards.flatMap((place) => place.attachPoints),
    ]);
    const spelled = (point: AttachPoint): string[] => point.parameters.map(({ cType }) => cType);
    // Newer kernels use other names behind some parameters; C passes structs and enumerations as integers.
    const known = (cType: string): string =>
      cType
        .replace("struct sockaddr_unsized", "struct sockaddr")
        .replace("long unsigned int", "unsigned long")
        .replace("long int", "long")
        .replace(/^(kuid_t|kgid_t|enum kernel_\w+_id)$/, "u32")
        .replace("u64", "unsigned long")
        .replace("gfp_t", "unsigned int");
    for (const point of points.filter(({ kind }) => kind !== "tp_btf")) {
      const name = point.kind === "lsm" ? `bpf_lsm_${point.target}` : point.target;
      const prototype = findFunction(btf, name);
      const actual = prototype?.parameters.map(({ cType }) => known(cType));
      const expected = spelled(point);
      expect([name, point.openEnded ? actual?.slice(0, expected.length) : actual]).toEqual([name, expected]);
    }
  });
});
