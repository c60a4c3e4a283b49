/** The scope stage of a manifest, checked. */
import { SCOPE_FIELDS } from "../manifest.ts";
import type {
  ManifestScope,
  ManifestScopeCondition,
  ScopeField,
  ScopeGlobPart,
  ScopeTest,
} from "../manifest.ts";
import { fault, field, integer, list, oneOf, optional, text, truth } from "./shape.ts";
import type { Placed } from "./shape.ts";

const MOST = { words: 1 << 20, conditions: 1 << 20, values: 1 << 20, depth: 64, ranges: 1024 } as const;
const MAX_CODE_POINT = 0x10_ffff;

/** Throws ShapeFault. */
export function checkScope(at: Placed): ManifestScope {
  const words = integer(field(at, "words"), 1, MOST.words);
  return {
    words,
    conditions: list(field(at, "conditions"), MOST.conditions, (one) => condition(one, words * 64)),
  };
}

function condition(at: Placed, bits: number): ManifestScopeCondition {
  const numbers = (name: string): readonly number[] =>
    list(field(at, name), bits, (one) => integer(one, 0, bits - 1));
  return {
    test: scopeTest(field(at, "test"), MOST.depth),
    bits: numbers("bits"),
    unresolved: numbers("unresolved"),
  };
}

function scopeTest(at: Placed, depth: number): ScopeTest {
  if (depth === 0) {
    return fault(at, "nested less deeply");
  }
  const kind = oneOf(field(at, "kind"), ["and", "or", "not", "texts", "globs", "truth"] as const);
  switch (kind) {
    case "and":
    case "or":
      return {
        kind,
        operands: list(field(at, "operands"), MOST.values, (one) => scopeTest(one, depth - 1)),
      };
    case "not":
      return { kind, operand: scopeTest(field(at, "operand"), depth - 1) };
    case "texts":
      return {
        kind,
        ...scopeField(at),
        match: oneOf(field(at, "match"), ["exact", "prefix", "suffix"] as const),
        values: list(field(at, "values"), MOST.values, text),
      };
    case "globs":
      return {
        kind,
        ...scopeField(at),
        ignoreCase: truth(field(at, "ignoreCase")),
        globs: list(field(at, "globs"), MOST.values, (one) => globParts(one, depth - 1)),
      };
    case "truth":
      return { kind, ...scopeField(at), values: list(field(at, "values"), 2, truth) };
  }
}

function scopeField(at: Placed): ScopeField {
  return { field: oneOf(field(at, "field"), SCOPE_FIELDS), ...optional(at, "key", text) };
}

function globParts(at: Placed, depth: number): readonly ScopeGlobPart[] {
  return depth === 0
    ? fault(at, "nested less deeply")
    : list(at, MOST.values, (one) => globPart(one, depth - 1));
}

function globPart(at: Placed, depth: number): ScopeGlobPart {
  const kinds = ["text", "character", "characters", "class", "directories", "choice"] as const;
  const kind = oneOf(field(at, "kind"), kinds);
  switch (kind) {
    case "text":
      return { kind, text: text(field(at, "text")) };
    case "character":
    case "characters":
      return { kind, slash: truth(field(at, "slash")) };
    case "class":
      return {
        kind,
        negated: truth(field(at, "negated")),
        ranges: list(field(at, "ranges"), MOST.ranges, (one) => ({
          low: integer(field(one, "low"), 0, MAX_CODE_POINT),
          high: integer(field(one, "high"), 0, MAX_CODE_POINT),
        })),
      };
    case "directories":
      return { kind };
    case "choice":
      return {
        kind,
        alternatives: list(field(at, "alternatives"), MOST.values, (one) => globParts(one, depth)),
      };
  }
}
