/** The decide function of a hook: from values to the rules that hold, cheapest field first. */
import type { Atom, Field, IrHook, Test } from "../ir/ir.ts";
import { invariant } from "../source/invariant.ts";
import { formatSpan } from "../source/source.ts";
import {
  type FieldUse,
  type HookBits,
  type Literal,
  type Residue,
  allBits,
  useOfField,
  vectorOf,
  wordsOf,
} from "./bits.ts";
import { type CWriter, cComment, cWord } from "./c-writer.ts";
import { type EndFilter, endFilter } from "./path-ends.ts";
import { type Trie, networkTrie, textTrie } from "./trie.ts";
import { hookName, pathArguments } from "./values.ts";

/** A trie that the runtime fills, and the vectors of its classes in read-only data. */
export interface TrieTable {
  readonly name: string;
  readonly trie: Trie;
  readonly keyBytes: number;
}

/** The tables that a hook's decide function looks into. */
export function trieTables(hook: IrHook, bits: HookBits): ReadonlyMap<string, TrieTable> {
  const tables = new Map<string, TrieTable>();
  const add = (suffix: string, trie: Trie | undefined, keyBytes: number): void => {
    if (trie !== undefined) {
      const name = `${hookName(hook)}_${suffix}`;
      tables.set(suffix, { name, trie, keyBytes });
    }
  };
  hook.fields.forEach((field, index) => {
    const use = useOfField(bits, index);
    if (field.type.kind === "path") {
      const front = textTrie(bits, use, "front");
      const back = textTrie(bits, use, "back");
      add(`front${index}`, front, roundUp(front?.bytes ?? 0));
      add(`back${index}`, back, roundUp(back?.bytes ?? 0));
    } else if (field.type.kind === "address") {
      add(`networks${index}`, networkTrie(bits, use), 16);
    }
  });
  return tables;
}

function roundUp(bytes: number): number {
  return (bytes + 7) & ~7;
}

/** Everything that the parts of a decide function need. */
interface DecideContext {
  readonly writer: CWriter;
  readonly hook: IrHook;
  readonly bits: HookBits;
  readonly tables: ReadonlyMap<string, TrieTable>;
}

/** Writes `HOOK_decide`. */
export function writeDecide(
  writer: CWriter,
  hook: IrHook,
  bits: HookBits,
  tables: ReadonlyMap<string, TrieTable>,
  firstRule: number,
): void {
  const context = { writer, hook, bits, tables };
  const name = hookName(hook);
  const [path] = pathArguments(hook);
  writeRuleStep(context, firstRule);
  writer.line("/* Which rules hold, and what follows from it: 0 or a negative error. */");
  writer.line(
    `static __always_inline int ${name}_decide(const struct ${name}_values *values, const bool guard,`,
  );
  writer.block(`\t\t\t\tconst bool can_deny, const enum generation generation)`, () => undefined, "{");
  writer.block(
    "",
    () => {
      writer.line(`struct path_text text = { .status = PATH_MISSING, .offset = PATH_BYTES };`);
      wordsOf(allBits(bits), bits.words).forEach((word, index) => {
        writer.line(`u64 live${index} = ${cWord(word)};`);
      });
      hook.fields.forEach((field, index) => {
        if (field.type.kind !== "path") {
          writer.line();
          writeField(context, field, index);
        }
      });
      writer.line();
      writeStopIfNone(context);
      hook.fields.forEach((field, index) => {
        if (field.type.kind === "path") {
          writer.line();
          writePathEnds(context, field, index);
        }
      });
      writer.line();
      writer.line("struct scratch *scratch = scratch_acquire(generation);");
      writer.line();
      writer.line("if (scratch)");
      writer.line("\tscratch->decision_count = 0;");
      if (path !== undefined) {
        writePathRead(context, path);
      }
      writeResidues(context);
      writeRules(context);
      writer.line(
        `return ${name}_conclude(values, scratch, &text, &walk.outcome, guard, can_deny, generation);`,
      );
    },
    "}",
  );
}

function writeStopIfNone({ writer, bits }: DecideContext): void {
  const any = wordsOf(ruleMask(bits), bits.words).map((word, index) => `(live${index} & ${cWord(word)})`);
  writer.line(`if (!(${any.join(" | ")}))`);
  writer.line("\treturn 0;");
}

function ruleMask(bits: HookBits): bigint {
  return (1n << BigInt(bits.rules.length)) - 1n;
}

function writeMask({ writer, bits }: DecideContext, vector: bigint): void {
  const full = wordsOf(allBits(bits), bits.words);
  wordsOf(vector, bits.words).forEach((word, index) => {
    if (word !== full[index]) {
      writer.line(`live${index} &= ${cWord(word)};`);
    }
  });
}

function writeField(context: DecideContext, field: Field, index: number): void {
  const use = useOfField(context.bits, index);
  if (field.type.kind === "integer") {
    writeIntegers(context, field, use);
  } else {
    writeAddress(context, field, index, use);
  }
}

/** C expression for the value of a field that is no path. */
function valueOf(field: Field): string {
  switch (field.source.kind) {
    case "argument":
    case "argument-path":
      return `values->arg${field.source.argument}`;
    case "file":
      return `values->arg${field.source.argument}_${field.source.part}`;
    case "sock":
      return `values->arg${field.source.argument}.${field.source.part}`;
    case "result":
      return "values->result";
  }
}

/** Comparisons of one field up to which the verifier may follow every combination of outcomes. */
const FOLLOWED_CONDITIONS = 3;

/** Integers are compared in place, one distinct test after the other. */
function writeIntegers(context: DecideContext, field: Field, use: FieldUse): void {
  const { writer, bits } = context;
  const literals: readonly { readonly atom: Atom; readonly negated: boolean; readonly bit: number }[] = [
    ...use.guards.map(({ bit, literal }: { bit: number; literal: Literal }) => ({ ...literal, bit })),
    ...use.literals,
  ];
  const byCondition = new Map<string, { mask: bigint; atom: Atom }>();
  for (const literal of literals) {
    const holds = integerTest("value", literal.atom.test, field);
    const condition = literal.negated ? holds : `!(${holds})`;
    const known = byCondition.get(condition);
    const mask = (known?.mask ?? 0n) | (1n << BigInt(literal.bit));
    byCondition.set(condition, { mask, atom: known?.atom ?? literal.atom });
  }
  writer.line(`/* ${cComment(field.name)}: compared in place */`);
  const forgets = byCondition.size > FOLLOWED_CONDITIONS;
  writer.block("{", () => {
    writer.line(`u64 value = (s64)${valueOf(field)};`);
    if (forgets) {
      writer.line("u64 noise = unknown_zero;");
    }
    writer.line();
    for (const [condition, { mask, atom }] of byCondition) {
      const names = rulesOf(bits, mask);
      writer.line(`if (${condition}) { /* ${cComment(names)} */`, atom.span);
      writer.block("", () => {
        writeMask(context, allBits(bits) & ~mask);
      });
      if (forgets) {
        writeForget(context, mask);
        writer.line("value = forget(value, noise);");
      }
    }
  });
}

/** Both outcomes of a comparison look the same to the verifier from here on. */
function writeForget({ writer, bits }: DecideContext, changed: bigint): void {
  wordsOf(changed, bits.words).forEach((word, index) => {
    if (word !== 0n) {
      writer.line(`live${index} = forget(live${index}, noise);`);
    }
  });
}

function rulesOf(bits: HookBits, mask: bigint): string {
  const names = bits.rules.filter((_, bit) => (mask >> BigInt(bit)) & 1n).map(({ rule }) => rule.id);
  return names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
}

function integerTest(value: string, test: Test, field: Field): string {
  invariant(field.type.kind === "integer", "an integer test needs an integer field");
  const { signed, bits } = field.type;
  const literal = (number: bigint): string =>
    signed ? (number === -(1n << 63n) ? "(-0x7fffffffffffffffLL - 1)" : `${number}LL`) : `${number}ULL`;
  const wide = `(${signed ? "s64" : "u64"})${value}`;
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
  const parts = test.masks.map((bit) => {
    const masked = `((u64)${value} & ${cWord(bit & mask)})`;
    return test.every ? `${masked} == ${cWord(bit & mask)}` : `${masked} != 0`;
  });
  return parts.length === 0 ? "0" : parts.join(" || ");
}

function writeAddress(context: DecideContext, field: Field, index: number, use: FieldUse): void {
  const { writer, bits, tables } = context;
  const table = tables.get(`networks${index}`);
  invariant(table !== undefined && field.source.kind === "sock", "an address comes from a socket");
  const sock = `values->arg${field.source.argument}`;
  writer.line(`/* ${cComment(field.name)}: ${table.trie.nodes.length} networks in a trie */`);
  writer.block(
    `if (sock_has_addresses(&${sock})) {`,
    () => {
      writer.line(`struct network_key key = { .bits = 128 };`);
      writer.line(`u64 class = 0;`);
      writer.line();
      writer.line(`network_key(&key, ${valueOf(field)});`);
      writeLookup(context, table, "&key");
    },
    "} else {",
  );
  writer.block("", () => {
    writeMask(
      context,
      vectorOf(bits, use, () => false),
    );
  });
}

/** `class` from a trie, then the vectors of that class. */
function writeLookup({ writer, bits }: DecideContext, table: TrieTable, key: string): void {
  writer.line(`u32 *found = bpf_map_lookup_elem(&${table.name}, ${key});`);
  writer.line();
  writer.line("if (found)");
  writer.line("\tclass = *found;");
  writer.line(`class = bounded(class, ${table.trie.vectors.length - 1});`);
  for (let word = 0; word < bits.words; word++) {
    writer.line(`live${word} &= ${table.name}_vectors[class][${word}];`);
  }
}

/** First and last component rule out most rules before the path is built. */
function writePathEnds(context: DecideContext, field: Field, index: number): void {
  const { writer, bits } = context;
  const use = useOfField(bits, index);
  const head = endFilter(bits, use, "front");
  const tail = endFilter(bits, use, "back");
  if (head === undefined && tail === undefined) {
    return;
  }
  writer.line(`/* ${cComment(field.name)}: first and last component */`);
  writer.block("{", () => {
    writer.line("struct path_ends ends;");
    writer.line(`u64 noise = path_noise(&${valueOf(field)});`);
    writer.line();
    writer.line(`path_ends(&${valueOf(field)}, &ends, ${head !== undefined}, ${tail !== undefined});`);
    writer.block("if (ends.status == PATH_MISSING) {", () => {
      writeMask(
        context,
        vectorOf(bits, use, () => false),
      );
    });
    if (tail !== undefined) {
      writer.block("if (ends.has_tail) {", () => {
        writer.line(`u64 word = ends.tail >> ${64 - 8 * tail.bytes};`);
        writeEndFilter(context, tail, `ends.tail_length >= ${tail.bytes}`);
      });
    }
    if (head !== undefined) {
      writer.block("if (ends.has_head) {", () => {
        writer.line(`u64 word = ends.head & ${cWord((1n << BigInt(8 * head.bytes)) - 1n)};`);
        writeEndFilter(context, head, undefined);
      });
    }
  });
  writeStopIfNone(context);
}

function writeEndFilter({ writer, bits }: DecideContext, filter: EndFilter, when: string | undefined): void {
  const otherwise = wordsOf(filter.otherwise, bits.words);
  const byVector = new Map<bigint, bigint[]>();
  for (const { word, vector } of filter.entries) {
    byVector.set(vector, [...(byVector.get(vector) ?? []), word]);
  }
  otherwise.forEach((word, index) => {
    writer.line(`u64 pass${index} = ${cWord(word)};`);
  });
  writer.line();
  let first = true;
  for (const [vector, words] of byVector) {
    const condition = words.map((word) => `word == ${cWord(word)}`).join(" || ");
    const guarded = when === undefined ? condition : `${when} && (${condition})`;
    writer.block(`${first ? "" : "else "}if (${guarded}) {`, () => {
      wordsOf(vector, bits.words).forEach((word, index) => {
        writer.line(`pass${index} = ${cWord(word)};`);
      });
    });
    first = false;
  }
  otherwise.forEach((_, index) => {
    writer.line(`live${index} &= forget(pass${index}, noise);`);
  });
}

/** The whole path, once; then everything that depends on it. */
function writePathRead(context: DecideContext, argument: number): void {
  const { writer, hook, bits } = context;
  const fields = hook.fields
    .map((field, index) => ({ field, index }))
    .filter(({ field }) => field.type.kind === "path");
  writer.line("if (scratch)");
  writer.line(`\tpath_read(&values->arg${argument}, scratch, &text, generation);`);
  writer.line("else");
  writer.line("\ttext.status = PATH_UNRESOLVED;");
  for (const { field, index } of fields) {
    const use = useOfField(bits, index);
    writer.line();
    writer.line(`/* ${cComment(field.name)} */`);
    writer.block(
      "if (text.status == PATH_MISSING) {",
      () => {
        writeMask(
          context,
          vectorOf(bits, use, () => false),
        );
      },
      "} else if (text.status == PATH_UNRESOLVED || !scratch) {",
    );
    writer.block(
      "",
      () => {
        writer.line("/* The outcome that each rule states for a path that can't be read whole. */");
        writeMask(context, unresolvedVector(bits, use));
      },
      "} else {",
    );
    writer.block("", () => {
      writeTextLookup(context, `front${index}`);
      writeTextLookup(context, `back${index}`);
    });
  }
}

function unresolvedVector(bits: HookBits, use: FieldUse): bigint {
  const dropped = [
    ...use.guards.filter(({ bit }) => bits.rules[bit]?.rule.onUnresolved === "no-match"),
    ...use.literals.filter(({ onUnresolved }) => onUnresolved === "no-match"),
  ];
  return dropped.reduce((vector, { bit }) => vector & ~(1n << BigInt(bit)), allBits(bits));
}

function writeTextLookup(context: DecideContext, suffix: string): void {
  const { writer, tables } = context;
  const table = tables.get(suffix);
  if (table === undefined) {
    return;
  }
  const front = suffix.startsWith("front");
  writer.block("{", () => {
    writer.line("u64 class = 0;");
    if (front) {
      writer.line(`struct trie_key *key = path_key(scratch, &text, ${table.keyBytes});`);
    } else {
      writer.line(`struct trie_key *key = path_key_reversed(scratch, &text, ${table.keyBytes});`);
    }
    writeLookup(context, table, "key");
  });
}

/** Residues of the rules that are still live. */
function writeResidues(context: DecideContext): void {
  const { writer, bits } = context;
  const residues = bits.rules.flatMap(({ rule, residue }, bit) =>
    residue === undefined ? [] : [{ rule, residue, bit }],
  );
  if (residues.length === 0) {
    return;
  }
  const forgets = residues.length > FOLLOWED_CONDITIONS;
  writer.line();
  writer.block("{", () => {
    if (forgets) {
      writer.line("u64 noise = unknown_zero;");
    }
    for (const { rule, residue, bit } of residues) {
      const live = `live${bit >> 6}`;
      const mask = cWord(1n << BigInt(bit & 63));
      writer.line();
      writer.line(
        `/* ${cComment(rule.id)} (${cComment(formatSpan(rule.span))}): the rest of its condition */`,
      );
      writer.line(`if (${live} & ${mask} && !(${residueExpression(residue)}))`, rule.span);
      writer.line(`\t${live} &= ~${mask};`);
      if (forgets) {
        writeForget(context, 1n << BigInt(bit));
      }
    }
  });
}

/** Without branches: the verifier would follow each way through them. */
function residueExpression(residue: Residue): string {
  switch (residue.kind) {
    case "constant":
      return residue.value ? "1ULL" : "0ULL";
    case "and":
    case "or": {
      const parts = residue.operands.map(residueExpression);
      const empty = residue.kind === "and" ? "1ULL" : "0ULL";
      return parts.length === 0 ? empty : `(${parts.join(residue.kind === "and" ? " & " : " | ")})`;
    }
    case "literal":
      return `(live${residue.bit >> 6} >> ${residue.bit & 63} & 1)`;
  }
}

/** Writes `HOOK_rule_step`, what is done for one live rule. */
function writeRuleStep({ writer, hook, bits }: DecideContext, firstRule: number): void {
  const name = hookName(hook);
  writer.line("/* Puts the first live rule into force; 1 when it was the last. */");
  writer.line(`static long ${name}_rule_step(u32 step, struct rule_walk *walk)`);
  writer.line("{");
  writer.block("", () => {
    writer.line(`u64 rule = next_rule(walk, ${bits.rules.length - 1});`);
    writer.line();
    writer.line(
      `decide_rule(walk->scratch, &walk->outcome, &${name}_rules[rule], ${firstRule} + rule, walk->guard);`,
    );
    writer.line("return walk->live == 0;");
  });
  writer.line();
}

/** Live rules in order of precedence, word by word. */
function writeRules({ writer, hook, bits }: DecideContext): void {
  const name = hookName(hook);
  writer.line();
  writer.line("struct rule_walk walk = { .scratch = scratch, .outcome = { .block = ~0u }, .guard = guard };");
  wordsOf(ruleMask(bits), bits.words).forEach((mask, word) => {
    if (mask === 0n) {
      return;
    }
    const count = Math.min(64, bits.rules.length - word * 64);
    writer.line();
    writer.line(`walk.live = live${word} & ${cWord(mask)};`);
    writer.line(`walk.base = ${word * 64};`);
    writer.line(`FOR_LIVE_RULES(&walk, ${count}, ${name}_rule_step, generation);`);
  });
}
