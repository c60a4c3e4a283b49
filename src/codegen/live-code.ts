/** C for the vector of live bits: `live[0]`, `live[1]`, … */
import { NARROW_WORDS } from "../ir/matching.ts";
import { type HookBits, allBits, wordsOf } from "./bits.ts";
import { type CWriter, cWord } from "./c-writer.ts";

/** Whether the vector of a hook lies in scratch memory. */
export function isWide(bits: HookBits): boolean {
  return bits.words > NARROW_WORDS;
}

/** The bits of all rules, without those of residue literals. */
export function ruleMask(bits: HookBits): bigint {
  return (1n << BigInt(bits.rules.length)) - 1n;
}

/** Declares the vector with every bit set. A wide one is `scratch->live`. */
export function writeLiveStart(writer: CWriter, bits: HookBits): void {
  const words = wordsOf(allBits(bits), bits.words);
  if (!isWide(bits)) {
    writer.line(`u64 live[${bits.words}] = { ${words.map(cWord).join(", ")} };`);
    return;
  }
  writer.line("u64 *live = scratch->live;");
  writer.line();
  writer.line(`for (u32 word = 0; word < ${bits.words}; word++)`);
  writer.line("\tlive[word] = ~0ULL;");
  writer.line(`live[${bits.words - 1}] = ${cWord(words.at(-1) ?? 0n)};`);
}

/** Clears the bits that are not in `vector`. */
export function writeKeep(writer: CWriter, bits: HookBits, vector: bigint): void {
  const full = wordsOf(allBits(bits), bits.words);
  wordsOf(vector, bits.words).forEach((word, index) => {
    if (word === 0n) {
      writer.line(`live[${index}] = 0;`);
    } else if (word !== full[index]) {
      writer.line(`live[${index}] &= ${cWord(word)};`);
    }
  });
}

/** ANDs a row of a table of vectors. */
export function writeAnd(writer: CWriter, bits: HookBits, row: string): void {
  if (isWide(bits)) {
    writer.line(`for (u32 word = 0; word < ${bits.words}; word++)`);
    writer.line(`\tlive[word] &= ${row}[word];`);
    return;
  }
  for (let word = 0; word < bits.words; word++) {
    writer.line(`live[${word}] &= ${row}[${word}];`);
  }
}

/** C expression: whether any of the bits of `mask` is live. */
export function anyLive(bits: HookBits, mask: bigint): string {
  const terms = wordsOf(mask, bits.words).flatMap((word, index) =>
    word === 0n ? [] : [`(live[${index}] & ${cWord(word)})`],
  );
  return terms.length === 0 ? "0" : terms.join(" | ");
}

/** C expression for one bit, 0 or 1. */
export function liveBit(bit: number): string {
  return `(live[${bit >> 6}] >> ${bit & 63} & 1)`;
}

/** The verifier does not know the words of `changed` any more: what comes is checked once, not once for each way here. */
export function writeForget(writer: CWriter, bits: HookBits, changed: bigint, vector = "live"): void {
  // Words in memory are unknown as it is.
  if (isWide(bits)) {
    return;
  }
  wordsOf(changed, bits.words).forEach((word, index) => {
    if (word !== 0n) {
      writer.line(`${vector}[${index}] = forget(${vector}[${index}], noise);`);
    }
  });
}
