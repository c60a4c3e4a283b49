import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CORPUS, corpusFiles, outcomeOf, rowOf, targetWithBtf } from "./corpus-outcomes.ts";

const PAGE = join(import.meta.dirname, "../../docs/tetragon.md");
const BEGIN = "<!-- outcomes -->\n";
const END = "<!-- end of outcomes -->";

/** `UPDATE_FIXTURES=1` writes the table. Without, it must not claim that more compiles than does. */
test.skipIf(!existsSync(CORPUS))(
  "the table of real policies claims nothing that does not hold",
  async () => {
    const targets = [await targetWithBtf("6.1"), await targetWithBtf("6.12")];
    const rows = new Map<string, readonly string[]>();
    for (const file of corpusFiles()) {
      rows.set(file, await Promise.all(targets.map((target) => outcomeOf(file, target))));
    }
    const counts = targets.map(
      (_, index) => [...rows.values()].filter((outcomes) => outcomes[index] === "compiles").length,
    );
    console.log(`of ${rows.size} policies compile: ${counts.join(" for 6.1, ")} for 6.12`);
    const page = readFileSync(PAGE, "utf8");
    const [before = "", rest = ""] = page.split(BEGIN);
    const after = rest.slice(rest.indexOf(END));
    if (process.env["UPDATE_FIXTURES"] === "1") {
      const head = ["", "| policy | 6.1 | 6.12 |", "| --- | --- | --- |"];
      const table = [...head, ...[...rows].map(([file, outcomes]) => rowOf(file, outcomes)), ""].join("\n");
      writeFileSync(PAGE, `${before}${BEGIN}${table}\n${after}`);
    }
    const stated = readFileSync(PAGE, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| |\s*\|?\s*$/g, "").trim()));
    expect(stated.map(([file]) => file)).toEqual([...rows.keys()].map((file) => `\`${file}\``));
    for (const [file = "", ...claims] of stated) {
      const outcomes = rows.get(file.replaceAll("`", "")) ?? [];
      claims.forEach((claim, index) => {
        if (claim === "compiles") {
          expect(`${file}: ${outcomes[index] ?? ""}`).toBe(`${file}: compiles`);
        }
      });
    }
  },
  300_000,
);
