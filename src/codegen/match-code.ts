/** C that decides the atoms of one field: from its value to what stays live. */
import type { Field, Test } from "../ir/ir.ts";
import { elementAt, invariant } from "../source/invariant.ts";
import { type HookBits, allBits } from "./bits.ts";
import { type CWriter, cComment, cWord } from "./c-writer.ts";
import type { IntegerTable } from "./integer-table.ts";
import { writeAnd, writeForget, writeKeep } from "./live-code.ts";
import {
  type AutomatonMatcher,
  type ClassMatcher,
  type CompareMatcher,
  type Matcher,
  networkWords,
} from "./matcher.ts";
import { paddedBounds, paddedCells } from "./table-code.ts";

/** Where a matcher writes and what its C names begin with. */
export interface MatchContext {
  readonly writer: CWriter;
  readonly bits: HookBits;
  /** Of the matcher's tables. */
  readonly name: string;
}

/**
 * Compares in place, one distinct test after the other. `value` is a C expression: an integer, or an array of
 * two u64 for an address.
 */
export function writeCompare(
  { writer, bits }: MatchContext,
  matcher: CompareMatcher,
  field: Field,
  value: string,
): void {
  writer.block("{", () => {
    if (field.type.kind === "integer") {
      writer.line(`u64 value = (s64)${value};`);
    }
    writer.line();
    for (const { atom, negated, mask } of matcher.comparisons) {
      const holds =
        field.type.kind === "integer" ? integerTest(atom.test, field) : networkTest(atom.test, value);
      writer.line(
        `if (${negated ? holds : `!(${holds})`}) { /* ${cComment(rulesOf(bits, mask))} */`,
        atom.span,
      );
      writer.block("", () => {
        writeKeep(writer, bits, allBits(bits) & ~mask);
      });
      writeForget(writer, bits, mask);
      if (field.type.kind === "integer" && matcher.comparisons.length > 1) {
        writer.line("value = forget(value, noise);");
      }
    }
  });
}

function rulesOf(bits: HookBits, mask: bigint): string {
  const names = bits.rules.filter((_, bit) => (mask >> BigInt(bit)) & 1n).map(({ rule }) => rule.id);
  return names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
}

/** C expression: whether the C variable `value` passes a test of an integer field. */
export function integerTest(test: Test, field: Field): string {
  invariant(field.type.kind === "integer", "an integer test needs an integer field");
  const { signed, bits } = field.type;
  const literal = (number: bigint): string =>
    signed ? (number === -(1n << 63n) ? "(-0x7fffffffffffffffLL - 1)" : `${number}LL`) : `${number}ULL`;
  const wide = signed ? "(s64)value" : "value";
  const mask = (1n << BigInt(bits)) - 1n;
  if (test.kind === "ranges") {
    const parts = test.ranges.map(({ low, high }) =>
      low === high
        ? `${wide} == ${literal(low)}`
        : `(${wide} >= ${literal(low)} && ${wide} <= ${literal(high)})`,
    );
    return parts.length === 0 ? "0" : parts.join(" || ");
  }
  invariant(test.kind === "bits", `a ${test.kind} test on an integer`);
  const parts = test.masks.map((each) => {
    const wanted = cWord(each & mask);
    return test.every ? `(value & ${wanted}) == ${wanted}` : `(value & ${wanted}) != 0`;
  });
  return parts.length === 0 ? "0" : parts.join(" || ");
}

function networkTest(test: Test, address: string): string {
  invariant(test.kind === "networks", `a ${test.kind} test on an address`);
  const parts = test.networks.map((network) => {
    const { masks, values } = networkWords(network);
    const halves = [0, 1].flatMap((half) => {
      const mask = elementAt(masks, half);
      const word =
        mask === (1n << 64n) - 1n ? `${address}[${half}]` : `(${address}[${half}] & ${cWord(mask)})`;
      return mask === 0n ? [] : [`${word} == ${cWord(elementAt(values, half))}`];
    });
    return halves.length === 0 ? "1" : `(${halves.join(" && ")})`;
  });
  return parts.length === 0 ? "0" : parts.join(" || ");
}

/** Looks an integer up in a table: sets the C variable `class` to at most `lastClass`. `key` is a C expression. */
export function writeIntegerLookup(
  writer: CWriter,
  name: string,
  table: IntegerTable,
  key: string,
  lastClass: number,
): void {
  switch (table.kind) {
    case "array":
      writer.line(`u64 class = ${table.outside};`);
      if (table.classes.length > 0) {
        writer.line(`u64 place = ${key} - ${cWord(table.first)};`);
        writer.line();
        writer.line(`if (place < ${table.classes.length})`);
        writer.line(`\tclass = ${name}_classes[bounded(place, ${table.classes.length - 1})];`);
      }
      break;
    case "hash":
      writer.line(`u64 key = ${key};`);
      writer.line("u64 class = 0;");
      writer.line(`u32 *found = bpf_map_lookup_elem(&${name}, &key);`);
      writer.line();
      writer.line("if (found)");
      writer.line("\tclass = *found;");
      break;
    case "bounds": {
      const size = paddedBounds(table).length;
      writer.line(`u64 key = ${key};`);
      writer.line("u64 at = 0;");
      writer.line();
      for (let step = size >> 1; step > 0; step >>= 1) {
        writer.line(`if (${name}_starts[at | ${step}] <= key)`);
        writer.line(`\tat |= ${step};`);
        writer.line(`at = forget(at, noise) & ${size - 1};`);
      }
      writer.line(`u64 class = ${name}_classes[at];`);
      break;
    }
  }
  writer.line(`class = bounded(class, ${lastClass});`);
}

/** The C expression of an integer's key in a table. */
export function keyExpression(field: Field, value: string): string {
  const wide = `(u64)(s64)${value}`;
  return field.type.kind === "integer" && field.type.signed ? `(${wide} ^ 0x8000000000000000ULL)` : wide;
}

/** `class` from a map of classes, then the vectors of that class. */
export function writeMapLookup(
  { writer, bits, name }: MatchContext,
  matcher: ClassMatcher,
  key: string,
): void {
  writeMapClass(writer, name, matcher, key);
  writeAnd(writer, bits, `${name}_vectors[class]`);
}

function writeMapClass(writer: CWriter, name: string, { vectors }: ClassMatcher, key: string): void {
  writer.line(`u32 *found = bpf_map_lookup_elem(&${name}, ${key});`);
  writer.line();
  writer.line("if (found)");
  writer.line("\tclass = *found;");
  writer.line(`class = bounded(class, ${vectors.length - 1});`);
}

/** Decides the atoms of a text that lies in scratch memory. `memory` and `text` are C expressions. */
export function writeTextMatch(context: MatchContext, matcher: Matcher, memory: string, text: string): void {
  const { writer, bits, name } = context;
  if (matcher.kind === "presence") {
    writeKeep(writer, bits, matcher.vector);
    return;
  }
  writeTextClass(writer, name, matcher, memory, text);
  writeAnd(writer, bits, `${name}_vectors[class]`);
}

/** Declares the C variable `class`, bounded, of a text that lies in scratch memory. */
export function writeTextClass(
  writer: CWriter,
  name: string,
  matcher: Matcher,
  memory: string,
  text: string,
): void {
  writer.line("u64 class = 0;");
  switch (matcher.kind) {
    case "text-trie": {
      const make = matcher.end === "front" ? "path_key" : "path_key_reversed";
      writer.line(`struct trie_key *key = ${make}(${memory}, ${text}, ${matcher.keyBytes});`);
      writeMapClass(writer, name, matcher, "key");
      return;
    }
    case "text-hash":
      writer.line(`u8 *key = path_hash_key(${memory}, ${text}, ${matcher.keyBytes});`);
      writer.line(`u32 *found = key ? bpf_map_lookup_elem(&${name}, key) : NULL;`);
      writer.line();
      writer.line("if (found)");
      writer.line("\tclass = *found;");
      writer.line(`class = bounded(class, ${matcher.vectors.length - 1});`);
      return;
    case "automaton":
      writer.line(`class = ${name}_walk(${memory}, ${text}, generation);`);
      writer.line(`class = ${name}_classes[bounded(class, ${matcher.classes.length - 1})];`);
      writer.line(`class = bounded(class, ${matcher.vectors.length - 1});`);
      return;
    case "presence":
    case "compare":
    case "integer-table":
    case "network-trie":
    case "process-class":
    case "lineage":
      invariant(false, `a ${matcher.kind} matcher on a text`);
  }
}

/** Writes `NAME_walk`, which gives the state that a text ends in. */
export function writeAutomatonWalk(writer: CWriter, name: string, { automaton }: AutomatonMatcher): void {
  const cells = paddedCells(automaton).length;
  const firstFinal = automaton.accepted.length - automaton.finalStates;
  writer.line("/* One byte further; 1 when no byte can change anything any more. */");
  writer.line(`static long ${name}_step(u32 index, struct text_walk *walk)`);
  writer.line("{");
  writer.block("", () => {
    writer.line(`u64 cell = walk->state * ${automaton.classCount} + ${name}_bytes[text_byte(walk, index)];`);
    writer.line();
    writer.line(`walk->state = ${name}_next[cell & ${cells - 1}];`);
    writer.line(`return walk->state >= ${firstFinal};`);
  });
  writer.line();
  writer.line("/* A function of its own: the verifier follows its loop once, however often it is called. */");
  writer.line(`__noinline int ${name}_walk_5_10(u32 level, u32 offset, u32 length)`);
  writer.line("{");
  writer.block("", () => {
    writer.line("struct text_walk walk = { .scratch = scratch_at(level), .offset = offset };");
    writer.line();
    writer.line("if (!walk.scratch)");
    writer.line("\treturn 0;");
    writer.line("for (u32 index = 0; index < PATH_BYTES; index++)");
    writer.line(`\tif (index >= length || ${name}_step(index, &walk))`);
    writer.line("\t\tbreak;");
    writer.line("return walk.state;");
  });
  writer.line();
  writer.line(
    `static __always_inline u64 ${name}_walk(struct scratch *scratch, const struct path_text *text,`,
  );
  writer.line("\t\t\t\t\tconst enum generation generation)");
  writer.line("{");
  writer.block("", () => {
    writer.line("struct text_walk walk = { .scratch = scratch, .offset = text->offset };");
    writer.line();
    writer.line("if (generation < GENERATION_6_1)");
    writer.line(`\treturn ${name}_walk_5_10(scratch->level, text->offset, text->length);`);
    writer.line(`bpf_loop(bounded(text->length, PATH_BYTES), ${name}_step, &walk, 0);`);
    writer.line("return walk.state;");
  });
  writer.line();
}
