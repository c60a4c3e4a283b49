/** Names of hooks and parameters to kernel facts. */
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import type { ArgumentType, HookFact } from "../../kernel/hook.ts";
import { objectFact } from "../../kernel/objects.ts";
import { limits } from "../../kernel/limits.ts";
import type { Target } from "../../kernel/target.ts";
import { valueType, valueTypeNames } from "../../kernel/value-types.ts";
import { type DeclaredView, cTypeOf, canView, findView } from "../../kernel/views.ts";
import type { HookReference, Parameter, PolicyTree } from "../../parser/policy/tree.ts";
import { resolveEvent } from "./event.ts";
import { type DeclaredFunction, type RawHook, declarationKey, findFacts, undeclared } from "./find-hook.ts";
import { printable } from "./printable.ts";
import { refusedAt, refusedCalls } from "./refused-calls.ts";
import type { ResolvedArgument, ResolvedHook } from "./resolved-hook.ts";

/** What all policies together declare of the functions that they hook, by name. */
export type DeclaredFunctions = ReadonlyMap<string, DeclaredFunction>;

/** Policies may each declare some arguments of a function: its fact has all of them. */
export function collectDeclarations(tree: PolicyTree): DeclaredFunctions {
  const functions = new Map<string, Collected>();
  for (const reference of tree.policies.flatMap((policy) => policy.blocks).flatMap((block) => block.hooks)) {
    if (reference.kind !== "raw") {
      continue;
    }
    const key = declarationKey(reference);
    const known: Collected = functions.get(key) ?? { types: new Map(), views: [], results: [], refuses: [] };
    functions.set(key, known);
    addResult(reference.result, known);
    known.refuses.push(...refusedCalls(reference).filter((call) => !known.refuses.includes(call)));
    for (const parameter of reference.parameters) {
      const { index } = parameter;
      const type = typeOfParameter(parameter);
      if (type === undefined || type === "planned" || index > 11) {
        continue;
      }
      if (!known.types.has(index)) {
        known.types.set(index, type);
      }
      const isKnown = known.views.some(
        (view) => view.index === index && JSON.stringify(view.type) === JSON.stringify(type),
      );
      if (!isKnown) {
        known.views.push({ index, type });
      }
    }
  }
  return functions;
}

interface Collected {
  readonly types: Map<number, ArgumentType>;
  readonly views: DeclaredView[];
  readonly results: ArgumentType[];
  readonly refuses: string[];
}

function addResult(parameter: Parameter | undefined, { results }: Collected): void {
  const type = parameter && typeOfParameter(parameter);
  if (typeof type === "object" && !results.some((each) => isSame(each, type))) {
    results.push(type);
  }
}

function isSame(left: ArgumentType, right: ArgumentType): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** The type that a parameter declares, with the size that it gives. */
function typeOfParameter({ type: { text }, size }: Parameter): ArgumentType | "planned" | undefined {
  const type = valueType(text);
  return typeof type === "object" && type.kind === "text" && "size" in type.form
    ? { ...type, form: { ...type.form, size } }
    : type;
}

/**
 * Finds the facts of a hook and gives its parameters their types: one place for a raw hook, all its places
 * for an event, none when anything is at fault.
 */
export function resolveHook(
  reference: HookReference,
  declarations: DeclaredFunctions,
  targets: readonly Target[],
  findings: Diagnostic[],
): readonly ResolvedHook[] {
  if (reference.kind === "event") {
    return resolveEvent(reference, findings);
  }
  const before = findings.length;
  const declaredOf = (key: string): DeclaredFunction => declarations.get(key) ?? undeclared;
  const facts = findFacts({ reference, targets, declaredOf, findings });
  reportDuplicates(reference.parameters, findings);
  const resolved = facts.map((fact) => resolveRaw(reference, fact, findings));
  return findings.slice(before).some(({ severity }) => severity === "error") ? [] : resolved;
}

function resolveRaw(reference: RawHook, fact: HookFact, findings: Diagnostic[]): ResolvedHook {
  const resolved = reference.parameters.map((parameter) => resolveArgument(parameter, fact, findings));
  return {
    fact,
    arguments: resolved.filter((argument) => argument !== undefined),
    result: reference.result === undefined ? undefined : resolveResult(reference.result, fact, findings),
    event: undefined,
    // Which functions a name stands for is known for the targets alone.
    need: reference.optional || reference.matching ? "if-present" : "required",
    ...(reference.refuses.length === 0 ? {} : { refused: refusedAt(reference, fact) }),
  };
}

function reportDuplicates(parameters: readonly Parameter[], findings: Diagnostic[]): void {
  const seen = new Map<string, Parameter>();
  for (const parameter of parameters) {
    const before = seen.get(parameter.name.text);
    if (before !== undefined) {
      findings.push(
        diagnostic(
          "duplicate-parameter",
          parameter.span,
          `two parameters are named \`${parameter.name.text}\``,
          {
            related: [{ message: "the first one", span: before.span }],
          },
        ),
      );
    }
    seen.set(parameter.name.text, parameter);
  }
}

function resolveArgument(
  parameter: Parameter,
  fact: HookFact,
  findings: Diagnostic[],
): ResolvedArgument | undefined {
  const argument = fact.arguments[parameter.index];
  const known = argument?.derived === true || argument?.hidden === true ? undefined : argument?.type;
  const declared = parameter.type.text === "auto" ? known : declaredType(parameter, findings);
  if (argument === undefined || known === undefined) {
    const count = fact.arguments.filter(({ derived }) => derived === undefined).length;
    findings.push(
      diagnostic(
        "argument-out-of-range",
        parameter.span,
        `\`${fact.id}\` has no argument ${parameter.index}`,
        { help: rangeOfArguments(fact, count) },
      ),
    );
    return undefined;
  }
  if (declared === undefined) {
    return undefined;
  }
  const place = parameter.index;
  const read = argument.reads === undefined ? undefined : fact.arguments[argument.reads];
  if (argument.reads !== undefined && read !== undefined && readsAs(argument.type, declared)) {
    // The hook table knows what the pointer leads to.
    const key = declared.kind === "object" ? { key: objectFact(declared.of).key } : {};
    return { parameter, argument: argument.reads, type: read.type, words: read.words, ...key };
  }
  const view = findView(fact, place, declared);
  if (view !== undefined) {
    return { parameter, argument: view, type: declared, words: undefined };
  }
  const type = reconcile(parameter, declared, argument.type, findings);
  return type === undefined ? undefined : { parameter, argument: place, type, words: argument.words };
}

function rangeOfArguments({ arguments: all }: HookFact, count: number): string {
  const first = all.findIndex(({ hidden }) => hidden === undefined);
  return count === 0 || first === -1
    ? "it has no arguments that can be read"
    : `use an index from ${first} to ${count - 1}`;
}

function resolveResult(
  parameter: Parameter,
  fact: HookFact,
  findings: Diagnostic[],
): ResolvedArgument | undefined {
  const declared = declaredType(parameter, findings);
  if (fact.result === undefined) {
    findings.push(
      diagnostic("prototype-unknown", parameter.span, `the return value of \`${fact.id}\` is not known`, {
        help: "name a target with BTF (`--target host`), or leave out the return value",
      }),
    );
    return undefined;
  }
  const view = fact.arguments.findIndex(
    ({ ofResult, type }) => ofResult === true && declared !== undefined && isSame(type, declared),
  );
  if (declared !== undefined && view >= 0) {
    return { parameter, argument: view, type: declared, words: undefined };
  }
  const type = declared === undefined ? undefined : reconcile(parameter, declared, fact.result, findings);
  return type === undefined ? undefined : { parameter, argument: 0, type, words: undefined };
}

function declaredType(parameter: Parameter, findings: Diagnostic[]): ArgumentType | undefined {
  const name = parameter.type.text;
  const type = typeOfParameter(parameter);
  if (type === "planned") {
    findings.push(
      diagnostic(
        "not-supported-yet",
        parameter.type.span,
        `arguments of type \`${name}\` are not supported yet`,
      ),
    );
    return undefined;
  }
  if (typeof type === "object") {
    reportSize(parameter, type, findings);
  }
  if (type === undefined) {
    const help = didYouMean(name, valueTypeNames());
    findings.push(
      diagnostic("unknown-type", parameter.type.span, `\`${printable(name)}\` is no type`, {
        ...(help === undefined ? {} : { help }),
      }),
    );
  }
  return type;
}

/** A buffer needs a size; nothing else has one. */
function reportSize(parameter: Parameter, type: ArgumentType, findings: Diagnostic[]): void {
  const isSized = type.kind === "text" && "size" in type.form;
  const { type: name, size } = parameter;
  if (isSized && size === undefined) {
    findings.push(
      diagnostic("missing-key", name.span, `a \`${name.text}\` needs its size`, {
        help: "name the argument that has it, `size at 2` (`sizeArgIndex: 3`), or a number, `size 64`",
      }),
    );
  } else if (!isSized && size !== undefined) {
    findings.push(
      diagnostic("argument-type-mismatch", name.span, `a \`${name.text}\` has no size to give`, {
        help: "leave out the size",
      }),
    );
  } else if (size?.kind === "constant" && (size.count < 1 || size.count > limits.pathBytes)) {
    findings.push(
      diagnostic("value-out-of-range", name.span, `buffers are read up to ${limits.pathBytes} bytes`, {
        help: `use a size from 1 to ${limits.pathBytes}`,
      }),
    );
  }
}

/** The type to read an argument as: the declared one, or the kernel's where that is narrower. */
function reconcile(
  parameter: Parameter,
  declared: ArgumentType,
  actual: ArgumentType,
  findings: Diagnostic[],
): ArgumentType | undefined {
  if (declared.kind === "opaque") {
    // `nop`: it only keeps its place.
    return declared;
  }
  if (declared.kind !== actual.kind || !isSameView(declared, actual)) {
    findings.push(
      diagnostic(
        "argument-type-mismatch",
        parameter.type.span,
        `this argument is no \`${parameter.type.text}\``,
        {
          help: `the kernel's type is ${describe(actual)}`,
        },
      ),
    );
    return undefined;
  }
  if (declared.kind === "integer" && actual.kind === "integer" && declared.bits > actual.bits) {
    findings.push(
      diagnostic(
        "argument-type-widened",
        parameter.type.span,
        `the kernel's value has ${actual.bits} bits, not ${declared.bits}`,
        { help: `declare it as ${describe(actual)}` },
      ),
    );
    return actual;
  }
  return declared;
}

/** Whether a declared type is that of a pointer which the hook table follows. */
function readsAs(actual: ArgumentType, declared: ArgumentType): boolean {
  const isSocket = declared.kind === "sock" && declared.through === "socket";
  return (isSocket || declared.kind === "object") && canView(actual, declared);
}

/** Whether both are read in the same way; the width of integers may differ. */
function isSameView(declared: ArgumentType, actual: ArgumentType): boolean {
  return declared.kind === "integer" || JSON.stringify(declared) === JSON.stringify(actual);
}

function describe(type: ArgumentType): string {
  switch (type.kind) {
    case "integer":
      return `\`${type.signed ? "int" : "uint"}${type.bits}\``;
    case "file":
    case "path":
    case "sock":
      return `\`${type.kind}\``;
    case "text":
    case "object":
    case "opaque":
      return `\`${cTypeOf(type)}\``;
  }
}
