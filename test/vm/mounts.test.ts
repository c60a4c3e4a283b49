import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { KernelName } from "../../src/vm/kernel-catalog.ts";
import { REPOSITORY, RUNTIME, compileForGuest, runInGuest } from "./guest.ts";

/** Refuses to open files by the first component of their path, and by names of every length. */
const POLICY = `policy "mounts" {
  applies to everything

  on lsm file_open(file: file) {
    deny when file.path starts with ["/volume/"]
    deny when file.path ends with ["/12345678", "/123456789012345678901234567890123456789012345"]
  }
}
`;

const kernels: readonly KernelName[] = ["6.1", "7.2"];

/** The volume is a directory deep in another file system, and has a file system mounted inside. */
const PREPARE = [
  "mkdir -p /tmp/deep/er/shown/inner /tmp/names /volume",
  "mount --bind /tmp/deep/er/shown /volume",
  "mount -t tmpfs inner /volume/inner",
  "echo a >/volume/outer-file",
  "echo a >/volume/inner/file",
  "echo a >/tmp/deep/other",
  ...["12345678", "1234567", "123456789012345678901234567890123456789012345"].map(
    (name) => `echo a >/tmp/names/${name}`,
  ),
].join("; ");

const REFUSED = [
  "/volume/outer-file",
  "/volume/inner/file",
  "/tmp/names/12345678",
  "/tmp/names/123456789012345678901234567890123456789012345",
] as const;
const ALLOWED = ["/tmp/deep/other", "/tmp/names/1234567"] as const;

function bundle(): string {
  const directory = `${REPOSITORY}build/enforcement`;
  mkdirSync(directory, { recursive: true });
  writeFileSync(`${directory}/mounts.policy`, POLICY);
  return compileForGuest("enforcement/mounts", [`${directory}/mounts.policy`]);
}

describe.each(kernels)("paths through mounts on kernel %s", (kernel) => {
  it("are those that the process sees, whatever the file system calls them", async () => {
    const reads = [...REFUSED, ...ALLOWED].map((path) => `cat ${path} >/dev/null 2>&1; echo ${path} $?`);
    const [prepared, run] = await runInGuest(kernel, [
      { name: "prepare", argv: ["/bin/sh", "-c", PREPARE] },
      {
        name: "run",
        argv: [...RUNTIME, "run", bundle(), "--", "/bin/sh", "-c", reads.join("; ")],
        timeoutSeconds: 250,
      },
    ]);
    expect(prepared).toMatchObject({ exit: 0, stderr: "" });
    expect(run?.stdout.trim().split("\n")).toEqual([
      ...REFUSED.map((path) => `${path} 1`),
      ...ALLOWED.map((path) => `${path} 0`),
    ]);
  });
});
