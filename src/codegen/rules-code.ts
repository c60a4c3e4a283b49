/** C that puts rules into force: residues of those that are still live, then the first of each block. */
import type { IrRule } from "../ir/ir.ts";
import { formatSpan } from "../source/source.ts";
import { type HookBits, type Residue, wordsOf } from "./bits.ts";
import { type CWriter, cComment, cWord } from "./c-writer.ts";
import type { DecideContext } from "./decide-context.ts";
import { anyLive, isWide, liveBit, ruleMask, writeForget } from "./live-code.ts";
import { heldTexts } from "./texts.ts";
import { hookName } from "./values.ts";

/** Residues up to which the verifier may follow every combination of outcomes. */
const FOLLOWED_RESIDUES = 3;

/** Residues of the rules that are still live. */
export function writeResidues({ writer, part: { bits } }: DecideContext): void {
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
export function writeRuleStep({ writer, part }: DecideContext): void {
  const { hook, bits, firstRule } = part;
  const name = hookName(hook);
  writer.line("/* Puts the first live rule into force; 1 when it was the last. */");
  writer.line(`static __always_inline long ${name}_rule_step(u32 step, struct rule_walk *walk)`);
  writer.line("{");
  writer.block("", () => {
    writer.line(`u64 rule = next_rule(walk, ${ruleTableSize(bits) - 1});`);
    writer.line();
    writer.line(
      `decide_rule(walk->scratch, &walk->outcome, &${name}_rules[rule], ${firstRule} + rule, walk->guard);`,
    );
    writer.line("return walk->live == 0;");
  });
  writer.line();
  writer.line(`static __noinline long ${name}_rule_step_function(u32 step, struct rule_walk *walk)`);
  writer.line("{");
  writer.line(`\treturn ${name}_rule_step(step, walk);`);
  writer.line("}");
  writer.line();
}

/** Writes `HOOK_word_step`, which does that for one word of a wide vector, and `HOOK_decide_blind`. */
export function writeWordStep({ writer, part }: DecideContext): void {
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
    `static __always_inline long ${name}_word(struct rule_walk *walk, const enum generation generation)`,
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
    writer.line("return 0;");
  });
  writer.line();
  for (const { generation, suffix } of [
    { generation: "GENERATION_6_1", suffix: "" },
    { generation: "GENERATION_5_10", suffix: "_5_10" },
  ]) {
    writer.line(`static __noinline long ${name}_word_step${suffix}(u32 step, struct rule_walk *walk)`);
    writer.line("{");
    writer.line(`\treturn ${name}_word(walk, ${generation});`);
    writer.line("}");
    writer.line();
  }
  const texts = heldTexts(hook);
  writer.line("/* What is decided without any memory. */");
  writer.line(
    `static __always_inline int ${name}_decide_blind(const struct ${name}_values *values, const bool guard,`,
  );
  writer.line(`\t\t\t\tconst bool can_deny, const enum generation generation)`);
  writer.line("{");
  writer.block("", () => {
    writer.line("struct scratch *scratch = NULL;");
    texts.forEach((_, position) => {
      writer.line(`struct scratch *memory${position} = NULL;`);
      writer.line(`struct path_text text${position} = { .status = PATH_UNRESOLVED };`);
    });
    writeWideWalk(writer, name, words);
    const passed = texts.map((_, position) => `, memory${position}, &text${position}`).join("");
    writer.line(
      `return ${name}_conclude(values, scratch${passed}, &walk.outcome, guard, can_deny, generation);`,
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
  writer.line(
    "struct rule_walk walk = { .scratch = scratch, .outcome = nothing_decided(), .guard = guard };",
  );
  writer.line();
  writer.line("if (generation >= GENERATION_6_1) {");
  writer.line(`\tbpf_loop(${words}, ${name}_word_step, &walk, 0);`);
  writer.line("} else {");
  writer.line(`\t_Pragma("clang loop unroll(full)")`);
  writer.line(`\tfor (u32 word = 0; word < ${words}; word++)`);
  writer.line(`\t\t${name}_word_step_5_10(word, &walk);`);
  writer.line("}");
}

/** Entries of a hook's table of rules: a power of two, so that a mask bounds the number of a rule. */
export function ruleTableSize({ rules }: HookBits): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, rules.length)));
}

/** Live rules in order of precedence, word by word. */
export function writeRules({ writer, part: { hook, bits } }: DecideContext): void {
  const name = hookName(hook);
  writer.line();
  if (isWide(bits)) {
    writeWideWalk(writer, name, Math.ceil(bits.rules.length / 64));
    return;
  }
  writer.line(
    "struct rule_walk walk = { .scratch = scratch, .outcome = nothing_decided(), .guard = guard };",
  );
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
