/** Comparisons of integers: literals to ranges and bit masks of the field's own type. */
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import { type WordSetName, wordValue, wordsOf } from "../../kernel/words.ts";
import type { Comparison, Literal } from "../../parser/policy/tree.ts";
import type { FieldType, IntegerRange, Test } from "../ir.ts";

export type IntegerType = Extract<FieldType, { kind: "integer" }>;

/** A test, or what it comes to whatever the value. */
export type LoweredTest = Test | { readonly kind: "constant"; readonly value: boolean };

/** The smallest and largest value of a type. */
export function boundsOf(type: IntegerType): IntegerRange {
  const bits = BigInt(type.bits);
  return type.signed
    ? { low: -(1n << (bits - 1n)), high: (1n << (bits - 1n)) - 1n }
    : { low: 0n, high: (1n << bits) - 1n };
}

/** Lowers every operator that integers have; undefined when a value is at fault or the operator is another. */
export function lowerIntegerTest(
  comparison: Comparison,
  type: IntegerType,
  words: WordSetName | undefined,
  findings: Diagnostic[],
): LoweredTest | undefined {
  const { operator } = comparison;
  if (operator === "has-any" || operator === "has-all") {
    const masks = comparison.values.map((value) => maskOf(value, type, words, findings));
    return everyDefined(masks) ? bitTest(operator === "has-all", masks) : undefined;
  }
  const ranges = comparison.values.map((value) => {
    const range = rangeOf(value, type, words, findings);
    return range === undefined ? undefined : compareWith(operator, range, boundsOf(type));
  });
  return everyDefined(ranges) ? rangeTest(ranges, boundsOf(type)) : undefined;
}

function everyDefined<T>(values: readonly (T | undefined)[]): values is readonly T[] {
  return values.every((value) => value !== undefined);
}

/** The values that stand in this relation to a value. `low > high` holds nothing. */
function compareWith(
  operator: Comparison["operator"],
  { low, high }: IntegerRange,
  bounds: IntegerRange,
): IntegerRange | undefined {
  switch (operator) {
    case "in":
      return { low, high };
    case "less":
      return { low: bounds.low, high: low - 1n };
    case "less-or-equal":
      return { low: bounds.low, high };
    case "greater":
      return { low: high + 1n, high: bounds.high };
    case "greater-or-equal":
      return { low, high: bounds.high };
    case "has-any":
    case "has-all":
    case "starts-with":
    case "ends-with":
    case "contains":
    case "matches":
    case "under":
    case "exists":
      return undefined;
  }
}

function rangeTest(ranges: readonly IntegerRange[], bounds: IntegerRange): LoweredTest {
  const merged: IntegerRange[] = [];
  const sorted = ranges.filter(({ low, high }) => low <= high).sort((a, b) => compareBigints(a.low, b.low));
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && range.low <= last.high + 1n) {
      merged[merged.length - 1] = { low: last.low, high: range.high > last.high ? range.high : last.high };
    } else {
      merged.push(range);
    }
  }
  const [first] = merged;
  if (first === undefined) {
    return { kind: "constant", value: false };
  }
  return first.low === bounds.low && first.high === bounds.high
    ? { kind: "constant", value: true }
    : { kind: "ranges", ranges: merged };
}

function compareBigints(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function bitTest(every: boolean, masks: readonly bigint[]): LoweredTest {
  // No bit of an empty mask can be set, and all of them are.
  if (every && masks.includes(0n)) {
    return { kind: "constant", value: true };
  }
  if (!every) {
    const union = masks.reduce((all, mask) => all | mask, 0n);
    return union === 0n ? { kind: "constant", value: false } : { kind: "bits", every, masks: [union] };
  }
  return { kind: "bits", every, masks: [...new Set(masks)].sort(compareBigints) };
}

function maskOf(
  literal: Literal,
  type: IntegerType,
  words: WordSetName | undefined,
  findings: Diagnostic[],
): bigint | undefined {
  if (literal.kind === "range") {
    findings.push(
      diagnostic("value-type-mismatch", literal.span, "a bit test needs single values, not a range"),
    );
    return undefined;
  }
  // A mask may be written as the unsigned pattern of a signed field.
  const low = boundsOf(type).low;
  const range = boundedRange(literal, { low, high: (1n << BigInt(type.bits)) - 1n }, type, words, findings);
  return range === undefined ? undefined : BigInt.asUintN(type.bits, range.low);
}

function rangeOf(
  literal: Literal,
  type: IntegerType,
  words: WordSetName | undefined,
  findings: Diagnostic[],
): IntegerRange | undefined {
  return boundedRange(literal, boundsOf(type), type, words, findings);
}

function boundedRange(
  literal: Literal,
  bounds: IntegerRange,
  type: IntegerType,
  words: WordSetName | undefined,
  findings: Diagnostic[],
): IntegerRange | undefined {
  const range = literalRange(literal, words, findings);
  if (range === undefined) {
    return undefined;
  }
  const outside = range.low < bounds.low ? range.low : range.high > bounds.high ? range.high : undefined;
  if (outside !== undefined) {
    findings.push(
      diagnostic("value-out-of-range", literal.span, `\`${outside}\` is no ${typeText(type)}`, {
        help: `use a value from ${bounds.low} to ${bounds.high}`,
      }),
    );
    return undefined;
  }
  if (range.low > range.high) {
    findings.push(
      diagnostic("empty-range", literal.span, `the range \`${range.low}..${range.high}\` is empty`, {
        help: `write the smaller value first: \`${range.high}..${range.low}\``,
      }),
    );
    return undefined;
  }
  return range;
}

function literalRange(
  literal: Literal,
  words: WordSetName | undefined,
  findings: Diagnostic[],
): IntegerRange | undefined {
  switch (literal.kind) {
    case "integer":
      return { low: literal.value, high: literal.value };
    case "range":
      return { low: literal.low, high: literal.high };
    case "word": {
      const value = words === undefined ? undefined : wordValue(words, literal.value);
      if (value === undefined) {
        const help = words === undefined ? "use a number" : didYouMean(literal.value, wordsOf(words));
        findings.push(
          diagnostic(
            "unknown-value-name",
            literal.span,
            `\`${literal.value}\` is no name of a value here`,
            help === undefined ? {} : { help },
          ),
        );
        return undefined;
      }
      return { low: value, high: value };
    }
    case "string":
    case "cidr":
      findings.push(
        diagnostic("value-type-mismatch", literal.span, `\`${literal.value}\` is not a number`, {
          help: "this field holds a number: compare it with numbers",
        }),
      );
      return undefined;
  }
}

/** `signed 32-bit integer`. */
export function typeText(type: IntegerType): string {
  return `${type.signed ? "signed" : "unsigned"} ${type.bits}-bit integer`;
}
