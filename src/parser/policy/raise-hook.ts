/** Hook references of a Policy tree -> syntax. */
import type { Span } from "../../source/source.ts";
import type { HookSyntax, NameSyntax, ParameterSyntax, StringSyntax } from "./syntax.ts";
import type { HookReference, Name, Parameter, ParameterSize } from "./tree.ts";
import { isPlainIdentifier, quoteString, spellName } from "./words.ts";

/** Arguments left out in a row that are still shown as `_`; a longer gap is written with `at`. */
const longestShownGap = 6;

export function raiseHook(hook: HookReference): HookSyntax {
  if (hook.kind === "event") {
    return hook;
  }
  return {
    kind: "raw",
    section: hook.section,
    syscall: hook.syscall,
    optional: hook.optional,
    matching: hook.matching,
    path: hook.path && raiseText(hook.path),
    target: raiseTarget(hook.target),
    parameters: raiseParameters(hook.parameters),
    result: hook.result && raiseParameter(hook.result, hook.result.index === 0),
    refuses: hook.refuses.map(raiseName),
    span: hook.span,
  };
}

function raiseText(text: { readonly text: string; readonly span: Span }): StringSyntax {
  return { kind: "string", value: text.text, text: quoteString(text.text), span: text.span };
}

/** A symbol, or `subsystem/event` of plain names; anything else is quoted. */
function raiseTarget(target: Name): NameSyntax {
  const parts = target.text.split("/");
  const isPlain = parts.length <= 2 && parts.every(isPlainIdentifier);
  const text = isPlain ? target.text : quoteString(target.text);
  return { kind: "name", value: target.text, text, span: target.span };
}

function raiseParameters(parameters: readonly Parameter[]): readonly ParameterSyntax[] {
  const result: ParameterSyntax[] = [];
  let next = 0;
  for (const parameter of parameters) {
    const gap = parameter.index - next;
    const isPositional = gap >= 0 && gap <= longestShownGap;
    if (isPositional) {
      for (let skipped = 0; skipped < gap; skipped += 1) {
        result.push(skippedParameter(parameter.span));
      }
    }
    result.push(raiseParameter(parameter, isPositional));
    next = parameter.index + 1;
  }
  return result;
}

function skippedParameter(span: Span): ParameterSyntax {
  const name: NameSyntax = { kind: "name", value: "_", text: "_", span };
  return {
    kind: "parameter",
    name,
    type: undefined,
    index: undefined,
    size: undefined,
    label: undefined,
    span,
  };
}

function raiseParameter(parameter: Parameter, isPositional: boolean): ParameterSyntax {
  return {
    kind: "parameter",
    name: raiseName(parameter.name),
    type: raiseName(parameter.type),
    index: isPositional ? undefined : BigInt(parameter.index),
    size: parameter.size && raiseSize(parameter.size),
    label: parameter.label && raiseText(parameter.label),
    span: parameter.span,
  };
}

/** `_` stands for an argument without a name, so a name of that spelling is quoted. */
function raiseName(name: Name): NameSyntax {
  const text = name.text === "_" ? "`_`" : spellName(name.text);
  return { kind: "name", value: name.text, text, span: name.span };
}

function raiseSize(size: ParameterSize): NonNullable<ParameterSyntax["size"]> {
  return size.kind === "argument"
    ? { at: true, value: BigInt(size.index) }
    : { at: false, value: BigInt(size.count) };
}
