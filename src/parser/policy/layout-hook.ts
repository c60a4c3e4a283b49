/** Hook references -> document. */
import { type Doc, concat, group, indent, join, line, softLine } from "./doc.ts";
import type { HookSyntax, ParameterSyntax, RawHookSyntax } from "./syntax.ts";
import { isIdentifier, isPlainIdentifier, quoteName } from "./words.ts";

export function layoutHook(hook: HookSyntax): Doc {
  return hook.kind === "event" ? spellEvent(hook.name.text) : layoutRawHook(hook);
}

/** `file.open`: the first part must not look like a raw hook, the others may be any word. */
export function spellEvent(name: string): string {
  const [first = "", ...others] = name.split(".");
  const isPlain = isPlainIdentifier(first) || ["namespace", "syscall"].includes(first);
  return [isPlain ? first : quoteName(first), ...others.map(spellWord)].join(".");
}

function spellWord(text: string): string {
  return isIdentifier(text) ? text : quoteName(text);
}

function layoutRawHook(hook: RawHookSyntax): Doc {
  const head = [
    hook.section,
    ...(hook.optional ? ["optional"] : []),
    ...(hook.syscall ? ["syscall"] : []),
    ...(hook.matching ? ["matching"] : []),
    ...(hook.path === undefined ? [] : [hook.path.text]),
    hook.target.text,
  ];
  const parameters = hook.parameters.map(layoutParameter);
  return concat(
    head.join(" "),
    parameters.length === 0 ? "" : layoutList(parameters),
    hook.result === undefined ? "" : concat(" return (", layoutParameter(hook.result), ")"),
    hook.refuses.length === 0 ? "" : concat(" refusing ", layoutList(hook.refuses.map(({ text }) => text))),
  );
}

function layoutList(elements: readonly Doc[]): Doc {
  return group("(", indent(softLine, join(concat(",", line), elements)), softLine, ")");
}

function layoutParameter(parameter: ParameterSyntax): Doc {
  return concat(
    parameter.name.text,
    parameter.type === undefined ? "" : `: ${parameter.type.text}`,
    parameter.index === undefined ? "" : ` at ${parameter.index}`,
    parameter.size === undefined ? "" : ` size ${parameter.size.at ? "at " : ""}${parameter.size.value}`,
    parameter.label === undefined ? "" : ` label ${parameter.label.text}`,
  );
}
