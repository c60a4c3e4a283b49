/** Globs on names: each part takes a text from the places where it may start to those where it may end. */
import type { ScopeGlobPart } from "../manifest.ts";

/** Whether the whole text has the form of the glob. Takes time in proportion to both lengths. */
export function globMatches(glob: readonly ScopeGlobPart[], ignoreCase: boolean, text: string): boolean {
  const fold = ignoreCase ? lowerCase : (letters: string): string => letters;
  const characters = Array.from(fold(text));
  return sequenceEnds(glob, { characters, fold }, new Set([0])).has(characters.length);
}

interface Subject {
  readonly characters: readonly string[];
  /** Makes letters equal that count as such. */
  readonly fold: (letters: string) => string;
}

type Places = ReadonlySet<number>;

/** Letters of ASCII only. */
function lowerCase(letters: string): string {
  return letters.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function sequenceEnds(parts: readonly ScopeGlobPart[], subject: Subject, starts: Places): Places {
  return parts.reduce((places, part) => partEnds(part, subject, places), starts);
}

function partEnds(part: ScopeGlobPart, subject: Subject, starts: Places): Places {
  const { characters, fold } = subject;
  switch (part.kind) {
    case "text": {
      const wanted = Array.from(fold(part.text));
      const isHere = (start: number): boolean =>
        wanted.every((letter, index) => characters[start + index] === letter);
      return new Set([...starts].filter(isHere).map((start) => start + wanted.length));
    }
    case "character":
      return step(subject, starts, (letter) => part.slash || letter !== "/");
    case "class":
      return step(
        subject,
        starts,
        (letter) => letter !== "/" && isInRanges(letter, part.ranges, subject) !== part.negated,
      );
    case "characters":
      return stretch(subject, starts, part.slash);
    case "directories":
      return directoryEnds(subject, starts);
    case "choice":
      return new Set(
        part.alternatives.flatMap((alternative) => [...sequenceEnds(alternative, subject, starts)]),
      );
  }
}

function step({ characters }: Subject, starts: Places, fits: (letter: string) => boolean): Places {
  const ends = new Set<number>();
  for (const start of starts) {
    const letter = characters[start];
    if (letter !== undefined && fits(letter)) {
      ends.add(start + 1);
    }
  }
  return ends;
}

function stretch({ characters }: Subject, starts: Places, acrossSlashes: boolean): Places {
  const ends = new Set<number>();
  let open = false;
  for (let place = 0; place <= characters.length; place++) {
    open = (open && (acrossSlashes || characters[place - 1] !== "/")) || starts.has(place);
    if (open) {
      ends.add(place);
    }
  }
  return ends;
}

/** Nothing, or anything that ends in a slash. */
function directoryEnds({ characters }: Subject, starts: Places): Places {
  const first = Math.min(...starts);
  const ends = new Set(starts);
  characters.forEach((letter, index) => {
    if (letter === "/" && index >= first) {
      ends.add(index + 1);
    }
  });
  return ends;
}

function isInRanges(
  letter: string,
  ranges: readonly { readonly low: number; readonly high: number }[],
  { fold }: Subject,
): boolean {
  const forms = fold("A") === "a" ? [letter, letter.toUpperCase()] : [letter];
  const codes = forms.flatMap((form) => (form.length === letter.length ? [form.codePointAt(0) ?? 0] : []));
  return ranges.some(({ low, high }) => codes.some((code) => low <= code && code <= high));
}
