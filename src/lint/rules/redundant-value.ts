import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Comparison, Literal } from "../../parser/policy/tree.ts";
import { spanText } from "../../source/source.ts";
import { removalFixes } from "../list-edits.ts";
import type { LintRule } from "../lint-rule.ts";
import { placedComparisons, spanKey } from "../walk.ts";

/** A value of a list that another value of it takes in already. */
export const redundantValue: LintRule = {
  code: "redundant-value",
  optional: false,
  check: ({ found, tree }) => {
    // The lowering reports equal texts with a code of its own.
    const reported = new Set(
      found.flatMap(({ code, span }) => (code === "duplicate-value" && span ? [spanKey(span)] : [])),
    );
    return placedComparisons(tree).flatMap(({ comparison }) =>
      redundantIn(comparison)
        .filter(({ value }) => !reported.has(spanKey(value.span)))
        .map(({ by, value }) =>
          diagnostic("redundant-value", value.span, `${quote(value)} is taken in by ${quote(by)}`, {
            help: "remove it, or narrow the other value",
            related: [{ message: "this value takes it in", span: by.span }],
            fixes: removalFixes(value.span),
          }),
        ),
    );
  },
};

interface Redundancy {
  readonly value: Literal;
  readonly by: Literal;
}

function redundantIn(comparison: Comparison): readonly Redundancy[] {
  if (comparison.values.length < 2) {
    return [];
  }
  switch (comparison.operator) {
    case "starts-with":
      return coveredTexts(comparison.values, (text) => text);
    case "under":
      return coveredTexts(comparison.values, (text) => `${text.replace(/\/+$/, "")}/`);
    case "ends-with":
      return coveredTexts(comparison.values, (text) => Array.from(text).reverse().join(""));
    case "in":
    case "matches":
    case "contains":
    case "has-any":
    case "has-all":
      return [...repeated(comparison.values), ...coveredNumbers(comparison.values)];
    case "less":
    case "less-or-equal":
    case "greater":
    case "greater-or-equal":
    case "exists":
      return [];
  }
}

function repeated(values: readonly Literal[]): readonly Redundancy[] {
  const first = new Map<string, Literal>();
  return values.flatMap((value) => {
    const key = keyOf(value);
    const by = first.get(key);
    if (by === undefined) {
      first.set(key, value);
      return [];
    }
    return [{ value, by }];
  });
}

function keyOf(literal: Literal): string {
  switch (literal.kind) {
    case "integer":
      return `integer ${literal.value}`;
    case "range":
      return literal.low === literal.high ? `integer ${literal.low}` : `range ${literal.low} ${literal.high}`;
    case "string":
    case "word":
    case "cidr":
      return `${literal.kind} ${literal.value}`;
  }
}

interface Interval {
  readonly literal: Literal;
  readonly low: bigint;
  readonly high: bigint;
}

/** Numbers and ranges within another range. Sorted by start, widest first: one pass finds them. */
function coveredNumbers(values: readonly Literal[]): readonly Redundancy[] {
  const intervals = values.flatMap((literal): readonly Interval[] => {
    switch (literal.kind) {
      case "integer":
        return [{ literal, low: literal.value, high: literal.value }];
      case "range":
        return [{ literal, low: literal.low, high: literal.high }];
      case "string":
      case "word":
      case "cidr":
        return [];
    }
  });
  const sorted = intervals.sort((a, b) => compare(a.low, b.low) || compare(b.high, a.high));
  const found: Redundancy[] = [];
  let widest: Interval | undefined;
  for (const interval of sorted) {
    const isSame = widest !== undefined && keyOf(interval.literal) === keyOf(widest.literal);
    if (widest !== undefined && !isSame && interval.high <= widest.high) {
      found.push({ value: interval.literal, by: widest.literal });
    }
    widest = widest === undefined || interval.high > widest.high ? interval : widest;
  }
  return found;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Texts that begin with another one. Sorted, such a text comes behind the other. */
function coveredTexts(
  values: readonly Literal[],
  keyOfText: (text: string) => string,
): readonly Redundancy[] {
  const sorted = values
    .flatMap((literal, index) =>
      literal.kind === "string" ? [{ literal, index, key: keyOfText(literal.value) }] : [],
    )
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.index - b.index));
  const found: Redundancy[] = [];
  let wide: (typeof sorted)[number] | undefined;
  for (const entry of sorted) {
    if (wide !== undefined && entry.key.startsWith(wide.key)) {
      found.push({ value: entry.literal, by: wide.literal });
    } else {
      wide = entry;
    }
  }
  return found;
}

function quote(literal: Literal): string {
  return `\`${spanText(literal.span).slice(0, 30) || "the value"}\``;
}
