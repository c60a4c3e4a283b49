/** Makes a disagreement small: fewer rules, then smaller conditions, then a simpler event. */
import type { FieldValue, HookEvent } from "../../src/ir/evaluate.ts";
import type { Bool, IrBlock, IrRule, Test } from "../../src/ir/ir.ts";
import { elementAt, unreachable } from "../../src/source/invariant.ts";
import type { RandomHook } from "./hooks.ts";

/** Index of the first of the events that is decided differently, if any is. */
export type FindDifference = (
  random: RandomHook,
  events: readonly HookEvent[],
) => Promise<number | undefined>;

export interface Disagreement {
  readonly random: RandomHook;
  readonly event: HookEvent;
}

/** How much may be spent on making a disagreement small. */
export interface ShrinkLimits {
  /** Calls of `find`. */
  readonly attempts: number;
  readonly milliseconds: number;
}

/**
 * The smallest disagreement that was found within the limits. Hooks that can't be tried (`find` throws) count as
 * agreeing, so that a disagreement never turns into another fault.
 */
export async function shrink(
  start: Disagreement,
  find: FindDifference,
  { attempts, milliseconds }: ShrinkLimits,
): Promise<Disagreement> {
  const end = performance.now() + milliseconds;
  let smallest = start;
  let left = attempts;
  const stillDiffers: FindDifference = async (random, events) => {
    left = performance.now() < end ? left - 1 : 0;
    try {
      return await find(random, events);
    } catch {
      return undefined;
    }
  };
  for (let changed = true; changed && left > 0;) {
    changed = false;
    for (const candidate of smallerHooks(smallest.random)) {
      if (left <= 0) {
        break;
      }
      if ((await stillDiffers(candidate, [smallest.event])) !== undefined) {
        smallest = { random: candidate, event: smallest.event };
        changed = true;
        break;
      }
    }
    const simpler = simplerEvents(smallest.event);
    const index = changed || simpler.length === 0 ? undefined : await stillDiffers(smallest.random, simpler);
    if (index !== undefined) {
      smallest = { random: smallest.random, event: elementAt(simpler, index) };
      changed = true;
    }
  }
  return smallest;
}

/** Hooks with less in them, those that leave out most first. Computed as they are asked for. */
function* smallerHooks(random: RandomHook): Generator<RandomHook> {
  for (const blocks of smallerBlocks(random.hook.blocks)) {
    yield { ...random, hook: { ...random.hook, blocks } };
  }
}

/** Leaves out runs of rules, the longest first; then makes single conditions smaller. */
function* smallerBlocks(blocks: readonly IrBlock[]): Generator<readonly IrBlock[]> {
  const total = blocks.reduce((sum, block) => sum + block.rules.length, 0);
  for (let length = total >> 1; length >= 1; length >>= 1) {
    for (let start = 0; start < total; start += length) {
      yield withoutRules(blocks, start, start + length);
    }
  }
  for (const [blockIndex, block] of blocks.entries()) {
    for (const [ruleIndex, rule] of block.rules.entries()) {
      for (const condition of smallerConditions(rule.condition)) {
        yield withRule(blocks, blockIndex, ruleIndex, { ...rule, condition });
      }
    }
  }
}

/** Without the rules numbered `[start, end)`. */
function withoutRules(blocks: readonly IrBlock[], start: number, end: number): readonly IrBlock[] {
  return onlyRules(blocks, (rule) => rule < start || rule >= end);
}

/** The rules whose numbers are wanted, without the blocks that become empty. */
export function onlyRules(
  blocks: readonly IrBlock[],
  wanted: (rule: number, block: number) => boolean,
): readonly IrBlock[] {
  let number = -1;
  return blocks.flatMap((block, index) => {
    const rules = block.rules.filter(() => {
      number++;
      return wanted(number, index);
    });
    return rules.length === 0 ? [] : [{ ...block, rules }];
  });
}

function withRule(
  blocks: readonly IrBlock[],
  blockIndex: number,
  ruleIndex: number,
  rule: IrRule,
): readonly IrBlock[] {
  return blocks.map((block, index) =>
    index === blockIndex ? { ...block, rules: block.rules.with(ruleIndex, rule) } : block,
  );
}

/** Conditions with one part less, the smallest first. */
export function* smallerConditions(condition: Bool): Generator<Bool> {
  switch (condition.kind) {
    case "constant":
      return;
    case "and":
    case "or":
      yield* constants();
      yield* condition.operands;
      for (const [index, operand] of condition.operands.entries()) {
        yield { ...condition, operands: condition.operands.filter((_, other) => other !== index) };
        for (const smaller of smallerConditions(operand)) {
          yield { ...condition, operands: condition.operands.with(index, smaller) };
        }
      }
      return;
    case "not":
      yield* constants();
      yield condition.operand;
      for (const operand of smallerConditions(condition.operand)) {
        yield { kind: "not", operand };
      }
      return;
    case "atom":
      yield* constants();
      for (const test of smallerTests(condition.test)) {
        yield { ...condition, test };
      }
      return;
    default:
      unreachable(condition);
  }
}

function constants(): readonly Bool[] {
  return [
    { kind: "constant", value: true },
    { kind: "constant", value: false },
  ];
}

function* smallerTests(test: Test): Generator<Test> {
  switch (test.kind) {
    case "ranges":
      for (const ranges of sublists(test.ranges)) {
        yield { ...test, ranges };
      }
      return;
    case "bits":
      for (const masks of sublists(test.masks)) {
        yield { ...test, masks };
      }
      return;
    case "text":
      for (const values of sublists(test.values)) {
        yield { ...test, values };
      }
      return;
    case "glob":
      for (const globs of sublists(test.globs)) {
        yield { ...test, globs };
      }
      return;
    case "networks":
      for (const networks of sublists(test.networks)) {
        yield { ...test, networks };
      }
      return;
    default:
      unreachable(test);
  }
}

/** A list without its first half, without its second half, and without each of up to eight elements. */
function* sublists<T>(list: readonly T[]): Generator<readonly T[]> {
  if (list.length > 2) {
    yield list.slice(list.length >> 1);
    yield list.slice(0, list.length >> 1);
  }
  for (let index = 0; index < Math.min(8, list.length); index++) {
    yield list.filter((_, other) => other !== index);
  }
}

/** Events with one value made simpler. */
function simplerEvents(event: HookEvent): readonly HookEvent[] {
  return event.values.flatMap((value, index) =>
    simplerValues(value).map((simpler) => ({ values: event.values.with(index, simpler) })),
  );
}

function simplerValues(value: FieldValue): readonly FieldValue[] {
  switch (value.kind) {
    case "integer":
      return value.value === 0n
        ? []
        : [0n, 1n, value.value / 2n]
            .filter((smaller) => smaller !== value.value)
            .map((smaller) => ({ kind: "integer", value: smaller }));
    case "text":
      return shorterTexts(value.bytes);
    case "address":
      return [...value.bytes.keys()]
        .filter((index) => value.bytes[index] !== 0)
        .map((index) => ({ kind: "address", bytes: withByte(value.bytes, index, 0) }));
    case "missing":
    case "unresolved":
      return [];
    case "several": {
      const { values } = value;
      const fewer = values.map((_, index) => values.toSpliced(index, 1));
      const simpler = values.flatMap((each, index) =>
        simplerValues(each).map((other) => values.with(index, other)),
      );
      return [...fewer, ...simpler].map((each) => ({ kind: "several", values: each }));
    }
    default:
      return unreachable(value);
  }
}

function withByte(bytes: Uint8Array, index: number, byte: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[index] = byte;
  return copy;
}

function shorterTexts(bytes: Uint8Array): readonly FieldValue[] {
  const { length } = bytes;
  const cuts = [length >> 1, length >> 2, length >> 4, 1].filter((cut) => cut > 0 && cut < length);
  return [
    ...(length > 0 ? [new Uint8Array(0)] : []),
    ...cuts.flatMap((cut) => [bytes.subarray(cut), bytes.subarray(0, length - cut)]),
  ].map((shorter) => ({ kind: "text", bytes: shorter }));
}
