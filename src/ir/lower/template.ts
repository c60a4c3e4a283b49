/** Texts of alerts: `{field}` stands for a value of the event, `{{` and `}}` for the braces themselves. */
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import { capturedParts } from "../../kernel/objects.ts";
import type { FieldSource } from "../../kernel/hook.ts";
import type { FieldReference, Text } from "../../parser/policy/tree.ts";
import { elementAt } from "../../source/invariant.ts";
import { quotedOffsets } from "../../source/quoted-offsets.ts";
import { createSpan, type Span, spanText } from "../../source/source.ts";
import type { Template, TemplatePart } from "../ir.ts";
import { findValue } from "./condition.ts";
import { printable } from "./printable.ts";
import type { ResolvedHook } from "./resolved-hook.ts";

/** The parts of a text, with what its names stand for at a hook. Faults are reported, and leave a text of no use. */
export function lowerTemplate(template: Text, hook: ResolvedHook, findings: Diagnostic[]): Template {
  const parts: TemplatePart[] = [];
  let plain = "";
  const { text } = template;
  const fault = (start: number, end: number, message: string, help: string): void => {
    findings.push(diagnostic("invalid-template", placeIn(template, start, end), message, { help }));
  };
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character !== "{" && character !== "}") {
      plain += character;
      continue;
    }
    if (text.charAt(at + 1) === character) {
      plain += character;
      at++;
      continue;
    }
    const end = character === "{" ? text.indexOf("}", at) : -1;
    if (end === -1) {
      fault(
        at,
        at + 1,
        `this \`${character}\` has no partner`,
        `write \`${character}${character}\` for the brace itself`,
      );
      continue;
    }
    const name = text.slice(at + 1, end);
    const segments = segmentsOf(name);
    if (segments === undefined) {
      fault(
        at,
        end + 1,
        `\`${printable(name.slice(0, 40))}\` is no name of a field`,
        "write `{process.exe}`, or `{{` for the brace itself",
      );
    } else {
      if (plain !== "") {
        parts.push({ kind: "text", text: plain });
        plain = "";
      }
      const span = placeIn(template, at + 1, end);
      parts.push(...lowerName({ kind: "field", segments, span }, hook, findings));
    }
    at = end;
  }
  return plain === "" ? parts : [...parts, { kind: "text", text: plain }];
}

/** Where part of a text stands: inside its quotes, whatever is escaped there; all of it where it is not written so. */
function placeIn({ text, span }: Text, start: number, end: number): Span {
  const offsets = quotedOffsets(spanText(span), text);
  return offsets === undefined
    ? span
    : createSpan(span.source, span.start + elementAt(offsets, start), span.start + elementAt(offsets, end));
}

/** `a.b`, `ancestor[2].exe` */
function segmentsOf(name: string): readonly string[] | undefined {
  return /^[A-Za-z_]\w*(?:\.\w+|\[\d+\])*$/.test(name) ? (name.match(/\w+/g) ?? undefined) : undefined;
}

function lowerName(
  reference: FieldReference,
  hook: ResolvedHook,
  findings: Diagnostic[],
): readonly TemplatePart[] {
  const found = findValue(reference, hook, findings);
  if (found === undefined) {
    return [];
  }
  if (found.kind === "nothing" || isCarried(found.source, hook)) {
    return [found];
  }
  const name = printable(reference.segments.join("."));
  findings.push(
    diagnostic("not-supported-yet", reference.span, `texts of alerts can't show \`${name}\` yet`, {
      help: "events don't carry it; name another field",
    }),
  );
  return [];
}

/** Whether event records carry a value, or the runtime knows it of the process. */
function isCarried(source: FieldSource, hook: ResolvedHook): boolean {
  switch (source.kind) {
    case "argument":
    case "argument-path":
    case "argument-text":
    case "result":
      return true;
    case "sock":
      return source.part !== "length";
    case "file":
      return source.part === "mode" || source.part === "flags";
    case "part": {
      const used = hook.arguments.find(({ argument }) => argument === source.argument);
      return (
        used?.type.kind === "object" && capturedParts(used.type.of).some(({ name }) => name === source.part)
      );
    }
    case "workload":
    case "scope":
      return false;
    case "process":
      return (
        source.level !== "any" &&
        (source.part === "exe" || source.part === "pid" || source.part === "uid" || source.part === "auid")
      );
  }
}
