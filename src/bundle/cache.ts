/**
 * Keeps what clang made, by what it was made from. An entry is found by the digest of the generated program, the
 * compiler and its arguments; it lists every header that was read, and counts only while all of them are the same.
 * An entry that is damaged in any way is as good as none. Several processes may use one cache at once.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** Raised whenever the form of entries changes: older ones are then never found. */
const FORMAT = 1;
/** Objects have about 200 KB. */
const DEFAULT_MAXIMUM_BYTES = 128 * 1024 * 1024;
/** When it is full, the oldest entries go until this part is left, so that not every new entry has to make room. */
const KEPT_PART = 0.75;
/** Of an unfinished entry that its writer has left behind. */
const ABANDONED_MILLISECONDS = 60 * 60 * 1000;
const TEMPORARY = ".new";

/** Where objects are kept, and how many bytes of them. */
export interface ObjectCache {
  readonly directory: string;
  readonly maximumBytes: number;
}

/** A file that went into an object. */
interface Input {
  readonly path: string;
  readonly digest: string;
}

/** Where policyc keeps what is costly to make again. */
export function cacheDirectory(): string {
  const root = process.env["XDG_CACHE_HOME"];
  return join(root === undefined || root === "" ? join(homedir(), ".cache") : root, "policyc");
}

/** The user's own cache. */
export function userObjectCache(): ObjectCache {
  return { directory: join(cacheDirectory(), "objects"), maximumBytes: DEFAULT_MAXIMUM_BYTES };
}

/** The name under which the object made from these texts is kept. */
export function cacheKey(parts: readonly string[]): string {
  // Lengths keep parts apart: no two lists of parts give the same text.
  return sha256([String(FORMAT), ...parts].map((part) => `${part.length}:${part}`).join(""));
}

/** The object of `key`, or undefined when there is none that still holds. */
export async function findObject(cache: ObjectCache, key: string): Promise<Uint8Array | undefined> {
  const path = join(cache.directory, key);
  const entry = await readFile(path).catch(() => undefined);
  const found = entry === undefined ? undefined : readEntry(entry);
  if (found === undefined || !(await areCurrent(found.inputs))) {
    return undefined;
  }
  // The time of last use decides what goes first. A cache that can't be written is still of use.
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
  return found.object;
}

/** Keeps an object that was made from the files `inputs`. A cache that can't be written keeps nothing. */
export async function keepObject(
  cache: ObjectCache,
  key: string,
  inputs: readonly string[],
  object: Uint8Array,
): Promise<void> {
  try {
    const digests = await Promise.all(
      inputs.map(async (path): Promise<Input> => ({ path, digest: sha256(await readFile(path)) })),
    );
    await mkdir(cache.directory, { recursive: true, mode: 0o700 });
    const temporary = join(cache.directory, `${key}.${randomBytes(6).toString("hex")}${TEMPORARY}`);
    try {
      await writeFile(temporary, writeEntry(digests, object), { mode: 0o600 });
      await rename(temporary, join(cache.directory, key));
    } finally {
      await rm(temporary, { force: true });
    }
    await makeRoom(cache);
  } catch {
    // The object is made all the same.
  }
}

/** Digest of everything that follows, the inputs as one line of JSON, the object. */
function writeEntry(inputs: readonly Input[], object: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(`${JSON.stringify(inputs)}\n`), object]);
  return Buffer.concat([Buffer.from(`${sha256(body)}\n`), body]);
}

function readEntry(
  entry: Buffer,
): { readonly inputs: readonly Input[]; readonly object: Uint8Array } | undefined {
  const bodyStart = entry.indexOf("\n") + 1;
  const body = entry.subarray(bodyStart);
  if (bodyStart === 0 || entry.toString("latin1", 0, bodyStart - 1) !== sha256(body)) {
    return undefined;
  }
  const objectStart = body.indexOf("\n") + 1;
  // The digest says that writeEntry wrote this.
  const inputs = JSON.parse(body.toString("utf8", 0, objectStart)) as readonly Input[];
  return { inputs, object: new Uint8Array(body.subarray(objectStart)) };
}

async function areCurrent(inputs: readonly Input[]): Promise<boolean> {
  const current = await Promise.all(
    inputs.map(async ({ path, digest }) => {
      const content = await readFile(path).catch(() => undefined);
      return content !== undefined && sha256(content) === digest;
    }),
  );
  return current.every((same) => same);
}

/** Lets the entries go that were not used for longest. */
async function makeRoom({ directory, maximumBytes }: ObjectCache): Promise<void> {
  const names = await readdir(directory);
  const listed = await Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      // Another process may have removed it.
      const facts = await stat(path).catch(() => undefined);
      return facts === undefined ? [] : [{ path, bytes: facts.size, used: facts.mtimeMs }];
    }),
  );
  const files = listed.flat().sort((a, b) => a.used - b.used);
  const abandoned = Date.now() - ABANDONED_MILLISECONDS;
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const wanted = bytes > maximumBytes ? maximumBytes * KEPT_PART : bytes;
  for (const file of files) {
    const unfinished = file.path.endsWith(TEMPORARY);
    if (unfinished ? file.used < abandoned : bytes > wanted) {
      await rm(file.path, { force: true });
      bytes -= file.bytes;
    }
  }
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
