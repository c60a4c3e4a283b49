/** The decide function of a hook: from values to the rules that hold, cheapest field first. */
import type { Field, IrHook, IrRule } from "../ir/ir.ts";
import { invariant } from "../source/invariant.ts";
import { formatSpan } from "../source/source.ts";
import {
  type HookBits,
  type Residue,
  allBits,
  bitsOfUse,
  rulesOfUse,
  useOfField,
  vectorsOf,
  wordsOf,
} from "./bits.ts";
import { type CWriter, cComment, cWord } from "./c-writer.ts";
import { writeEndFilters } from "./ends-code.ts";
import {
  anyLive,
  isWide,
  liveBit,
  ruleMask,
  writeAnd,
  writeForget,
  writeKeep,
  writeLiveStart,
} from "./live-code.ts";
import {
  keyExpression,
  writeCompare,
  writeIntegerLookup,
  writeMapLookup,
  writeTextMatch,
} from "./match-code.ts";
import type { Matcher } from "./matcher.ts";
import { type HookParts, matcherName } from "./parts.ts";
import { absentField, hookName, pathArguments, processLevels } from "./values.ts";

/** Everything that the pieces of a decide function need. */
interface DecideContext {
  readonly writer: CWriter;
  readonly part: HookParts;
}

/** Writes `HOOK_decide`. */
export function writeDecide(writer: CWriter, part: HookParts): void {
  const context = { writer, part };
  const { hook, bits } = part;
  const name = hookName(hook);
  const paths = pathArguments(hook);
  writeRuleStep(context);
  if (isWide(bits)) {
    writeWordStep(context);
  }
  writer.line("/* Which rules hold, and what follows from it: 0 or a negative error. */");
  writer.line(
    `static __always_inline int ${name}_decide(const struct ${name}_values *values, const bool guard,`,
  );
  writer.line(`\t\t\t\tconst bool can_deny, const enum generation generation)`);
  writer.line("{");
  writer.block("", () => {
    if (isWide(bits)) {
      writer.line("struct scratch *scratch = scratch_acquire(generation);");
      writer.line();
      writer.line("/* Without memory nothing can be looked up: every rule takes its stated outcome. */");
      writer.line("if (!scratch)");
      writer.line(`\treturn ${name}_decide_blind(values, guard, can_deny, generation);`);
      writer.line();
    }
    writer.line("u64 noise = unknown_zero;");
    writeLiveStart(writer, bits);
    hook.fields.forEach((field, index) => {
      if (!isText(field)) {
        writeField(context, field, index);
      }
    });
    hook.fields.forEach((field, index) => {
      if (isText(field)) {
        writePathEnds(context, field, index);
      }
    });
    writer.line();
    if (!isWide(bits)) {
      writer.line("struct scratch *scratch = scratch_acquire(generation);");
      writer.line();
    }
    writer.line("if (scratch)");
    writer.line("\tscratch->decision_count = 0;");
    paths.forEach((argument, position) => {
      writePathRead(context, argument, position);
    });
    for (const level of processLevels(hook)) {
      writeProcessTexts(context, level);
    }
    writeResidues(context);
    writeRules(context);
    const texts = paths.map((_, position) => `, memory${position}, &text${position}`).join("");
    writer.line(
      `return ${name}_conclude(values, scratch${texts}, &walk.outcome, guard, can_deny, generation);`,
    );
  });
  writer.line();
}

function isText(field: Field): boolean {
  return field.type.kind === "path" || field.type.kind === "string";
}

function writeStopIfNone({ writer, part: { bits } }: DecideContext): void {
  writer.line(`if (!(${anyLive(bits, ruleMask(bits))}))${isWide(bits) ? " {" : ""}`);
  if (isWide(bits)) {
    writer.line("\tscratch_release();");
  }
  writer.line("\treturn 0;");
  if (isWide(bits)) {
    writer.line("}");
  }
}

/** C expression for the value of a field that is no path. */
function valueOf(field: Field): string {
  const { source } = field;
  switch (source.kind) {
    case "argument":
    case "argument-path":
      return `values->arg${source.argument}`;
    case "file":
      return `values->arg${source.argument}_${source.part}`;
    case "sock":
      return `values->arg${source.argument}.${source.part}`;
    case "process":
      return `process_${source.part}(&values->process${source.level})`;
    case "result":
      return "values->result";
  }
}

/** Decides all atoms of an integer or address. */
function writeField(context: DecideContext, field: Field, index: number): void {
  const { writer, part } = context;
  const matchers = part.matchers.filter((matcher) => matcher.field === index);
  if (matchers.length === 0) {
    return;
  }
  const present = presenceOf(part.hook, field, index);
  const writeAll = (): void => {
    for (const matcher of matchers) {
      writeMatch(context, field, matcher);
    }
  };
  writer.line();
  writer.line(`/* ${cComment(field.name)}: ${matchers.map(({ why }) => why).join("; ")} */`);
  if (present === undefined) {
    writeAll();
    return;
  }
  writer.block(`if (${present}) {`, writeAll, "} else {");
  writer.block("", () => {
    writeMissing(context, index);
  });
  forgetField(context, index);
}

/** All ways through the matchers of a field look the same to the verifier from here on. */
function forgetField({ writer, part: { bits } }: DecideContext, index: number): void {
  writeForget(writer, bits, bitsOfUse(useOfField(bits, index)));
}

/** C expression for whether a field has a value; undefined when it always has. */
function presenceOf(hook: IrHook, field: Field, index: number): string | undefined {
  const known = absentField(hook, index) ? [`!(values->absent & ${cWord(1n << BigInt(index))})`] : [];
  const { source } = field;
  const addresses =
    field.type.kind === "address" && source.kind === "sock"
      ? [`sock_has_addresses(&values->arg${source.argument})`]
      : [];
  const ancestors =
    source.kind === "process" && source.level > 0 ? [`process_present(&values->process${source.level})`] : [];
  const conditions = [...known, ...addresses, ...ancestors];
  return conditions.length === 0 ? undefined : conditions.join(" && ");
}

/** Every atom on a missing value is false. */
function writeMissing({ writer, part: { bits } }: DecideContext, index: number): void {
  writeKeep(writer, bits, vectorsOf(bits, useOfField(bits, index))(new Set()));
}

function writeMatch(context: DecideContext, field: Field, matcher: Matcher): void {
  const { writer, part } = context;
  const { bits } = part;
  const match = { writer, bits, name: matcherName(part, matcher) };
  if (matcher.kind === "compare") {
    writeCompare(match, matcher, field, valueOf(field));
    return;
  }
  writer.block(neededBy(bits, matcher), () => {
    if (matcher.kind === "network-trie") {
      writer.line("struct network_key key = { .bits = 128 };");
      writer.line("u64 class = 0;");
      writer.line();
      writer.line(`network_key(&key, ${valueOf(field)});`);
      writeMapLookup(match, matcher, "&key");
      return;
    }
    invariant(matcher.kind === "integer-table", `a ${matcher.kind} matcher on ${field.name}`);
    const key = keyExpression(field, valueOf(field));
    writeIntegerLookup(writer, match.name, matcher.table, key, matcher.vectors.length - 1);
    writeAnd(writer, bits, `${match.name}_vectors[class]`);
  });
  writeForget(writer, bits, bitsOfUse(matcher.use));
}

/** Words whose bits are looked at to see whether a matcher is needed at all. */
const ASKED_WORDS = 8;

/** Opens the block of a matcher: only where a live rule needs it. */
function neededBy(bits: HookBits, { rules }: Matcher): string {
  const words = wordsOf(rules, bits.words).filter((word) => word !== 0n).length;
  return rules === ruleMask(bits) || words > ASKED_WORDS ? "{" : `if (${anyLive(bits, rules)}) {`;
}

/** First and last component rule out most rules before the path is built. */
function writePathEnds(context: DecideContext, field: Field, index: number): void {
  const { writer, part } = context;
  const ends = part.ends.get(index);
  if (ends === undefined) {
    return;
  }
  writer.line();
  writeStopIfNone(context);
  writer.line();
  writer.line(`/* ${cComment(field.name)}: first and last component */`);
  writer.block("{", () => {
    writeEndFilters(writer, part, index, ends, valueOf(field), () => {
      writeMissing(context, index);
    });
  });
  writeForget(writer, part.bits, (ends.head?.mask ?? 0n) | (ends.tail?.mask ?? 0n));
  writeStopIfNone(context);
}

/** The whole path, once; then everything that depends on it. */
function writePathRead(context: DecideContext, argument: number, position: number): void {
  const { writer, part } = context;
  const memory = `memory${position}`;
  const text = `text${position}`;
  writer.line();
  writer.line(`struct path_text ${text} = { .status = PATH_MISSING, .offset = PATH_BYTES };`);
  // The first path lies in the memory of the record; another needs a level of its own.
  writer.line(`struct scratch *${memory} = ${position === 0 ? "scratch" : "scratch_acquire(generation)"};`);
  writer.line();
  writer.line(`if (${memory})`);
  writer.line(`\tpath_read(&values->arg${argument}, ${memory}, &${text}, generation);`);
  writer.line("else");
  writer.line(`\t${text}.status = PATH_UNRESOLVED;`);
  part.hook.fields.forEach((field, index) => {
    if (isText(field) && field.source.kind === "argument-path" && field.source.argument === argument) {
      writePathField(context, field, index, position);
    }
  });
}

/** What a process runs, where a live rule asks for it. */
function writeProcessTexts(context: DecideContext, level: number): void {
  const { writer, part } = context;
  part.hook.fields.forEach((field, index) => {
    if (!isText(field) || field.source.kind !== "process" || field.source.level !== level) {
      return;
    }
    const position = `_exe${level}`;
    const rules = rulesOfUse(useOfField(part.bits, index));
    writer.line();
    writer.block(`if (${anyLive(part.bits, rules)}) {`, () => {
      writer.line(`struct path_text text${position} = { .status = PATH_UNRESOLVED, .offset = PATH_BYTES };`);
      writer.line(`struct scratch *memory${position} = scratch_acquire(generation);`);
      writer.line();
      writer.line(`if (memory${position})`);
      writer.line(`\tprocess_exe(&values->process${level}, memory${position}, &text${position});`);
      writePathField(context, field, index, position);
      writer.line(`if (memory${position})`);
      writer.line("\tscratch_release();");
    });
    forgetField(context, index);
  });
}

function writePathField(
  context: DecideContext,
  field: Field,
  index: number,
  position: number | string,
): void {
  const { writer, part } = context;
  const { bits } = part;
  const matchers = part.matchers.filter((matcher) => matcher.field === index);
  if (matchers.length === 0) {
    return;
  }
  const [memory, text] = [`memory${position}`, `text${position}`];
  writer.line();
  writer.line(`/* ${cComment(field.name)}: ${matchers.map(({ why }) => why).join("; ")} */`);
  writer.block(
    `if (${text}.status == PATH_MISSING) {`,
    () => {
      writeMissing(context, index);
    },
    `} else if (${text}.status == PATH_UNRESOLVED || !${memory}) {`,
  );
  writer.block(
    "",
    () => {
      writer.line("/* The outcome that each rule states for a path that can't be read whole. */");
      writeKeep(writer, bits, unresolvedVector(bits, index));
    },
    "} else {",
  );
  writer.block("", () => {
    for (const matcher of matchers) {
      writer.block(neededBy(bits, matcher), () => {
        writeTextMatch({ writer, bits, name: matcherName(part, matcher) }, matcher, memory, `&${text}`);
      });
      writeForget(writer, bits, bitsOfUse(matcher.use));
    }
  });
  forgetField(context, index);
}

function unresolvedVector(bits: HookBits, index: number): bigint {
  const use = useOfField(bits, index);
  const dropped = [
    ...use.guards.filter(({ bit }) => bits.rules[bit]?.rule.onUnresolved === "no-match"),
    ...use.literals.filter(({ onUnresolved }) => onUnresolved === "no-match"),
  ];
  return dropped.reduce((vector, { bit }) => vector & ~(1n << BigInt(bit)), allBits(bits));
}

/** Residues up to which the verifier may follow every combination of outcomes. */
const FOLLOWED_RESIDUES = 3;

/** Residues of the rules that are still live. */
function writeResidues({ writer, part: { bits } }: DecideContext): void {
  const residues = bits.rules.flatMap(({ rule, residue }, bit) =>
    residue === undefined ? [] : [{ rule, residue, bit }],
  );
  if (residues.length === 0) {
    return;
  }
  const forgets = residues.length > FOLLOWED_RESIDUES;
  writer.line();
  writer.block("{", () => {
    for (const { rule, residue, bit } of residues) {
      const mask = 1n << BigInt(bit);
      writer.line();
      writer.line(
        `/* ${cComment(rule.id)} (${cComment(formatSpan(rule.span))}): the rest of its condition */`,
      );
      writer.line(`if (${anyLive(bits, mask)} && !(${residueExpression(residue)}))`, rule.span);
      writer.line(`\tlive[${bit >> 6}] &= ~${cWord(1n << BigInt(bit & 63))};`);
      if (forgets) {
        writeForget(writer, bits, mask);
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
      return liveBit(residue.bit);
  }
}

/** Writes `HOOK_rule_step`, what is done for one live rule. */
function writeRuleStep({ writer, part }: DecideContext): void {
  const { hook, bits, firstRule } = part;
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

/** Writes `HOOK_word_step`, which does that for one word of a wide vector, and `HOOK_decide_blind`. */
function writeWordStep({ writer, part }: DecideContext): void {
  const { hook, bits } = part;
  const name = hookName(hook);
  const words = Math.ceil(bits.rules.length / 64);
  const lastMask = wordsOf(ruleMask(bits), bits.words)[words - 1] ?? 0n;
  writer.line(`const u64 ${name}_blind[${words}] = {`);
  for (const word of wordsOf(blindVector(bits.rules.map(({ rule }) => rule)), words)) {
    writer.line(`\t${cWord(word)},`);
  }
  writer.line("};");
  writer.line();
  writer.line("/* Puts the live rules of one word into force. */");
  writer.line(
    `static __always_inline void ${name}_word(struct rule_walk *walk, const enum generation generation)`,
  );
  writer.line("{");
  writer.block("", () => {
    writer.line(`u64 word = bounded(walk->base >> 6, ${words - 1});`);
    writer.line();
    writer.line(`walk->live = walk->scratch ? walk->scratch->live[word] : ${name}_blind[word];`);
    writer.line(`if (word == ${words - 1})`);
    writer.line(`\twalk->live &= ${cWord(lastMask)};`);
    writer.line(`FOR_LIVE_RULES(walk, 64, ${name}_rule_step, generation);`);
    writer.line("walk->base = (word + 1) << 6;");
  });
  writer.line();
  writer.line(`static long ${name}_word_step(u32 step, struct rule_walk *walk)`);
  writer.line("{");
  writer.block("", () => {
    writer.line(`${name}_word(walk, GENERATION_6_1);`);
    writer.line("return 0;");
  });
  writer.line();
  const paths = pathArguments(hook);
  writer.line("/* What is decided without any memory. */");
  writer.line(
    `static __always_inline int ${name}_decide_blind(const struct ${name}_values *values, const bool guard,`,
  );
  writer.line(`\t\t\t\tconst bool can_deny, const enum generation generation)`);
  writer.line("{");
  writer.block("", () => {
    writer.line("struct scratch *scratch = NULL;");
    paths.forEach((_, position) => {
      writer.line(`struct scratch *memory${position} = NULL;`);
      writer.line(`struct path_text text${position} = { .status = PATH_UNRESOLVED };`);
    });
    writeWideWalk(writer, name, words);
    const texts = paths.map((_, position) => `, memory${position}, &text${position}`).join("");
    writer.line(
      `return ${name}_conclude(values, scratch${texts}, &walk.outcome, guard, can_deny, generation);`,
    );
  });
  writer.line();
}

function blindVector(rules: readonly IrRule[]): bigint {
  return rules.reduce(
    (vector, rule, bit) => (rule.onUnresolved === "match" ? vector | (1n << BigInt(bit)) : vector),
    0n,
  );
}

function writeWideWalk(writer: CWriter, name: string, words: number): void {
  writer.line("struct rule_walk walk = { .scratch = scratch, .outcome = { .block = ~0u }, .guard = guard };");
  writer.line();
  writer.line("if (generation >= GENERATION_6_1) {");
  writer.line(`\tbpf_loop(${words}, ${name}_word_step, &walk, 0);`);
  writer.line("} else {");
  writer.line(`\tfor (u32 word = 0; word < ${words}; word++)`);
  writer.line(`\t\t${name}_word(&walk, GENERATION_5_10);`);
  writer.line("}");
}

/** Live rules in order of precedence, word by word. */
function writeRules({ writer, part: { hook, bits } }: DecideContext): void {
  const name = hookName(hook);
  writer.line();
  if (isWide(bits)) {
    writeWideWalk(writer, name, Math.ceil(bits.rules.length / 64));
    return;
  }
  writer.line("struct rule_walk walk = { .scratch = scratch, .outcome = { .block = ~0u }, .guard = guard };");
  wordsOf(ruleMask(bits), bits.words).forEach((mask, word) => {
    if (mask === 0n) {
      return;
    }
    const count = Math.min(64, bits.rules.length - word * 64);
    writer.line();
    writer.line(`walk.live = live[${word}] & ${cWord(mask)};`);
    writer.line(`walk.base = ${word * 64};`);
    writer.line(`FOR_LIVE_RULES(&walk, ${count}, ${name}_rule_step, generation);`);
  });
}
