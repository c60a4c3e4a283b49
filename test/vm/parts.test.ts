import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cachedDirectory } from "../../src/vm/cache.ts";
import { writeCpio } from "../../src/vm/cpio.ts";
import { readElfSection } from "../../src/kernel/elf.ts";
import { parseControl } from "../../src/vm/guest-job.ts";
import { decompressLz4Legacy } from "../../src/vm/lz4.ts";
import { DEFAULT_SHAPE, qemuArguments } from "../../src/vm/qemu-arguments.ts";
import { parseClosingLine, parseRuntimeReport } from "../../src/vm/runtime-events.ts";
import { shellQuote } from "../../src/vm/shell-quote.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "policyc-parts-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe("cached directories", () => {
  it("are made once, whole or not at all", async () => {
    const path = join(directory, "cache", "thing");
    const failing = cachedDirectory(path, (target) => {
      writeFileSync(join(target, "half"), "");
      return Promise.reject(new Error("no network"));
    });
    await expect(failing).rejects.toThrow("no network");
    expect(readdirSync(join(directory, "cache"))).toEqual([]);
    let fills = 0;
    const fill = async (target: string): Promise<void> => {
      fills++;
      await new Promise((resolve) => setTimeout(resolve, 20));
      writeFileSync(join(target, "whole"), "content");
    };
    await Promise.all([cachedDirectory(path, fill), cachedDirectory(path, fill)]);
    await cachedDirectory(path, fill);
    expect(fills).toBe(2);
    expect(readdirSync(join(directory, "cache"))).toEqual(["thing"]);
    expect(readFileSync(join(path, "whole"), "utf8")).toBe("content");
  });
});

describe("the cpio writer", () => {
  it("writes an archive that busybox unpacks to the same files", () => {
    const archive = writeCpio([
      { kind: "directory", path: "some", mode: 0o755 },
      { kind: "file", path: "some/script", mode: 0o750, content: Buffer.from("#!/bin/sh\n") },
      { kind: "file", path: "some/empty", mode: 0o600, content: new Uint8Array() },
      { kind: "file", path: "odd", mode: 0o644, content: Buffer.from("12345") },
    ]);
    execFileSync("/bin/busybox", ["cpio", "-id"], { cwd: directory, input: archive, stdio: "pipe" });
    expect(readFileSync(join(directory, "some/script"), "utf8")).toBe("#!/bin/sh\n");
    expect(readFileSync(join(directory, "odd"), "utf8")).toBe("12345");
    expect(readFileSync(join(directory, "some/empty"), "utf8")).toBe("");
    const modes = execFileSync("stat", ["-c", "%a", "some/script", "some/empty"], { cwd: directory });
    expect(modes.toString()).toBe("750\n600\n");
  });
});

describe("LZ4", () => {
  // Token 0x13: one literal, a match of 3 + 4 bytes; distance 1: the literal repeats over itself.
  const repeating = [0x13, 0x61, 0x01, 0x00, 0x10, 0x62];
  const frame = (block: readonly number[]): Buffer => {
    const header = Buffer.from([0x02, 0x21, 0x4c, 0x18, block.length, 0, 0, 0]);
    return Buffer.concat([header, Buffer.from(block)]);
  };

  it("decompresses literals and overlapping matches", () => {
    expect(decompressLz4Legacy(frame(repeating), 9).toString()).toBe("aaaaaaaab");
  });

  it("refuses a match that starts before the output", () => {
    expect(() => decompressLz4Legacy(frame([0x13, 0x61, 0x09, 0x00, 0x10, 0x62]), 9)).toThrow("broken");
  });

  it("refuses other input", () => {
    expect(() => decompressLz4Legacy(Buffer.from("not LZ4 at all"), 9)).toThrow("not a legacy LZ4 frame");
  });
});

describe("ELF sections", () => {
  it("are found by name in a real file", () => {
    const source = join(directory, "object.c");
    const object = join(directory, "object.o");
    writeFileSync(source, '__attribute__((section("wanted"))) const char text[] = "found";\n');
    const compiler = ["cc", "clang", "clang-14", "clang-19"].find(
      (name) => spawnSync(name, ["-v"]).status === 0,
    );
    execFileSync(compiler ?? "cc", ["-c", "-o", object, source]);
    expect(readElfSection(readFileSync(object), "wanted")?.toString()).toBe("found\0");
    expect(readElfSection(readFileSync(object), "absent")).toBeUndefined();
  });
});

describe("the control port", () => {
  const steps = [
    { name: "first", argv: ["true"] },
    { name: "second", argv: ["true"] },
  ];
  const complete = Buffer.from("started\n" + "step 0 7 4 2\noutAer" + "step 1 137 0 0\n" + "exit 0\n");

  it("gives each step's status and output", () => {
    expect(parseControl(complete, steps)).toEqual({
      started: true,
      exit: 0,
      steps: [
        { name: "first", exit: 7, stdout: "outA", stderr: "er" },
        { name: "second", exit: 137, stdout: "", stderr: "" },
      ],
    });
  });

  it("tells a job that began from a machine that died before", () => {
    expect(parseControl(Buffer.from("start"), steps).started).toBe(false);
    expect(parseControl(Buffer.from("started\n"), steps).started).toBe(true);
  });

  it("takes no half report for a whole one, wherever the bytes stop", () => {
    for (let length = 0; length < complete.length; length++) {
      expect(parseControl(complete.subarray(0, length), steps).exit).toBeUndefined();
    }
  });

  it("stops at a line that is no report", () => {
    const broken = Buffer.from("started\nstep 0 7 4 2\noutAerstep 1 0 - -\nexit 0\n");
    const report = parseControl(broken, steps);
    expect(report.steps.map(({ name }) => name)).toEqual(["first"]);
    expect(report.exit).toBeUndefined();
  });
});

describe("the runtime's events file", () => {
  it("ends with counts and the signal when the command ran", () => {
    expect(parseClosingLine('{"lost":3,"exit":137,"signal":"SIGKILL"}')).toEqual({
      lost: 3,
      signal: "SIGKILL",
    });
    expect(parseClosingLine('{"lost":0}')).toEqual({ lost: 0, signal: undefined });
    expect(parseClosingLine('{"process_exec":{"lost":0}}')).toBeUndefined();
  });

  it("without a closing line says that the command never ran", () => {
    expect(parseRuntimeReport('{"process_exec":{}}\n')).toEqual({
      lines: ['{"process_exec":{}}'],
      closing: undefined,
    });
  });
});

describe("shell words", () => {
  it.each(["plain", "two words", "it's", "$HOME `id` \\", "", "new\nline", "ünïcode"])("keep %j", (word) => {
    expect(execFileSync("/bin/sh", ["-c", `printf %s ${shellQuote(word)}`]).toString()).toBe(word);
  });
});

describe("the emulator's arguments", () => {
  const parts = { elf: "k", initrd: "i", shares: [], ports: ["a"], console: 3, firstPort: 4 };

  it("count instructions on one processor only", () => {
    const args = qemuArguments({ ...DEFAULT_SHAPE, cpus: 2, countInstructions: true }, parts).join(" ");
    expect(args).toContain("-icount shift=0,sleep=off");
    expect(args).toContain("-smp 1 ");
  });

  it("share the host's root for reading only", () => {
    const args = qemuArguments(DEFAULT_SHAPE, { ...parts, shares: [{ tag: "t", path: "/a,b" }] });
    expect(args.find((arg) => arg.includes("path=/,"))).toContain("readonly=on");
    expect(args.find((arg) => arg.includes("path=/a"))).toBe(
      "local,id=share0,path=/a,,b,security_model=none,multidevs=remap",
    );
  });
});
