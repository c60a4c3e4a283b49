import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { FUNCTION, addressesOf, offsetOfAddress, offsetOfSymbol, withElf } from "../../runtime/elf.ts";

const folder = mkdtempSync(join(tmpdir(), "policyc-elf-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A symbol: its name, type, section and address. */
type Symbol = readonly [name: string, type: number, section: number, address: number];

const ADDRESS = 0x401000;
const OFFSET = 0x1000;

/** A file with one loaded segment, a symbol table and its names. */
function elf(symbols: readonly Symbol[], machine = 62): Buffer {
  const file = Buffer.alloc(0x2000);
  file.write("\x7fELF\x02\x01\x01", "latin1");
  file.writeUInt16LE(machine, 18);
  file.writeBigUInt64LE(64n, 32);
  file.writeBigUInt64LE(0x200n, 40);
  [56, 1, 64, 3, 2].forEach((value, index) => file.writeUInt16LE(value, 54 + 2 * index));
  file.writeUInt32LE(1, 64);
  [OFFSET, ADDRESS, 0, 0x1000, 0x1000].forEach((value, index) => {
    file.writeBigUInt64LE(BigInt(value), 72 + 8 * index);
  });
  const names = symbols.map(([name]) => `${name}\0`).join("");
  file.write(names, 0x800, "latin1");
  symbols.forEach(([name, type, section, address], index) => {
    const at = 0x400 + 24 * index;
    file.writeUInt32LE(names.indexOf(`${name}\0`), at);
    file.writeUInt8(type, at + 4);
    file.writeUInt16LE(section, at + 6);
    file.writeBigUInt64LE(BigInt(address), at + 8);
  });
  section(file, 1, 2, 0x400, 24 * symbols.length, 2);
  section(file, 2, 3, 0x800, names.length, 0);
  return file;
}

function section(file: Buffer, index: number, type: number, at: number, bytes: number, link: number): void {
  const entry = 0x200 + 64 * index;
  file.writeUInt32LE(type, entry + 4);
  file.writeBigUInt64LE(BigInt(at), entry + 24);
  file.writeBigUInt64LE(BigInt(bytes), entry + 32);
  file.writeUInt32LE(link, entry + 40);
}

function written(name: string, content: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const find = (path: string, symbol: string): number => withElf(path, (file) => offsetOfSymbol(file, symbol));

describe("an ELF file", () => {
  const path = written(
    "program",
    elf([
      ["main", FUNCTION, 1, ADDRESS + 0x10],
      ["read@@GLIBC_2.2.5", FUNCTION, 1, ADDRESS + 0x20],
      ["reader", FUNCTION, 1, ADDRESS + 0x30],
      ["counter", 1, 1, ADDRESS + 0x40],
      ["foreign", FUNCTION, 0, 0],
      ["twice", FUNCTION, 1, ADDRESS + 0x50],
      ["twice", FUNCTION, 1, ADDRESS + 0x60],
      ["away", FUNCTION, 1, 0x99999],
      ["main", FUNCTION, 1, ADDRESS + 0x10],
    ]),
  );

  it("has functions at offsets", () => {
    expect(find(path, "main")).toBe(OFFSET + 0x10);
    expect(find(path, "read")).toBe(OFFSET + 0x20);
    expect(withElf(path, (file) => addressesOf(file, "counter", 1))).toEqual([ADDRESS + 0x40]);
  });

  it.each([
    ["mai", "no function `mai`"],
    ["counter", "no function `counter`"],
    ["foreign", "no function `foreign`"],
    ["twice", "several functions `twice`"],
    ["away", "no address 0x99999"],
  ])("has no single function %s", (symbol, message) => {
    expect(() => find(path, symbol)).toThrow(message);
  });

  it("has addresses at offsets, to the end of what is loaded", () => {
    const offsetOf = (address: number): number => withElf(path, (file) => offsetOfAddress(file, address));
    expect(offsetOf(ADDRESS + 0xfff)).toBe(OFFSET + 0xfff);
    expect(() => offsetOf(ADDRESS + 0x1000)).toThrow("no address 0x402000");
    expect(() => offsetOf(ADDRESS - 1)).toThrow("no address 0x400fff");
  });
});

describe("what is no ELF file for this machine", () => {
  it.each([
    ["text", Buffer.from("#!/bin/sh\n".repeat(20)), "no ELF file"],
    ["empty", Buffer.alloc(0), "no ELF file"],
    ["arm", elf([], 183), "no ELF file"],
    ["cut", elf([["main", FUNCTION, 1, ADDRESS]]).subarray(0, 0x410), "damaged"],
  ])("%s is refused", (name, content, message) => {
    expect(() => find(written(name, content), "main")).toThrow(message);
  });

  it("is refused when it is a pipe, without waiting for it", () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    expect(() => find(pipe, "main")).toThrow("no regular file");
  });

  it("is refused when it is missing", () => {
    expect(() => find(join(folder, "missing"), "main")).toThrow("there is no file");
  });

  it("never makes anything else fail than the reading", () => {
    const whole = elf([["main", FUNCTION, 1, ADDRESS]]);
    for (let at = 16; at < 0x2d0; at++) {
      const changed = Buffer.from(whole);
      changed[at] = 0xff;
      const path = written("changed", changed);
      try {
        find(path, "main");
      } catch (thrown) {
        expect(thrown).toHaveProperty("message", expect.stringContaining(path));
      }
    }
  });
});
