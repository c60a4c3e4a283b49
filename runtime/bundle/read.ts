/** Bundles: read from a file, checked whole before anything of it is used. */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { unzipSync } from "fflate";
import { failed, ok, thrownMessage } from "../failure.ts";
import type { Result } from "../failure.ts";
import type { Manifest, MapPlan } from "../manifest.ts";
import { checkManifest, checkPlan } from "./check.ts";

export interface Bundle {
  readonly manifest: Manifest;
  readonly plan: MapPlan;
  /** The ELF object. */
  readonly object: Uint8Array;
  /** LineOrigins as JSON, not checked yet: needed only when the kernel refuses a program. */
  readonly lines: Uint8Array | undefined;
  /** SHA-256 of the whole file, hex. */
  readonly digest: string;
}

const MOST_FILES = 64;
const MOST_ARCHIVE_BYTES = 256 * 1024 * 1024;
const MOST_BYTES = 1024 * 1024 * 1024;
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const NEEDED = { manifest: "manifest.json", plan: "plan.json", object: "program.bpf.o" } as const;

/** Reads and checks a bundle file. Fails with 3 where it can't be read, with 1 where it is not sound. */
export function readBundle(path: string): Result<Bundle> {
  let bytes: Uint8Array;
  try {
    if (statSync(path).size > MOST_ARCHIVE_BYTES) {
      return failed(1, `bundle \`${path}\` is larger than ${MOST_ARCHIVE_BYTES} bytes`);
    }
    bytes = readFileSync(path);
  } catch (thrown) {
    return failed(3, `can't read bundle \`${path}\``, [thrownMessage(thrown)]);
  }
  return parseBundle(bytes, path);
}

/** Checks the bytes of a bundle; `name` is for messages. */
export function parseBundle(bytes: Uint8Array, name: string): Result<Bundle> {
  try {
    const files = unpack(bytes);
    const manifest = checkManifest(parseJson(files, NEEDED.manifest));
    checkDigests(files, manifest.digests);
    const plan = checkPlan(parseJson(files, NEEDED.plan));
    return ok({
      ...{ manifest, plan, object: member(files, NEEDED.object) },
      ...{ lines: files.get(LINES), digest: sha256(bytes) },
    });
  } catch (thrown) {
    return failed(1, `bundle \`${name}\` is not sound`, [thrownMessage(thrown)]);
  }
}

/** Origins of the program's lines; a bundle can do without. */
const LINES = "lines.json";

type Files = ReadonlyMap<string, Uint8Array>;

function unpack(bytes: Uint8Array): Files {
  const seen = new Set<string>();
  let total = 0;
  const files = unzipSync(bytes, {
    filter: (file) => {
      total += file.originalSize;
      if (!FILE_NAME.test(file.name) || seen.has(file.name)) {
        throw new Error(`unexpected file ${JSON.stringify(file.name)}`);
      }
      seen.add(file.name);
      if (seen.size > MOST_FILES || total > MOST_BYTES) {
        throw new Error(`more than ${MOST_FILES} files or ${MOST_BYTES} bytes`);
      }
      return true;
    },
  });
  return new Map(Object.entries(files));
}

function member(files: Files, name: string): Uint8Array {
  const found = files.get(name);
  if (found === undefined) {
    throw new Error(`it has no ${name}`);
  }
  return found;
}

function parseJson(files: Files, name: string): unknown {
  const text = Buffer.from(member(files, name)).toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${name} is not JSON`);
  }
}

function checkDigests(files: Files, digests: Readonly<Record<string, string>>): void {
  for (const [name, content] of files) {
    if (name !== NEEDED.manifest && !name.startsWith("signature") && digests[name] !== sha256(content)) {
      throw new Error(`${name} differs from its digest in the manifest`);
    }
  }
  for (const name of Object.keys(digests)) {
    member(files, name);
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
