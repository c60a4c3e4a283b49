/**
 * Globs of many atoms as one deterministic automaton over bytes: whatever their number, a text is walked
 * once. Part of the IR's tools, so that its size is known before any code exists.
 */
import { elementAt, unreachable } from "../source/invariant.ts";
import { inOtherCase } from "./letter-case.ts";
import type { CharacterRange, Glob, GlobPart } from "./ir.ts";
import { type ByteRange, complement, utf8Sequences } from "./utf8-ranges.ts";

/** A glob and who asks for it: texts of its form are accepted for `owner`. */
export interface OwnedGlob<Owner> {
  readonly glob: Pick<Glob, "parts">;
  readonly ignoreCase: boolean;
  readonly owner: Owner;
}

export interface Automaton<Owner> {
  /** For each byte its class: bytes of one class are never told apart. */
  readonly byteClasses: readonly number[];
  readonly classCount: number;
  /** State 0 is the start: `next[state * classCount + class]`. */
  readonly next: readonly number[];
  /** For each state whom a text that ends there is accepted for. */
  readonly accepted: readonly ReadonlySet<Owner>[];
  /** How many states, the last ones, no byte leads out of. */
  readonly finalStates: number;
}

/** States that one automaton may have: its tables stay below a few hundred kilobytes. */
export const MAXIMUM_STATES = 4096;
const MAXIMUM_CELLS = 1 << 18;

/** Builds the automaton; undefined when it would be larger than the limits. */
export function buildAutomaton<Owner>(globs: readonly OwnedGlob<Owner>[]): Automaton<Owner> | undefined {
  const net = createNet<Owner>();
  for (const owned of globs) {
    const end = addParts(net, 0, owned.glob.parts, owned.ignoreCase);
    net.owners.set(end, [...(net.owners.get(end) ?? []), owned.owner]);
  }
  return determinize(net);
}

/** A nondeterministic automaton under construction. State 0 is the start. */
interface Net<Owner> {
  readonly silent: number[][];
  readonly edges: { readonly range: ByteRange; readonly to: number }[][];
  readonly owners: Map<number, readonly Owner[]>;
}

function createNet<Owner>(): Net<Owner> {
  return { silent: [[]], edges: [[]], owners: new Map() };
}

function addState<Owner>(net: Net<Owner>): number {
  net.edges.push([]);
  return net.silent.push([]) - 1;
}

function addEdge<Owner>(net: Net<Owner>, from: number, range: ByteRange, to: number): void {
  elementAt(net.edges, from).push({ range, to });
}

function addSilent<Owner>(net: Net<Owner>, from: number, to: number): void {
  elementAt(net.silent, from).push(to);
}

/** Adds the parts behind a state; gives back the state after them. */
function addParts<Owner>(
  net: Net<Owner>,
  start: number,
  parts: readonly GlobPart[],
  ignoreCase: boolean,
): number {
  return parts.reduce((state, part) => addPart(net, state, part, ignoreCase), start);
}

const SLASH = { low: 0x2f, high: 0x2f };
const NO_SLASH: readonly ByteRange[] = [
  { low: 0, high: 0x2e },
  { low: 0x30, high: 0xff },
];
const ANY_BYTE: readonly ByteRange[] = [{ low: 0, high: 0xff }];

function addPart<Owner>(net: Net<Owner>, from: number, part: GlobPart, ignoreCase: boolean): number {
  switch (part.kind) {
    case "text":
      return [...new TextEncoder().encode(part.text)].reduce((state, byte) => {
        const next = addState(net);
        for (const each of ignoreCase ? bothCases(byte) : [byte]) {
          addEdge(net, state, { low: each, high: each }, next);
        }
        return next;
      }, from);
    case "character":
      return addCharacter(net, from, part.slash ? complement([]) : complement([SLASH]));
    case "class":
      return addCharacter(net, from, classRanges(part, ignoreCase));
    case "characters": {
      const loop = addState(net);
      addSilent(net, from, loop);
      for (const range of part.slash ? ANY_BYTE : NO_SLASH) {
        addEdge(net, loop, range, loop);
      }
      return loop;
    }
    case "directories": {
      const inside = addState(net);
      const after = addState(net);
      addSilent(net, from, after);
      addSilent(net, from, inside);
      addEdge(net, inside, { low: 0, high: 0xff }, inside);
      addEdge(net, inside, SLASH, after);
      return after;
    }
    case "choice": {
      const after = addState(net);
      for (const alternative of part.alternatives) {
        addSilent(net, addParts(net, from, alternative, ignoreCase), after);
      }
      return after;
    }
    default:
      return unreachable(part);
  }
}

function bothCases(byte: number): readonly number[] {
  const letter = byte & ~0x20;
  return letter >= 0x41 && letter <= 0x5a ? [letter, letter | 0x20] : [byte];
}

function addCharacter<Owner>(net: Net<Owner>, from: number, ranges: readonly CharacterRange[]): number {
  const after = addState(net);
  for (const sequence of utf8Sequences(ranges)) {
    let state = from;
    sequence.forEach((range, index) => {
      const to = index === sequence.length - 1 ? after : addState(net);
      addEdge(net, state, range, to);
      state = to;
    });
  }
  return after;
}

function classRanges(
  { ranges, negated }: Extract<GlobPart, { kind: "class" }>,
  ignoreCase: boolean,
): readonly CharacterRange[] {
  const members = ignoreCase ? ranges.flatMap((range) => [range, ...inOtherCase(range)]) : ranges;
  // Never a slash.
  return complement([SLASH, ...(negated ? members : complement(members))]);
}

/** Subset construction. */
function determinize<Owner>(net: Net<Owner>): Automaton<Owner> | undefined {
  const { byteClasses, representatives } = classifyBytes(net);
  const classCount = representatives.length;
  const numbers = new Map<string, number>();
  const sets: (readonly number[])[] = [];
  const numberOf = (states: readonly number[]): number => {
    const key = states.join();
    const known = numbers.get(key) ?? sets.push(states) - 1;
    numbers.set(key, known);
    return known;
  };
  numberOf(closure(net, [0]));
  const next: number[] = [];
  for (let at = 0; at < sets.length; at++) {
    if (sets.length > MAXIMUM_STATES || sets.length * classCount > MAXIMUM_CELLS) {
      return undefined;
    }
    const states = elementAt(sets, at);
    for (const byte of representatives) {
      const reached = states.flatMap((state) =>
        elementAt(net.edges, state).flatMap(({ range, to }) =>
          range.low <= byte && byte <= range.high ? [to] : [],
        ),
      );
      next.push(numberOf(closure(net, reached)));
    }
  }
  const accepted = sets.map((states) => new Set(states.flatMap((state) => net.owners.get(state) ?? [])));
  return finalLast({ byteClasses, classCount, next, accepted, finalStates: 0 });
}

/** The same automaton with the states that nothing leads out of at the end. The start stays where it is. */
function finalLast<Owner>(automaton: Automaton<Owner>): Automaton<Owner> {
  const { classCount, next, accepted } = automaton;
  const row = (state: number): readonly number[] => next.slice(state * classCount, (state + 1) * classCount);
  const states = accepted.map((_, state) => state);
  const isFinal = (state: number): boolean => state > 0 && row(state).every((to) => to === state);
  const order = [...states.filter((state) => !isFinal(state)), ...states.filter(isFinal)];
  const numbers = new Map(order.map((state, number) => [state, number]));
  return {
    ...automaton,
    next: order.flatMap((state) => row(state).map((to) => numbers.get(to) ?? 0)),
    accepted: order.map((state) => elementAt(accepted, state)),
    finalStates: states.filter(isFinal).length,
  };
}

/** The states and all that are reached from them without a byte, ascending. */
function closure<Owner>(net: Net<Owner>, states: readonly number[]): readonly number[] {
  const found = new Set(states);
  for (const state of found) {
    for (const next of elementAt(net.silent, state)) {
      found.add(next);
    }
  }
  return [...found].sort((a, b) => a - b);
}

/** Bytes that no edge tells apart are one class. */
function classifyBytes<Owner>(net: Net<Owner>): {
  readonly byteClasses: readonly number[];
  readonly representatives: readonly number[];
} {
  const starts = new Set([0]);
  for (const { range } of net.edges.flat()) {
    starts.add(range.low);
    starts.add(range.high + 1);
  }
  const representatives = [...starts].filter((byte) => byte <= 0xff).sort((a, b) => a - b);
  let current = -1;
  const byteClasses = Array.from({ length: 256 }, (_, byte) => (starts.has(byte) ? ++current : current));
  return { byteClasses, representatives };
}
