import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findClang } from "../../src/bundle/clang.ts";

const BPF = join(import.meta.dirname, "../../bpf");
const TEMPLATES = join(BPF, "templates");

/** Other headers include them in test-run builds, in the place of functions of their own. */
const PARTS: Readonly<Record<string, string>> = {
  "test_run_path.h": '#define POLICYC_TEST_RUN 1\n#include "path.h"\n',
  "test_run_task.h": '#define POLICYC_TEST_RUN 1\n#include "task.h"\n',
};

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "policyc-templates-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.each(readdirSync(TEMPLATES))("the header %s", (header) => {
  test("compiles by itself, twice included, without a warning", () => {
    const clang = findClang() ?? "clang is not installed";
    const file = join(folder, `${header}.c`);
    const include = `#include "${header}"\n`;
    writeFileSync(file, PARTS[header] ?? include + include);
    const { status, stderr } = spawnSync(
      clang,
      [
        ...["-target", "bpf", "-mcpu=v3", "-O2", "-std=gnu11", "-fsyntax-only", `-I${TEMPLATES}`],
        ...["/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu"]
          .filter(existsSync)
          .map((path) => `-I${path}`),
        // Some functions take what only their twins in other builds use.
        ...["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", file],
      ],
      { encoding: "utf8" },
    );
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  test("says its licences", () => {
    const [first] = readFileSync(join(TEMPLATES, header), "utf8").split("\n");
    expect(first).toBe("/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */");
  });
});

test("the texts of both licences are there", () => {
  const text = (name: string): string => readFileSync(join(BPF, "LICENSES", name), "utf8");
  expect(text("GPL-2.0.txt")).toContain("GNU GENERAL PUBLIC LICENSE");
  expect(text("BSD-2-Clause.txt")).toContain("Redistributions in binary form");
});
