/**
 * What a glob means, part by part: each takes a text from the places where it may start to those where it may end.
 * However many wildcards there are, a part looks at each place once.
 */
import { unreachable } from "../source/invariant.ts";
import type { CharacterRange, Glob, GlobPart } from "./ir.ts";

/** Whether the whole text has the form of the glob. */
export function globHolds(glob: Glob, ignoreCase: boolean, bytes: Uint8Array): boolean {
  const text = charactersOf(bytes);
  const starts = noPlaces(text);
  starts[0] = 1;
  return sequenceEnds(glob.parts, { text, ignoreCase }, starts)[text.length] === 1;
}

interface Subject {
  /** Code points. */
  readonly text: readonly number[];
  readonly ignoreCase: boolean;
}

/** For each place between characters, from 0 to the text's length: 1 where it counts. */
type Places = Uint8Array;

function noPlaces(text: readonly number[]): Places {
  return new Uint8Array(text.length + 1);
}

const SLASH = 0x2f;
/** Stands for a byte that is no part of a character in UTF-8. */
const NO_CHARACTER = -1;

function sequenceEnds(parts: readonly GlobPart[], subject: Subject, starts: Places): Places {
  return parts.reduce((places, part) => partEnds(part, subject, places), starts);
}

/** Where a part ends that starts at any of the places. */
function partEnds(part: GlobPart, subject: Subject, starts: Places): Places {
  switch (part.kind) {
    case "text":
      return textEnds(codePoints(part.text), subject, starts);
    case "character":
      return step(subject, starts, (found) => part.slash || found !== SLASH);
    case "characters":
      return stretch(subject, starts, part.slash);
    case "class":
      return step(
        subject,
        starts,
        (found) => found !== SLASH && isInRanges(found, part.ranges, subject) !== part.negated,
      );
    case "directories":
      return directoryEnds(subject, starts);
    case "choice": {
      const ends = part.alternatives.map((alternative) => sequenceEnds(alternative, subject, starts));
      return noPlaces(subject.text).map((_, place) => (ends.some((each) => each[place] === 1) ? 1 : 0));
    }
    default:
      return unreachable(part);
  }
}

function textEnds(wanted: readonly number[], subject: Subject, starts: Places): Places {
  const ends = noPlaces(subject.text);
  for (let place = starts.indexOf(1); place >= 0; place = starts.indexOf(1, place + 1)) {
    if (wanted.every((character, index) => isSame(subject.text[place + index], character, subject))) {
      ends[place + wanted.length] = 1;
    }
  }
  return ends;
}

/** One character for which `fits` holds. */
function step({ text }: Subject, starts: Places, fits: (character: number) => boolean): Places {
  const ends = noPlaces(text);
  for (let place = starts.indexOf(1); place >= 0; place = starts.indexOf(1, place + 1)) {
    const character = text[place] ?? NO_CHARACTER;
    if (character !== NO_CHARACTER && fits(character)) {
      ends[place + 1] = 1;
    }
  }
  return ends;
}

/** Any number of bytes. */
function stretch({ text }: Subject, starts: Places, acrossSlashes: boolean): Places {
  const ends = noPlaces(text);
  let open = false;
  for (let place = 0; place <= text.length; place++) {
    if (!acrossSlashes && text[place - 1] === SLASH) {
      open = false;
    }
    open ||= starts[place] === 1;
    ends[place] = open ? 1 : 0;
  }
  return ends;
}

/** Nothing, or anything that ends in a slash. */
function directoryEnds({ text }: Subject, starts: Places): Places {
  const first = starts.indexOf(1);
  return starts.map((start, place) =>
    start === 1 || (first >= 0 && place > first && text[place - 1] === SLASH) ? 1 : 0,
  );
}

function isSame(found: number | undefined, wanted: number, { ignoreCase }: Subject): boolean {
  return found === wanted || (found !== undefined && ignoreCase && lowerCase(found) === lowerCase(wanted));
}

function isInRanges(found: number, ranges: readonly CharacterRange[], { ignoreCase }: Subject): boolean {
  const isIn = (character: number): boolean =>
    ranges.some(({ low, high }) => low <= character && character <= high);
  return isIn(found) || (ignoreCase && (isIn(lowerCase(found)) || isIn(upperCase(found))));
}

function lowerCase(character: number): number {
  return character >= 0x41 && character <= 0x5a ? character + 0x20 : character;
}

function upperCase(character: number): number {
  return character >= 0x61 && character <= 0x7a ? character - 0x20 : character;
}

function codePoints(text: string): readonly number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? NO_CHARACTER);
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// The same value is compared with many globs.
const decoded = new WeakMap<Uint8Array, readonly number[]>();

function charactersOf(bytes: Uint8Array): readonly number[] {
  const known = decoded.get(bytes);
  if (known !== undefined) {
    return known;
  }
  const text = decode(bytes) ?? decodeBroken(bytes);
  decoded.set(bytes, text);
  return text;
}

/** The code points of UTF-8, or undefined where it is none. */
function decode(bytes: Uint8Array): readonly number[] | undefined {
  try {
    return codePoints(decoder.decode(bytes));
  } catch {
    return undefined;
  }
}

/** Characters where there are some, and NO_CHARACTER for each other byte. */
function decodeBroken(bytes: Uint8Array): readonly number[] {
  const text: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at] ?? 0;
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const characters = decode(bytes.subarray(at, at + length));
    const [only] = characters ?? [];
    const isOne = characters?.length === 1 && only !== undefined;
    text.push(isOne ? only : NO_CHARACTER);
    at += isOne ? length : 1;
  }
  return text;
}
