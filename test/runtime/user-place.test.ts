import { describe, expect, it } from "vitest";
import type { Pointer } from "../../runtime/libbpf.ts";
import type { Manifest, ManifestUserPlace } from "../../runtime/manifest.ts";
import { attachToPlace, lineOfProgram } from "../../runtime/user-place.ts";

// Nothing is attached before the place is found, so nothing looks at these.
const nothing: Pointer = 0n;
const node = process.execPath;

describe("a place that is missing", () => {
  const point = { provider: "no", name: "such", arguments: [], firstRow: 0, cookie: true };
  it.each<[string, Partial<ManifestUserPlace>, string]>([
    ["file", { path: "/no/such/file", symbol: "main" }, "there is no file /no/such/file"],
    ["directory for a file", { path: "/", symbol: "main" }, "/ is no regular file"],
    ["script for a program", { path: import.meta.filename, symbol: "main" }, "is no ELF file for x86-64"],
    ["symbol", { symbol: "no_such_function" }, `${node} has no function \`no_such_function\``],
    ["address", { address: 0x7fff_ffff_f000 }, `${node} has no address 0x7ffffffff000`],
    ["static point", { point }, `${node} has no static point \`no:such\``],
  ])("is told: %s", (_, place, reason) => {
    const attached = attachToPlace(nothing, nothing, { path: node, atReturn: false, ...place });
    expect(attached).toEqual({ kind: "missing", reason: expect.stringContaining(reason) as string });
  });
});

describe("the line of a program", () => {
  const rule = (hook: number, line: number): unknown => ({ hook, file: "shell.yaml", line });
  const manifest = {
    programs: [{ name: "uprobe_b", hook: 1 }, { name: "process_exec_event" }],
    rules: [rule(0, 3), rule(1, 9), rule(1, 12)],
  } as unknown as Manifest;

  it("is that of its first rule", () => {
    expect(lineOfProgram(manifest, "uprobe_b")).toBe("shell.yaml:9");
  });

  it("is unknown where it is for no rule", () => {
    expect(lineOfProgram(manifest, "process_exec_event")).toBeUndefined();
    expect(lineOfProgram(manifest, "another")).toBeUndefined();
  });
});
