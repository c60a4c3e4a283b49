/** The values of a comparison: texts in YAML, literals in the Policy tree. */
import { shortText } from "../../diagnostics/display.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Span } from "../../source/source.ts";
import type { Literal } from "../policy/tree.ts";
import type { YamlScalar } from "../yaml/tree.ts";
import type { Findings } from "./findings.ts";
import { notYet } from "./findings.ts";

export type ValueReader = (value: YamlScalar, findings: Findings) => Literal | undefined;

/** A number in any base: `10`, `-1`, `0x1f`, `0o17`, `017`, `0b11`, with `_` between digits. */
export function parseInteger(text: string, leadingZeroIsOctal: boolean): bigint | undefined {
  const match =
    /^([-+]?)(0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|[0-9](?:_?[0-9])*)$/.exec(text);
  // Longer than any kernel value, and slow to convert.
  if (match === null || text.length > 80) {
    return undefined;
  }
  const digits = (match[2] ?? "").replaceAll("_", "");
  const octal = leadingZeroIsOctal && /^0[0-9]+$/.test(digits);
  if (octal && !/^[0-7]+$/.test(digits)) {
    return undefined;
  }
  const magnitude = BigInt(octal ? `0o${digits}` : digits.toLowerCase());
  return match[1] === "-" ? -magnitude : magnitude;
}

/** A number. */
export const readInteger: ValueReader = (value, findings) => {
  const number = parseInteger(value.text, true);
  if (number === undefined) {
    findings.push(notNumber(value));
    return undefined;
  }
  return { kind: "integer", value: number, span: value.span };
};

/** `low:high`, both included. */
export const readRange: ValueReader = (value, findings) => {
  const [low, high, ...rest] = value.text.split(":").map((part) => parseInteger(part.trim(), true));
  if (low === undefined || high === undefined || rest.length > 0) {
    findings.push(
      diagnostic("invalid-number", value.span, `\`${shortText(value.text)}\` is no range of numbers`, {
        help: "write the first and the last value: `100:200`",
      }),
    );
    return undefined;
  }
  return rangeLiteral(low, high, value.span, findings);
};

/** A decimal number or a range of them. */
export const readIntegerOrRange: ValueReader = (value, findings) => {
  if (value.text.startsWith("list:")) {
    notYet(findings, value.span, "a reference to a list");
    return undefined;
  }
  if (/^[^:]+:[^:]+$/.test(value.text)) {
    return readRange(value, findings);
  }
  const number = parseInteger(value.text, false);
  if (number === undefined) {
    findings.push(notNumber(value));
    return undefined;
  }
  return { kind: "integer", value: number, span: value.span };
};

/** A port or a range of ports. */
export const readPort: ValueReader = (value, findings) => {
  const literal = readIntegerOrRange(value, findings);
  if (literal === undefined) {
    return undefined;
  }
  const low = literal.kind === "integer" ? literal.value : literal.kind === "range" ? literal.low : 0n;
  const high = literal.kind === "integer" ? literal.value : literal.kind === "range" ? literal.high : 0n;
  if (low < 0n || high > 65_535n) {
    findings.push(
      diagnostic("value-out-of-range", value.span, `\`${shortText(value.text)}\` is no port`, {
        help: "ports go from 0 to 65535",
      }),
    );
    return undefined;
  }
  return literal;
};

/** An address or network, as written: its meaning is checked when its field is known. */
export const readNetwork: ValueReader = (value) => ({ kind: "cidr", value: value.text, span: value.span });

/** A path or a part of one. */
export const readText: ValueReader = (value) => ({ kind: "string", value: value.text, span: value.span });

/** A number, or a name of the kernel's headers. */
export const readWord: ValueReader = (value, findings) =>
  /^[A-Za-z_]\w*$/.test(value.text)
    ? { kind: "word", value: value.text, span: value.span }
    : readInteger(value, findings);

/** Names of types of files, and what the kernel calls them. */
export const fileTypes: ReadonlyMap<string, string> = new Map([
  ["reg", "S_IFREG"],
  ["regular", "S_IFREG"],
  ["dir", "S_IFDIR"],
  ["directory", "S_IFDIR"],
  ["lnk", "S_IFLNK"],
  ["link", "S_IFLNK"],
  ["sock", "S_IFSOCK"],
  ["socket", "S_IFSOCK"],
  ["fifo", "S_IFIFO"],
  ["pipe", "S_IFIFO"],
  ["chr", "S_IFCHR"],
  ["char", "S_IFCHR"],
  ["blk", "S_IFBLK"],
  ["block", "S_IFBLK"],
]);

/** A type of file. */
export const readFileType: ValueReader = (value, findings) => {
  const word = fileTypes.get(value.text.toLowerCase());
  if (word === undefined) {
    findings.push(
      diagnostic("unknown-value-name", value.span, `\`${shortText(value.text)}\` is no type of file`, {
        help: `use one of ${[...fileTypes.keys()].join(", ")}`,
      }),
    );
    return undefined;
  }
  return { kind: "word", value: word, span: value.span };
};

function rangeLiteral(low: bigint, high: bigint, span: Span, findings: Findings): Literal | undefined {
  if (low > high) {
    const mended = `${high}:${low}`;
    findings.push(
      diagnostic("empty-range", span, `the range begins at ${low}, above its end ${high}`, {
        help: `write \`${mended}\``,
        fixes: [
          { title: `write \`${mended}\``, safety: "unsafe", edits: [{ span, text: JSON.stringify(mended) }] },
        ],
      }),
    );
    return undefined;
  }
  return { kind: "range", low, high, span };
}

function notNumber(value: YamlScalar): ReturnType<typeof diagnostic> {
  return diagnostic("invalid-number", value.span, `\`${shortText(value.text)}\` is no number`, {
    help: "write it as `10`, `-1`, `0x1f`, `0o17` or `0b11`",
  });
}
