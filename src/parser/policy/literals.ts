/** Tokens of values -> literals. */
import type { IToken } from "chevrotain";
import type { Span } from "../../source/source.ts";
import type { DurationSyntax, LiteralSyntax, NumberSyntax } from "./syntax.ts";
import { Address, Integer, Text } from "./tokens.ts";
import type { Literal } from "./tree.ts";
import { millisecondsOf } from "./durations.ts";
import { unquote } from "./words.ts";

/** Digits of the longest number: far above 64 bits, and small enough to convert at once. */
export const longestNumber = 100;

/** A number; `0` for one that is too long, which the lexical checks report. */
export function integerValue(image: string): bigint {
  if (image.length > longestNumber) {
    return 0n;
  }
  return image.startsWith("-") ? -BigInt(image.slice(1)) : BigInt(image);
}

/** As a number; what is too large for one stays larger than any limit. */
export function saturatedNumber(value: bigint): number {
  return Number(value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : value);
}

/** The value of one token, or of the range from one number to another. */
export function literalFromTokens(first: IToken, last: IToken | undefined, span: Span): LiteralSyntax {
  const text = last === undefined ? first.image : `${first.image}..${last.image}`;
  return { kind: "literal", literal: literalOf(first, last, span), text, span };
}

function literalOf(first: IToken, last: IToken | undefined, span: Span): Literal {
  const { image, tokenType } = first;
  if (last !== undefined) {
    return { kind: "range", low: integerValue(image), high: integerValue(last.image), span };
  }
  if (tokenType === Integer) {
    return { kind: "integer", value: integerValue(image), span };
  }
  if (tokenType === Text) {
    return { kind: "string", value: unquote(image).value, span };
  }
  if (tokenType === Address) {
    return { kind: "cidr", value: image, span };
  }
  return { kind: "word", value: image.startsWith("`") ? unquote(image).value : image, span };
}

export function numberOf({ image }: IToken, span: Span): NumberSyntax {
  return { kind: "number", value: integerValue(image), text: image, span };
}

export function durationOf({ image }: IToken, span: Span): DurationSyntax {
  return { kind: "duration", milliseconds: millisecondsOf(image), text: image, span };
}
