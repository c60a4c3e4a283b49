/** Broken `.policy` texts, from a seed: the same ones in every run. */
import { tokenize } from "../../src/parser/policy/tokens.ts";
import { contextualWords, reservedWords } from "../../src/parser/policy/words.ts";

export type Random = () => number;

/** Numbers from 0 to below 1 (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function pick<T>(random: Random, list: readonly T[]): T {
  const item = list[Math.floor(random() * list.length)];
  if (item === undefined) {
    throw new Error("nothing to pick from");
  }
  return item;
}

const pieces = [
  ...reservedWords,
  ...contextualWords,
  ...'{ } [ ] ( ) , : / .. . == != <= >= < > = # ` " \\ @ $ ; é \u202e \u0000 \ud800'.split(" "),
  '"text"',
  '"\\q"',
  "`a b`",
  "name",
  "_",
  "7",
  "-0x1f",
  "1..5",
  "10s",
  "10.0.0.0/8",
  "::1",
  "9".repeat(200),
];

/** Takes tokens out, doubles, swaps or inserts some: texts that are almost policies. */
export function mutateTokens(text: string, random: Random): string {
  const tokens = tokenize(text).tokens.map(({ image }) => image);
  const changes = 1 + Math.floor(random() * 4);
  for (let change = 0; change < changes; change += 1) {
    const place = Math.floor(random() * tokens.length);
    const other = Math.floor(random() * tokens.length);
    const kind = Math.floor(random() * 5);
    if (kind === 0) {
      tokens.splice(place, 1 + Math.floor(random() * 3));
    } else if (kind === 1) {
      tokens.splice(place, 0, ...tokens.slice(other, other + 5));
    } else if (kind === 2) {
      tokens.splice(place, 1, tokens[other] ?? "");
    } else {
      tokens.splice(place, 0, pick(random, pieces));
    }
  }
  return tokens.join(pick(random, [" ", "\n"]));
}

/** Changes characters: cuts, bits of other places, noise. */
export function mutateCharacters(text: string, random: Random): string {
  let result = text;
  const changes = 1 + Math.floor(random() * 6);
  for (let change = 0; change < changes; change += 1) {
    const place = Math.floor(random() * (result.length + 1));
    const length = Math.floor(random() * 12);
    const noise = Array.from({ length: Math.floor(random() * 4) }, () =>
      String.fromCharCode(Math.floor(random() * (random() < 0.8 ? 128 : 0x10000))),
    ).join("");
    result = result.slice(0, place) + noise + result.slice(place + (random() < 0.5 ? length : 0));
  }
  return random() < 0.2 ? result.slice(0, Math.floor(random() * result.length)) : result;
}
