/**
 * Comparisons with the texts of a list, so that one automaton makes all of them: a walk over the whole list takes each
 * element for itself. In front of an argument stands a byte for its number; a variable begins with its name.
 */
import { type ProcessSource, isListPart } from "../kernel/hook.ts";
import { NAMED_ARGUMENTS } from "../kernel/process-field.ts";
import { invariant } from "../source/invariant.ts";
import { inOtherCase } from "./letter-case.ts";
import { globsOf } from "./matching.ts";
import type { Atom, CharacterRange, GlobPart, Test } from "./ir.ts";

/** The byte in front of the first argument; those after the last that can be named have one together. */
export const FIRST_ARGUMENT = 1;
export const LATER_ARGUMENTS = FIRST_ARGUMENT + NAMED_ARGUMENTS;

/** What an element must be for a comparison with a part of a process to hold. */
export function elementTest(source: ProcessSource, atom: Atom): Test {
  const lead = leadOf(source);
  return {
    kind: "glob",
    ignoreCase: false,
    globs: globsOf(atom).map(({ glob, ignoreCase }) => ({
      text: "",
      parts: [...lead, ...(ignoreCase ? glob.parts.flatMap(inBothCases) : glob.parts)],
      span: atom.span,
    })),
  };
}

function leadOf({ part, element }: ProcessSource): readonly GlobPart[] {
  invariant(isListPart(part), `${part} is no list`);
  switch (part) {
    case "args":
      return element === undefined
        ? [{ kind: "character", slash: true }]
        : [{ kind: "text", text: String.fromCharCode(FIRST_ARGUMENT + Number(element)) }];
    case "env":
      return element === undefined ? [] : [{ kind: "text", text: `${element}=` }];
  }
}

/** The name of a variable has its case, whatever the comparison says of its value. */
function inBothCases(part: GlobPart): readonly GlobPart[] {
  switch (part.kind) {
    case "text":
      return Array.from(part.text).map((character) => {
        const ranges = bothCases(character);
        return ranges.length === 1
          ? { kind: "text", text: character }
          : { kind: "class", negated: false, ranges };
      });
    case "class":
      return [{ ...part, ranges: part.ranges.flatMap((range) => [range, ...inOtherCase(range)]) }];
    case "choice":
      return [{ ...part, alternatives: part.alternatives.map((each) => each.flatMap(inBothCases)) }];
    case "character":
    case "characters":
    case "directories":
      return [part];
  }
}

function bothCases(character: string): readonly CharacterRange[] {
  const point = character.codePointAt(0) ?? 0;
  const range = { low: point, high: point };
  return [range, ...inOtherCase(range)];
}
