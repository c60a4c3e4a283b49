/** Hooks as written -> hook references of the Policy tree. */
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { saturatedNumber } from "./literals.ts";
import type { HookSyntax, NameSyntax, ParameterSyntax, StringSyntax } from "./syntax.ts";
import type { HookReference, Name, Parameter, ParameterSize, Text } from "./tree.ts";

export function lowerHook(hook: HookSyntax, diagnostics: Diagnostic[]): HookReference {
  if (hook.kind === "event") {
    return hook;
  }
  const { matching, optional, path, refuses, result, section, span, syscall, target } = hook;
  return {
    kind: "raw",
    section,
    target: toName(target),
    path: path && toText(path),
    syscall,
    optional,
    matching,
    parameters: lowerParameters(hook.parameters, diagnostics),
    result: result && lowerParameter(result, 0, diagnostics),
    refuses: refuses.map(toName),
    span,
  };
}

function toName({ span, value }: NameSyntax): Name {
  return { kind: "name", text: value, span };
}

function toText({ span, value }: StringSyntax): Text {
  return { kind: "text", text: value, span };
}

function lowerParameters(
  parameters: readonly ParameterSyntax[],
  diagnostics: Diagnostic[],
): readonly Parameter[] {
  const lowered: Parameter[] = [];
  let next = 0;
  for (const syntax of parameters) {
    const index = syntax.index === undefined ? next : saturatedNumber(syntax.index);
    const isSkipped = syntax.type === undefined && syntax.name.text === "_";
    const parameter = isSkipped ? undefined : lowerParameter(syntax, next, diagnostics);
    if (parameter !== undefined) {
      lowered.push(parameter);
    }
    next = index + 1;
  }
  return lowered;
}

function lowerParameter(
  syntax: ParameterSyntax,
  position: number,
  diagnostics: Diagnostic[],
): Parameter | undefined {
  const { label, name, size, span, type } = syntax;
  if (type === undefined) {
    diagnostics.push(
      diagnostic("policy-syntax", span, `\`${name.text}\` has no type`, {
        help: `write \`${name.text}: int\` or another type; \`_\` stands for an argument that is not used`,
      }),
    );
    return undefined;
  }
  return {
    kind: "parameter",
    index: syntax.index === undefined ? position : saturatedNumber(syntax.index),
    name: toName(name),
    type: toName(type),
    ...(size === undefined ? {} : { size: lowerSize(size) }),
    label: label && toText(label),
    span,
  };
}

function lowerSize({ at, value }: NonNullable<ParameterSyntax["size"]>): ParameterSize {
  const number = saturatedNumber(value);
  return at ? { kind: "argument", index: number } : { kind: "constant", count: number };
}
