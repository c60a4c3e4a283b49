/** C declarations of matchers' tables, and what the runtime fills into those that are maps. */
import type { MapPlan } from "../../runtime/manifest.ts";
import type { Atom } from "../ir/ir.ts";
import type { Automaton } from "../ir/automaton.ts";
import { invariant } from "../source/invariant.ts";
import { type HookBits, wordsOf } from "./bits.ts";
import { type CWriter, cWord } from "./c-writer.ts";
import type { IntegerTable } from "./integer-table.ts";
import type { Matcher } from "./matcher.ts";
import type { Trie } from "./trie.ts";

type PlannedMap = MapPlan["maps"][number];

/** Declares the tables of a matcher with their vectors; C names begin with `name`. */
export function writeTables(writer: CWriter, name: string, matcher: Matcher, bits: HookBits): void {
  writeTable(writer, name, matcher);
  if ("vectors" in matcher) {
    writeVectors(writer, `${name}_vectors`, matcher.vectors, bits);
  }
}

/** Declares what finds the class of a value. */
export function writeTable(writer: CWriter, name: string, matcher: Matcher): void {
  switch (matcher.kind) {
    case "compare":
    case "presence":
    case "process-class":
    case "lineage":
      return;
    case "integer-table":
      writeIntegerTable(writer, name, matcher.table);
      break;
    case "text-trie":
      writeMap(writer, name, "LPM_TRIE", matcher.trie.nodes.length, 4 + matcher.keyBytes);
      break;
    case "text-hash":
      writeMap(writer, name, "HASH", matcher.entries.length, matcher.keyBytes);
      break;
    case "network-trie":
      writeMap(writer, name, "LPM_TRIE", matcher.trie.nodes.length, 4 + 16);
      break;
    case "automaton":
      writeAutomaton(writer, name, matcher.automaton, matcher.classes);
      break;
  }
}

/** Declares the vectors of classes. */
export function writeVectors(
  writer: CWriter,
  name: string,
  vectors: readonly bigint[],
  bits: HookBits,
): void {
  writer.block(
    `const u64 ${name}[${vectors.length}][${bits.words}] = {`,
    () => {
      for (const vector of vectors) {
        writer.line(`{ ${wordsOf(vector, bits.words).map(cWord).join(", ")} },`);
      }
    },
    "};",
  );
  writer.line();
}

/** Declares what an integer table looks into. */
export function writeIntegerTable(writer: CWriter, name: string, table: IntegerTable): void {
  switch (table.kind) {
    case "array":
      if (table.classes.length === 0) {
        return;
      }
      writeClasses(writer, name, table.classes);
      return;
    case "hash":
      writeMap(writer, name, "HASH", table.entries.length, 8);
      return;
    case "bounds": {
      const starts = paddedBounds(table);
      writeNumbers(
        writer,
        `const u64 ${name}_starts`,
        starts.map(({ key }) => cWord(key)),
      );
      writeClasses(
        writer,
        name,
        starts.map((start) => start.class),
      );
      return;
    }
  }
}

/** Classes by place; wide enough for the largest number among them. */
function writeClasses(writer: CWriter, name: string, classes: readonly number[]): void {
  const type = classes.some((each) => each > 0xffff) ? "u32" : "u16";
  writeNumbers(writer, `const ${type} ${name}_classes`, classes.map(String));
}

/** The bounds of a search, filled up to a power of two with the last one. */
export function paddedBounds(
  table: Extract<IntegerTable, { kind: "bounds" }>,
): readonly { readonly key: bigint; readonly class: number }[] {
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, table.starts.length)));
  const last = table.starts.at(-1);
  invariant(last !== undefined, "bounds begin with 0");
  const filling = { key: (1n << 64n) - 1n, class: last.class };
  return Array.from({ length: size }, (_, index) => table.starts[index] ?? filling);
}

function writeMap(writer: CWriter, name: string, type: string, entries: number, keyBytes: number): void {
  writer.block(
    "struct {",
    () => {
      writer.line(`__uint(type, BPF_MAP_TYPE_${type});`);
      writer.line(
        `__uint(map_flags, ${type === "LPM_TRIE" ? "BPF_F_NO_PREALLOC | " : ""}BPF_F_RDONLY_PROG);`,
      );
      writer.line(`__uint(max_entries, ${Math.max(1, entries)});`);
      writer.line(`__uint(key_size, ${keyBytes});`);
      writer.line("__uint(value_size, 4);");
    },
    `} ${name} SEC(".maps");`,
  );
  writer.line();
}

function writeAutomaton(
  writer: CWriter,
  name: string,
  automaton: Automaton<Atom>,
  classes: readonly number[],
): void {
  writeNumbers(writer, `const u8 ${name}_bytes`, automaton.byteClasses.map(String));
  writeNumbers(writer, `const u16 ${name}_next`, paddedCells(automaton).map(String));
  writeClasses(writer, name, classes);
}

/** The cells of an automaton, filled up to a power of two, so that a mask keeps an index inside. */
export function paddedCells({ next }: Pick<Automaton<Atom>, "next">): readonly number[] {
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, next.length)));
  return Array.from({ length: size }, (_, index) => next[index] ?? 0);
}

const NUMBERS_A_LINE = 16;

function writeNumbers(writer: CWriter, declaration: string, numbers: readonly string[]): void {
  writer.block(
    `${declaration}[${numbers.length}] = {`,
    () => {
      for (let at = 0; at < numbers.length; at += NUMBERS_A_LINE) {
        writer.line(`${numbers.slice(at, at + NUMBERS_A_LINE).join(", ")},`);
      }
    },
    "};",
  );
  writer.line();
}

/** What the runtime puts into a matcher's map; none for tables in read-only data. */
export function plannedMap(name: string, matcher: Matcher): readonly PlannedMap[] {
  switch (matcher.kind) {
    case "compare":
    case "presence":
    case "automaton":
    case "process-class":
    case "lineage":
      return [];
    case "integer-table":
      return plannedIntegers(name, matcher.table);
    case "text-trie":
      return [plannedTrie(name, matcher.trie, matcher.keyBytes)];
    case "network-trie":
      return [plannedTrie(name, matcher.trie, 16)];
    case "text-hash":
      return [
        {
          name,
          entries: matcher.entries.map(({ text, class: found }) => ({
            key: Buffer.from(text)
              .toString("hex")
              .padEnd(matcher.keyBytes * 2, "0"),
            value: u32Hex(found),
          })),
        },
      ];
  }
}

/** The same for an integer table. */
export function plannedIntegers(name: string, table: IntegerTable): readonly PlannedMap[] {
  return table.kind === "hash"
    ? [
        {
          name,
          entries: table.entries.map(({ key, class: found }) => ({
            key: u64Hex(key),
            value: u32Hex(found),
          })),
        },
      ]
    : [];
}

function plannedTrie(name: string, trie: Trie, keyBytes: number): PlannedMap {
  return {
    name,
    entries: trie.nodes.map((node) => ({
      key:
        u32Hex(node.bits) +
        Buffer.from(node.bytes)
          .toString("hex")
          .padEnd(keyBytes * 2, "0"),
      value: u32Hex(node.class),
    })),
  };
}

function u32Hex(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes.toString("hex");
}

function u64Hex(value: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes.toString("hex");
}
