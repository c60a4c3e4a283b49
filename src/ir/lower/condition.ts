/** Conditions: names to fields, comparisons to typed tests. */
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import { fieldMeant } from "../../kernel/field-aliases.ts";
import { type FieldFact, fieldsOf } from "../../kernel/field.ts";
import type { FieldSource } from "../../kernel/hook.ts";
import {
  NAMED_ARGUMENTS,
  hostNamespaceField,
  processField,
  processFieldNames,
  processPartLabel,
  processName,
} from "../../kernel/process-field.ts";
import type { WordSetName } from "../../kernel/words.ts";
import { workloadField, workloadFieldNames } from "../../kernel/workload-field.ts";
import type { Comparison, Condition, FieldReference, Literal } from "../../parser/policy/tree.ts";
import { invariant } from "../../source/invariant.ts";
import type { Bool, Field, Network, Test } from "../ir.ts";
import { always, and, never, not, or } from "../bool.ts";
import { boundsOf, type LoweredTest, lowerIntegerTest } from "./integer-test.ts";
import { anyAddress, hasHostBits, minimalNetworks, networksFor, parseNetwork } from "./network.ts";
import { printable } from "./printable.ts";
import type { ResolvedArgument, ResolvedHook } from "./resolved-hook.ts";
import { lowerTextTests } from "./text-test.ts";

/** The fields that the conditions of a hook have named so far; atoms hold indices into it. */
export interface FieldRegistry {
  readonly entries: RegisteredField[];
}

export interface RegisteredField {
  readonly field: Field;
  readonly cost: number;
}

export interface FoundField {
  readonly index: number;
  readonly field: Field;
  readonly words: WordSetName | undefined;
}

/** Lowers a condition. Faulty comparisons are reported and left out: the result is then of no use. */
export function lowerCondition(
  condition: Condition | undefined,
  hook: ResolvedHook,
  registry: FieldRegistry,
  findings: Diagnostic[],
): Bool {
  if (condition === undefined) {
    return always;
  }
  switch (condition.kind) {
    case "and":
      return and(condition.operands.map((operand) => lowerCondition(operand, hook, registry, findings)));
    case "or":
      return or(condition.operands.map((operand) => lowerCondition(operand, hook, registry, findings)));
    case "not":
      return not(lowerCondition(condition.operand, hook, registry, findings));
    case "comparison":
      return lowerComparison(condition, hook, registry, findings);
  }
}

function lowerComparison(
  comparison: Comparison,
  hook: ResolvedHook,
  registry: FieldRegistry,
  findings: Diagnostic[],
): Bool {
  if (isWithoutValue(comparison.field, hook)) {
    return never;
  }
  const found = findField(comparison.field, hook, registry, findings);
  if (found === undefined) {
    return always;
  }
  // A place of an event has names of its own for what the policy asks.
  const name = hook.event === undefined ? found.field.name : comparison.field.segments.join(".");
  return lowerFound(comparison, found, name, registry, findings);
}

/** A comparison whose field is known; `name` is what messages call it. */
function lowerFound(
  comparison: Comparison,
  found: FoundField,
  name: string,
  registry: FieldRegistry,
  findings: Diagnostic[],
): Bool {
  const operatorFault = unsupportedOperator(comparison, found.field, name);
  if (operatorFault !== undefined) {
    findings.push(operatorFault);
    return always;
  }
  const host = hostComparison(comparison, found.field, registry);
  if (host === undefined) {
    return lowerValues(comparison, found, findings);
  }
  const values = comparison.values.filter((value) => !isHost(value));
  return values.length === 0 ? host : or([host, lowerValues({ ...comparison, values }, found, findings)]);
}

/** `process.ns.pid == host`: which namespace that is, is known only where the policy is loaded. */
function hostComparison(
  { operator, values, span }: Comparison,
  { name, source }: Field,
  registry: FieldRegistry,
): Bool | undefined {
  const field = operator === "in" && values.some(isHost) ? hostNamespaceField(source) : undefined;
  if (field === undefined) {
    return undefined;
  }
  const { index } = register(registry, field.source, `${name}.host`, field);
  return { kind: "atom", field: index, test: { kind: "ranges", ranges: [{ low: 1n, high: 1n }] }, span };
}

function isHost(value: Literal): boolean {
  return value.kind === "word" && value.value === "host";
}

function lowerValues(comparison: Comparison, found: FoundField, findings: Diagnostic[]): Bool {
  const tests = lowerTests(comparison, found, findings) ?? [];
  return or(
    tests.map((test) => {
      if (test.kind === "constant") {
        findings.push(constantFinding(comparison, test.value));
        return test;
      }
      return { kind: "atom", field: found.index, test, span: comparison.span };
    }),
  );
}

function constantFinding(comparison: Comparison, value: boolean): Diagnostic {
  return value
    ? diagnostic("condition-always-true", comparison.span, "this holds for every value")
    : diagnostic("condition-never-true", comparison.span, "no value can satisfy this");
}

function lowerTests(
  comparison: Comparison,
  { field, words }: FoundField,
  findings: Diagnostic[],
): readonly LoweredTest[] | undefined {
  switch (field.type.kind) {
    case "integer": {
      const test: LoweredTest | undefined =
        comparison.operator === "exists"
          ? { kind: "constant", value: true }
          : lowerIntegerTest(comparison, field.type, words, findings);
      if (test?.kind === "constant" && test.value && isOptional(field)) {
        // It asks whether there is a value.
        return [{ kind: "ranges", ranges: [boundsOf(field.type)] }];
      }
      return test === undefined ? undefined : [test];
    }
    case "path":
    case "string":
      return lowerTextTests(comparison, field.type, findings);
    case "address":
      return [lowerAddressTest(comparison, findings)];
  }
}

/**
 * Whether a number may be missing: the host is no container, there may be no such process, and not every one has a
 * terminal. Arguments always have theirs.
 */
function isOptional({ source }: Field): boolean {
  return (
    source.kind === "workload" || (source.kind === "process" && (source.level !== 0 || source.part === "tty"))
  );
}

const operatorsOf: Readonly<Record<Field["type"]["kind"], readonly Comparison["operator"][]>> = {
  integer: ["in", "less", "less-or-equal", "greater", "greater-or-equal", "has-any", "has-all", "exists"],
  string: ["in", "starts-with", "ends-with", "contains", "matches", "exists"],
  path: ["in", "starts-with", "ends-with", "under", "contains", "matches", "exists"],
  address: ["in", "exists"],
};

function unsupportedOperator(comparison: Comparison, field: Field, name: string): Diagnostic | undefined {
  const { operator, operatorSpan } = comparison;
  const known = operatorsOf[field.type.kind];
  if (!known.includes(operator)) {
    return diagnostic("operator-type-mismatch", operatorSpan, `\`${name}\` has no operator \`${operator}\``, {
      help: `use one of ${known.join(", ")}`,
    });
  }
  return comparison.ignoreCase && field.type.kind !== "path" && field.type.kind !== "string"
    ? diagnostic(
        "operator-type-mismatch",
        comparison.span,
        `\`${name}\` is no text: it has no case to ignore`,
        { help: "leave out `ignoring case`" },
      )
    : undefined;
}

function lowerAddressTest(comparison: Comparison, findings: Diagnostic[]): Test {
  if (comparison.operator === "exists") {
    return { kind: "networks", networks: [anyAddress] };
  }
  const networks = comparison.values.flatMap((value) => addressNetworks(value, findings));
  return { kind: "networks", networks: minimalNetworks(networks) };
}

function addressNetworks(literal: Literal, findings: Diagnostic[]): readonly Network[] {
  const text = literal.kind === "integer" || literal.kind === "range" ? undefined : literal.value;
  const parsed = text === undefined ? undefined : parseNetwork(text);
  if (text === undefined || parsed === undefined) {
    const what = text === undefined ? "a number" : `\`${printable(text)}\``;
    findings.push(
      diagnostic("invalid-address", literal.span, `${what} is no address or network`, {
        help: "write `10.0.0.1`, `10.0.0.0/8`, `2001:db8::1` or `2001:db8::/32`",
      }),
    );
    return [];
  }
  const networks = networksFor(parsed, text);
  if (hasHostBits(parsed)) {
    findings.push(
      diagnostic("address-host-bits", literal.span, `\`${text}\` has bits set after its prefix`, {
        help: "write the first address of the network, or leave out the prefix length for one address",
      }),
    );
  }
  return networks;
}

/** An event has the field, but at this place there never is a value: a module that comes from memory has no path. */
function isWithoutValue({ segments }: FieldReference, { event }: ResolvedHook): boolean {
  const name = segments.join(".");
  return (
    event !== undefined &&
    event.place.fields[name] === undefined &&
    event.fact.fields.some((field) => field.name === name)
  );
}

/** What a name outside of conditions stands for at a hook; undefined, and a finding, where it is unknown. */
export function findValue(
  reference: FieldReference,
  hook: ResolvedHook,
  findings: Diagnostic[],
): { readonly kind: "nothing" } | { readonly kind: "value"; readonly source: FieldSource } | undefined {
  if (isWithoutValue(reference, hook)) {
    return { kind: "nothing" };
  }
  const found = findField(reference, hook, { entries: [] }, findings);
  return found === undefined ? undefined : { kind: "value", source: found.field.source };
}

function findField(
  reference: FieldReference,
  hook: ResolvedHook,
  registry: FieldRegistry,
  findings: Diagnostic[],
): FoundField | undefined {
  const [root = "", ...rest] = reference.segments;
  const place = hook.event?.place.fields[reference.segments.join(".")];
  if (place !== undefined) {
    const used = hook.arguments.find(({ argument }) => argument === place.argument);
    invariant(used !== undefined, "an event captures what its fields are read from");
    return findPart(reference, used, place.part, hook, registry, findings);
  }
  const named = hook.event === undefined ? hook.arguments : [];
  const argument = named.find(({ parameter }) => parameter.name.text === root);
  if (argument !== undefined) {
    return findPart(reference, argument, rest.join("."), hook, registry, findings);
  }
  const { result } = hook;
  if (result !== undefined && (root === "return" || root === result.parameter.name.text)) {
    if (result.type.kind !== "integer") {
      return findPart(reference, result, rest.join("."), hook, registry, findings);
    }
    if (rest.length === 0) {
      return register(registry, { kind: "result" }, "return", {
        type: result.type,
        cost: 0,
        words: undefined,
      });
    }
  }
  const process = processField(reference.segments);
  if (process !== undefined) {
    return register(registry, process.source, nameOf("", process.source), process);
  }
  const workload = findWorkloadField(reference, registry);
  if (workload !== undefined) {
    return workload;
  }
  const name = printable(spelled(reference));
  const help = elementHelp(reference) ?? likelyField(reference, hook) ?? eventFields(hook);
  const where = hook.event === undefined ? "at this hook" : `to \`${hook.event.fact.name}\``;
  findings.push(
    diagnostic("unknown-field", reference.span, `\`${name}\` is not known ${where}`, {
      ...(help === undefined ? {} : { help }),
    }),
  );
  return undefined;
}

/** A field as policies write it: `process.args[1]`. */
function spelled({ segments }: FieldReference): string {
  return segments
    .map((segment, index) => {
      const isKey = ["env", "labels"].includes(segments[index - 1] ?? "");
      return isKey ? `[${JSON.stringify(segment)}]` : /^\d+$/.test(segment) ? `[${segment}]` : `.${segment}`;
    })
    .join("")
    .slice(1);
}

/** What is wrong with the element of a list that there is. */
function elementHelp({ segments }: FieldReference): string | undefined {
  const list = segments.at(-2);
  if (processField(segments.slice(0, -1)) === undefined) {
    return undefined;
  }
  if (list === "args") {
    return `arguments are numbered from 0 to ${NAMED_ARGUMENTS - 1}: \`args[1]\` is the one after the name`;
  }
  return list === "env" ? 'a variable is named as it is: `env["LD_PRELOAD"]`' : undefined;
}

function likelyField({ segments }: FieldReference, hook: ResolvedHook): string | undefined {
  const written = segments.join(".");
  const known = fieldNames(hook);
  const meant = fieldMeant(written, known);
  return meant === undefined ? didYouMean(written, known) : `did you mean \`${meant}\`?`;
}

function findWorkloadField({ segments }: FieldReference, registry: FieldRegistry): FoundField | undefined {
  const found = workloadField(segments);
  return found && register(registry, found.source, nameOf("", found.source), { ...found, cost: 0 });
}

/** A comparison where only workloads are known: in what a policy applies to. */
export function lowerWorkloadComparison(
  comparison: Comparison,
  registry: FieldRegistry,
  findings: Diagnostic[],
): Bool {
  const found = findWorkloadField(comparison.field, registry);
  if (found !== undefined) {
    return lowerFound(comparison, found, found.field.name, registry, findings);
  }
  const written = comparison.field.segments.join(".");
  const help = didYouMean(written, workloadFieldNames) ?? "put it into a rule or after `on … when`";
  findings.push(
    diagnostic(
      "unknown-field",
      comparison.field.span,
      `\`${printable(written)}\` is not known of containers`,
      {
        help,
      },
    ),
  );
  return always;
}

/** What to ask of an event instead of a field that it does not have. */
function eventFields(hook: ResolvedHook): string | undefined {
  if (hook.event === undefined) {
    return undefined;
  }
  const names = hook.event.fact.fields.map(({ name }) => `\`${name}\``);
  return names.length === 0 ? "the event has no fields of its own" : `its fields are ${names.join(", ")}`;
}

function fieldNames(hook: ResolvedHook): readonly string[] {
  if (hook.event !== undefined) {
    return [...hook.event.fact.fields.map(({ name }) => name), ...commonFieldNames()];
  }
  const names = hook.arguments.flatMap(({ parameter, type, words }) =>
    fieldsOf(type, words).map(({ part }) =>
      part === "" ? parameter.name.text : `${parameter.name.text}.${part}`,
    ),
  );
  return [...names, ...(hook.result === undefined ? [] : ["return"]), ...commonFieldNames()];
}

function commonFieldNames(): readonly string[] {
  return [...processFieldNames(), ...workloadFieldNames];
}

function findPart(
  reference: FieldReference,
  argument: ResolvedArgument,
  part: string,
  hook: ResolvedHook,
  registry: FieldRegistry,
  findings: Diagnostic[],
): FoundField | undefined {
  const fact = fieldsOf(argument.type, argument.words).find((candidate) => candidate.part === part);
  if (fact === undefined) {
    const help = didYouMean(reference.segments.join("."), fieldNames(hook));
    findings.push(
      diagnostic(
        "unknown-field",
        reference.span,
        `a \`${argument.parameter.type.text}\` ${part === "" ? "has no value of its own" : `has no \`${printable(part)}\``}`,
        help === undefined ? {} : { help },
      ),
    );
    return undefined;
  }
  const index = argument.argument;
  const base = hook.fact.arguments[index]?.name ?? argument.parameter.name.text;
  return registerField(registry, base, fact, index);
}

/** The field of an argument in the registry, entered when it is new. */
export function registerField(
  registry: FieldRegistry,
  base: string,
  fact: FieldFact,
  argument: number,
): FoundField {
  const source = fact.source(argument);
  return register(registry, source, nameOf(base, source), fact);
}

/** One name for one source, however the policy spelled it. */
function nameOf(base: string, source: FieldSource): string {
  switch (source.kind) {
    case "argument":
    case "argument-text":
      return base;
    case "argument-path":
      return base === "path" ? "path" : `${base}.path`;
    case "file":
    case "sock":
      return `${base}.${source.part}`;
    case "part":
      return source.part === "" ? base : `${base}.${source.part}`;
    case "process":
      return `${processName(source.level)}.${processPartLabel(source)}`;
    case "result":
      return "return";
    case "workload":
      return source.key === undefined ? source.part : `${source.part}[${JSON.stringify(source.key)}]`;
    case "scope":
      return `scope ${source.condition}`;
  }
}

/** The field that holds what a condition of the scope stage is worth. */
export function registerScope(registry: FieldRegistry, condition: number): number {
  const source: FieldSource = { kind: "scope", condition };
  const type: Field["type"] = { kind: "integer", bits: 8, signed: false };
  return register(registry, source, nameOf("", source), { type, cost: 1, words: undefined }).index;
}

function register(
  registry: FieldRegistry,
  source: FieldSource,
  name: string,
  { type, cost, words }: Pick<FieldFact, "type" | "cost" | "words">,
): FoundField {
  const field: Field = { name, type, source };
  const key = JSON.stringify(field);
  const known = registry.entries.findIndex((entry) => JSON.stringify(entry.field) === key);
  if (known !== -1) {
    return { index: known, field, words };
  }
  registry.entries.push({ field, cost });
  return { index: registry.entries.length - 1, field, words };
}
