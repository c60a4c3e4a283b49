/** Diagnostics for a terminal: the finding, the place, the line with what is wrong underlined, the help. */
import type { Source, Span } from "../source/source.ts";
import { elementAt } from "../source/invariant.ts";
import { positionAt } from "../source/source.ts";
import type { Diagnostic, Severity } from "./diagnostic.ts";
import { displayWidth, shownText } from "./display.ts";

export interface TextStyle {
  readonly color: boolean;
}

/** Columns of a source line that are shown: longer lines are cut around the place. */
const maximumColumns = 120;
/** Columns before the place that are kept when a line is cut. */
const leadingColumns = 40;

type Paint = "red" | "yellow" | "cyan" | "blue" | "bold";

const codes: Readonly<Record<Paint, string>> = {
  red: "1;31",
  yellow: "1;33",
  cyan: "1;36",
  blue: "1;34",
  bold: "1",
};

/** All findings, each as a paragraph, in the order given. */
export function renderText(diagnostics: readonly Diagnostic[], style: TextStyle): string {
  return diagnostics.map((finding) => renderOne(finding, style)).join("\n");
}

function renderOne(finding: Diagnostic, style: TextStyle): string {
  const tone = toneOf(finding.severity);
  const head =
    paint(`${finding.severity}[${finding.code}]`, tone, style) +
    paint(`: ${shownText(finding.message)}`, "bold", style);
  const places = [
    ...(finding.span === undefined ? [] : [{ span: finding.span, message: "", tone, mark: "^" }]),
    ...finding.related.map(({ span, message }) => ({ span, message, tone: "blue" as const, mark: "-" })),
  ];
  const gutter = Math.max(
    1,
    ...places.map(({ span }) => String(positionAt(span.source, span.start).line).length),
  );
  const lines = [head];
  for (const place of places) {
    lines.push(...excerpt(place.span, place.message, place.tone, place.mark, gutter, style));
  }
  const margin = `${" ".repeat(gutter)} ${paint("=", "blue", style)}`;
  if (finding.help !== undefined) {
    lines.push(`${margin} ${paint("help", "bold", style)}: ${shownText(finding.help)}`);
  }
  return `${lines.join("\n")}\n`;
}

function excerpt(
  span: Span,
  message: string,
  tone: Paint,
  mark: string,
  gutter: number,
  style: TextStyle,
): readonly string[] {
  const { line, column } = positionAt(span.source, span.start);
  const text = lineText(span.source, line);
  const bar = paint("|", "blue", style);
  const blank = " ".repeat(gutter);
  const arrow = paint("-->", "blue", style);
  const place = `${blank} ${arrow} ${shownText(span.source.name)}:${line}:${column}`;
  const from = column - 1;
  const to = Math.max(from, Math.min(text.length, from + (span.end - span.start)));
  const window = cutLine(text, from, to);
  const underline = " ".repeat(window.before) + mark.repeat(Math.max(1, window.marked));
  const label = message === "" ? "" : ` ${shownText(message)}`;
  return [
    place,
    `${blank} ${bar}`,
    `${paint(String(line).padStart(gutter), "blue", style)} ${bar} ${window.text}`,
    `${blank} ${bar} ${paint(underline + label, tone, style)}`,
  ];
}

interface CutLine {
  readonly text: string;
  /** Columns before the underlined part, and in it. */
  readonly before: number;
  readonly marked: number;
}

/** The part of a line to show, so that the place is in it. */
function cutLine(line: string, from: number, to: number): CutLine {
  const cutStart = from > maximumColumns - leadingColumns ? from - leadingColumns : 0;
  const start = isLowSurrogate(line, cutStart) ? cutStart + 1 : cutStart;
  const stop = Math.min(line.length, start + maximumColumns);
  const prefix = start > 0 ? "… " : "";
  const suffix = stop < line.length ? " …" : "";
  const before = prefix + shownText(line.slice(start, from));
  const marked = shownText(line.slice(from, Math.min(to, stop)));
  const after = shownText(line.slice(Math.min(to, stop), stop));
  return {
    text: before + marked + after + suffix,
    before: displayWidth(before),
    marked: displayWidth(marked),
  };
}

function isLowSurrogate(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0xdc00 && code <= 0xdfff;
}

function lineText(source: Source, line: number): string {
  const start = elementAt(source.lineStarts, line - 1);
  const end = source.lineStarts[line] ?? source.text.length;
  return source.text.slice(start, end).replace(/[\r\n]+$/, "");
}

function toneOf(severity: Severity): Paint {
  switch (severity) {
    case "error":
      return "red";
    case "warning":
      return "yellow";
    case "info":
      return "cyan";
  }
}

function paint(text: string, tone: Paint, { color }: TextStyle): string {
  return color ? `\u001b[${codes[tone]}m${text}\u001b[0m` : text;
}
