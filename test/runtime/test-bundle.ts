/** Bundles made by hand, for tests of the runtime without the compiler. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { zipSync } from "fflate";
import type { Manifest, ManifestAttachment, MapPlan } from "../../runtime/manifest.ts";

export const EXEC_ATTACHMENT: ManifestAttachment = {
  purpose: "process start",
  need: "required",
  alternatives: [
    { program: "never_chosen", requires: [{ kind: "kernel-function", name: "no_such_function" }] },
    { program: "on_exec", requires: [{ kind: "helper", name: "bpf_ringbuf_reserve" }] },
  ],
};

export const TEST_PLAN: MapPlan = {
  maps: [
    {
      name: "chosen",
      entries: Array.from({ length: 20 }, (_, index) => ({
        key: littleEndian(index),
        value: littleEndian(index * 6),
      })),
    },
  ],
};

/** One policy with one rule on a made-up function with one integer argument. */
export function testManifest(attachments: readonly ManifestAttachment[]): Manifest {
  return {
    format: 1,
    compiler: "policyc 0.1.0",
    policies: [{ name: "walls", mode: "enforce", tags: ["t"], file: "walls.policy", line: 1 }],
    rules: [
      {
        id: "walls/observed#1",
        policy: 0,
        hook: 0,
        tags: [],
        verdict: { kind: "allow" },
        post: true,
        posture: false,
        file: "walls.policy",
        line: 2,
        column: 1,
      },
    ],
    hooks: [
      {
        name: "observed",
        section: "kprobe",
        captures: [{ argument: 0, type: { kind: "integer", bits: 32, signed: true } }],
        result: false,
      },
    ],
    limits: [],
    attachments,
    programs: [],
    maps: [
      { name: "chosen", type: "hash", keySize: 4, valueSize: 4, maxEntries: 64, entries: 20, bytes: 512 },
    ],
    notes: [],
    digests: {},
  };
}

/** Compiles `programs/NAME.bpf.c`. */
export function compileProgram(name: string, definitions: readonly string[] = []): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), "policyc-test-"));
  try {
    const output = join(directory, "program.o");
    execFileSync(findClang(), [
      ...[
        "-O2",
        "-g",
        "-target",
        "bpf",
        "-mcpu=v2",
        `-I/usr/include/${process.arch === "x64" ? "x86_64" : "aarch64"}-linux-gnu`,
      ],
      ...definitions.map((definition) => `-D${definition}`),
      ...["-c", fileURLToPath(new URL(`programs/${name}.bpf.c`, import.meta.url)), "-o", output],
    ]);
    return readFileSync(output);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function findClang(): string {
  const names = ["clang", "clang-19", "clang-14"];
  const directories = (process.env["PATH"] ?? "").split(":");
  const found = names.find((name) => directories.some((directory) => existsSync(join(directory, name))));
  if (found === undefined) {
    throw new Error(`these tests need one of ${names.join(", ")}`);
  }
  return found;
}

/** The archive of a bundle, with its digests. */
export function packBundle(manifest: Manifest, plan: MapPlan, object: Uint8Array): Uint8Array {
  const files = {
    "plan.json": Buffer.from(JSON.stringify(plan)),
    "program.bpf.o": object,
    "program.bpf.c": Buffer.from("/* by hand */\n"),
  };
  const digests = Object.fromEntries(
    Object.entries(files).map(([name, content]) => [
      name,
      createHash("sha256").update(content).digest("hex"),
    ]),
  );
  return zipSync({ ...files, "manifest.json": Buffer.from(JSON.stringify({ ...manifest, digests })) });
}

/** Writes a file into a directory of its own; its path. */
export function temporaryFile(name: string, content: Uint8Array): string {
  const path = join(mkdtempSync(join(tmpdir(), "policyc-test-")), name);
  writeFileSync(path, content);
  return path;
}

function littleEndian(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes.toString("hex");
}
