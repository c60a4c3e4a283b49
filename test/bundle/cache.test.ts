import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ObjectCache, cacheKey, findObject, keepObject } from "../../src/bundle/cache.ts";
import { compileObject, findClang } from "../../src/bundle/clang.ts";

const clang = findClang();
const text = "int answer(void) { return 42; }\n";
let directory = "";
let cache: ObjectCache = { directory: "", maximumBytes: 0 };

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "policyc-cache-test-"));
  cache = { directory: join(directory, "objects"), maximumBytes: 1 << 20 };
});

afterEach(() => {
  delete process.env["CLANG"];
  rmSync(directory, { recursive: true, force: true });
});

/** Names in the cache. */
function entries(): readonly string[] {
  return existsSync(cache.directory) ? readdirSync(cache.directory) : [];
}

/** A compiler that notes each of its runs; what it noted so far. */
function countingClang(): () => number {
  const program = join(directory, "clang");
  const runs = join(directory, "runs");
  writeFileSync(program, `#!/bin/sh\necho run >>${runs}\nexec ${clang ?? "clang"} "$@"\n`);
  chmodSync(program, 0o755);
  process.env["CLANG"] = program;
  return () => (existsSync(runs) ? readFileSync(runs, "utf8").split("\n").length - 1 : 0);
}

describe("the object cache", () => {
  test("an object is made once", async () => {
    const runs = countingClang();
    const first = await compileObject("program.bpf.c", text, cache);
    const second = await compileObject("program.bpf.c", text, cache);
    expect(first.diagnostics).toEqual([]);
    expect(Buffer.from(second.value ?? []).equals(Buffer.from(first.value ?? [1]))).toBe(true);
    expect(runs()).toBe(1);
  });

  test("another text, another name or another compiler makes another object", async () => {
    const runs = countingClang();
    await compileObject("program.bpf.c", text, cache);
    await compileObject("program.bpf.c", `${text}\n`, cache);
    await compileObject("other.bpf.c", text, cache);
    expect(runs()).toBe(3);
    writeFileSync(join(directory, "clang"), `${readFileSync(join(directory, "clang"), "utf8")}\n`);
    await compileObject("program.bpf.c", text, cache);
    expect(runs()).toBe(4);
    expect(entries()).toHaveLength(4);
  });

  test("without a cache clang runs every time and nothing is kept", async () => {
    const runs = countingClang();
    await compileObject("program.bpf.c", text);
    await compileObject("program.bpf.c", text);
    expect(runs()).toBe(2);
    expect(entries()).toEqual([]);
  });

  test("the headers that clang read are part of an entry", async () => {
    await compileObject("program.bpf.c", '#include "event.h"\n', cache);
    const entry = readFileSync(join(cache.directory, entries()[0] ?? ""), "latin1");
    const inputs = JSON.parse(entry.split("\n")[1] ?? "") as readonly { readonly path: string }[];
    const names = inputs.map(({ path }) => path.slice(path.lastIndexOf("/") + 1));
    expect(names).toEqual(expect.arrayContaining(["event.h", "path.h", "bpf_helpers.h", "bpf.h"]));
    expect(names).not.toContain("program.bpf.c");
  });

  test("an entry does not outlive a header that it was made from", async () => {
    const header = join(directory, "a header.h");
    writeFileSync(header, "1");
    const key = cacheKey(["x"]);
    await keepObject(cache, key, [header], Buffer.from("object"));
    expect(await findObject(cache, key)).toEqual(new Uint8Array(Buffer.from("object")));
    writeFileSync(header, "2");
    expect(await findObject(cache, key)).toBeUndefined();
    rmSync(header);
    expect(await findObject(cache, key)).toBeUndefined();
  });

  test("texts can't be moved from one part of a key to the next", () => {
    expect(cacheKey(["ab", "c"])).not.toBe(cacheKey(["a", "bc"]));
    expect(cacheKey(["ab"])).not.toBe(cacheKey(["ab", ""]));
  });
});

describe("a damaged entry", () => {
  const key = cacheKey(["damaged"]);
  const object = Buffer.from("the bytes of an object");

  test.each([
    [
      "empty",
      (path: string) => {
        truncateSync(path, 0);
      },
    ],
    [
      "cut",
      (path: string) => {
        truncateSync(path, statSync(path).size - 1);
      },
    ],
    [
      "longer",
      (path: string) => {
        writeFileSync(path, Buffer.concat([readFileSync(path), object]));
      },
    ],
    [
      "without a line",
      (path: string) => {
        writeFileSync(path, "x");
      },
    ],
  ])("that is %s counts as none", async (_, damage) => {
    await keepObject(cache, key, [], object);
    expect(await findObject(cache, key)).toBeDefined();
    damage(join(cache.directory, key));
    expect(await findObject(cache, key)).toBeUndefined();
  });

  test("counts as none whichever byte differs", async () => {
    await keepObject(cache, key, [], object);
    const path = join(cache.directory, key);
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
      writeFileSync(path, damaged);
      expect(await findObject(cache, key), `byte ${at}`).toBeUndefined();
    }
  });

  test("is made anew", async () => {
    const runs = countingClang();
    const first = await compileObject("program.bpf.c", text, cache);
    const path = join(cache.directory, entries()[0] ?? "");
    truncateSync(path, 100);
    const second = await compileObject("program.bpf.c", text, cache);
    expect(runs()).toBe(2);
    expect(Buffer.from(second.value ?? []).equals(Buffer.from(first.value ?? [1]))).toBe(true);
    await compileObject("program.bpf.c", text, cache);
    expect(runs()).toBe(2);
  });
});

describe("a shared cache", () => {
  test("serves compilations that run at once", async () => {
    const results = await Promise.all(
      Array.from({ length: 6 }, () => compileObject("program.bpf.c", text, cache)),
    );
    const objects = results.map(({ value }) => Buffer.from(value ?? []).toString("hex"));
    expect(new Set(objects).size).toBe(1);
    expect(objects[0]).not.toBe("");
    expect(entries()).toHaveLength(1);
  });

  test("never shows half an entry", async () => {
    const key = cacheKey(["busy"]);
    const object = Buffer.alloc(400_000, "x");
    cache = { ...cache, maximumBytes: 1 << 26 };
    const state = { writing: true };
    const writers = Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let round = 0; round < 10; round++) {
          await keepObject(cache, key, [], object);
        }
      }),
    ).then(() => {
      state.writing = false;
    });
    await keepObject(cache, key, [], object);
    let looks = 0;
    while (state.writing) {
      expect((await findObject(cache, key))?.length).toBe(object.length);
      looks++;
    }
    await writers;
    expect(looks).toBeGreaterThan(0);
    expect(entries()).toEqual([key]);
  });

  test("that can't be written costs nothing but time", async () => {
    writeFileSync(join(directory, "objects"), "a file where the directory would be");
    const runs = countingClang();
    const first = await compileObject("program.bpf.c", text, cache);
    const second = await compileObject("program.bpf.c", text, cache);
    expect(first.diagnostics).toEqual([]);
    expect(second.value?.length).toBe(first.value?.length);
    expect(runs()).toBe(2);
  });
});

describe("a full cache", () => {
  const object = Buffer.alloc(1000);
  const keep = (name: string): Promise<void> => keepObject(cache, cacheKey([name]), [], object);
  const isKept = (name: string): boolean => existsSync(join(cache.directory, cacheKey([name])));
  const lastUsed = (name: string, secondsAgo: number): void => {
    const time = new Date(Date.now() - secondsAgo * 1000);
    utimesSync(join(cache.directory, cacheKey([name])), time, time);
  };

  test("lets go what was not used for longest", async () => {
    cache = { ...cache, maximumBytes: 5000 };
    for (const [index, name] of ["a", "b", "c", "d"].entries()) {
      await keep(name);
      lastUsed(name, 100 - index);
    }
    // A look is a use.
    await findObject(cache, cacheKey(["a"]));
    await keep("e");
    expect(["a", "b", "c", "d", "e"].filter(isKept)).toEqual(["a", "d", "e"]);
    const bytes = entries().reduce((sum, name) => sum + statSync(join(cache.directory, name)).size, 0);
    expect(bytes).toBeLessThanOrEqual(cache.maximumBytes);
  });

  test("clears away what a writer left unfinished an hour ago, and no sooner", async () => {
    await keep("a");
    const [old, fresh] = ["old.new", "fresh.new"].map((name) => join(cache.directory, name));
    for (const path of [old ?? "", fresh ?? ""]) {
      writeFileSync(path, "half");
    }
    const longAgo = new Date(Date.now() - 2 * 60 * 60 * 1000);
    utimesSync(old ?? "", longAgo, longAgo);
    await keep("b");
    expect(existsSync(old ?? "")).toBe(false);
    expect(existsSync(fresh ?? "")).toBe(true);
  });
});

describe("policyc compile", () => {
  const program = join(import.meta.dirname, "../../dist/policyc.js");
  const policy = `policy "p" {
  applies to everything
  on kprobe security_file_permission(f: file, mask: int) {
    alert when f.path == "/etc/shadow"
  }
}
`;

  test("uses the cache of XDG_CACHE_HOME, and with --no-cache none", () => {
    const runs = countingClang();
    const input = join(directory, "p.policy");
    const bundle = join(directory, "p.policyc");
    writeFileSync(input, policy);
    const environment = { ...process.env, XDG_CACHE_HOME: join(directory, "home") };
    const compile = (...options: readonly string[]): Buffer => {
      const { status, stderr } = spawnSync(
        process.execPath,
        [program, "compile", input, "-o", bundle, ...options],
        { env: environment, encoding: "utf8" },
      );
      expect(stderr).toBe("");
      expect(status).toBe(0);
      return readFileSync(bundle);
    };
    const kept = join(directory, "home", "policyc", "objects");
    const first = compile("--no-cache");
    expect(existsSync(kept)).toBe(false);
    expect(compile().equals(first)).toBe(true);
    expect(compile().equals(first)).toBe(true);
    expect(runs()).toBe(2);
    expect(readdirSync(kept)).toHaveLength(1);
    expect(compile("--no-cache").equals(first)).toBe(true);
    expect(runs()).toBe(3);
  });
});
