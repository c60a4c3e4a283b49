/** Random texts for the parsers, and what must hold for them. */
import fc from "fast-check";
import { mutateCharacters, mutateTokens, pick, randomFrom } from "../policy-language/mutate.ts";
import { expectSound, soundPolicies } from "../policy-language/sound.ts";
import { changedPolicy, expectFindings } from "../tetragon/changed-policy.ts";

/** A way to try a parser. */
interface TextTrial {
  readonly name: string;
  /** As many texts as asked for, the same ones for the same seed. */
  readonly draw: (seed: number, count: number) => readonly string[];
  /** Throws when the parser does not take the text as it must. */
  readonly check: (text: string) => unknown;
}

const TRIALS: readonly TextTrial[] = [
  {
    name: "policy language, changed tokens",
    draw: (seed, count) => mutations(seed, count, mutateTokens),
    check: expectSound,
  },
  {
    name: "policy language, changed characters",
    draw: (seed, count) => mutations(seed, count, mutateCharacters),
    check: expectSound,
  },
  {
    name: "TracingPolicy, changed characters",
    draw: (seed, count) => fc.sample(changedPolicy, { seed, numRuns: count }),
    check: expectFindings,
  },
];

function mutations(seed: number, count: number, mutate: typeof mutateTokens): readonly string[] {
  const policies = soundPolicies(seed);
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => mutate(pick(random, policies), random));
}

/** Tries all parsers; how many texts were tried. Throws with a small text at the first that is not taken well. */
export async function tryTexts(seed: number, count: number): Promise<number> {
  for (const trial of TRIALS) {
    for (const text of trial.draw(seed, count)) {
      const fault = await faultOf(trial, text);
      if (fault !== undefined) {
        const small = await shrinkText(
          text,
          async (shorter) => (await faultOf(trial, shorter)) !== undefined,
        );
        const words = (await faultOf(trial, small)) ?? fault;
        throw new Error(`${trial.name}, seed ${seed}: ${words}\n${JSON.stringify(small)}`);
      }
    }
  }
  return TRIALS.length * count;
}

async function faultOf(trial: TextTrial, text: string): Promise<string | undefined> {
  try {
    await trial.check(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message).slice(0, 2000) : String(error);
  }
}

/** Leaves out pieces of a text, the longest first, as long as it still fails. */
async function shrinkText(text: string, fails: (text: string) => Promise<boolean>): Promise<string> {
  let smallest = text;
  for (let length = text.length >> 1; length >= 1; length >>= 1) {
    for (let start = 0; start < smallest.length;) {
      const shorter = smallest.slice(0, start) + smallest.slice(start + length);
      if (await fails(shorter)) {
        smallest = shorter;
      } else {
        start += length;
      }
    }
  }
  return smallest;
}
