/** Comparisons of one alternative -> the filters of a selector. */
import type { ArgumentType } from "../../kernel/hook.ts";
import { objectPart } from "../../kernel/objects.ts";
import { fileTypes } from "../../parser/tetragon/values.ts";
import { valueType } from "../../kernel/value-types.ts";
import { type WordSetName, wordValue } from "../../kernel/words.ts";
import type { Comparison, HookReference, Literal, Parameter } from "../../parser/policy/tree.ts";
import { type CredentialFilter, credentialFilter } from "./match-credentials.ts";
import type { Branch, SignedComparison } from "./branches.ts";
import { type Loss, loss } from "./loss.ts";

/** `{index: 0, operator: Prefix, values: ["/etc"]}` */
export interface ArgumentFilter {
  readonly kind: "argument" | "result";
  readonly index: number;
  readonly operator: string;
  readonly values: readonly string[];
}

/** `{operator: In, values: ["/usr/bin/cat"]}` */
export interface ProcessFilter {
  readonly kind: "matchBinaries" | "matchParentBinaries" | "matchPIDs";
  readonly follows: boolean;
  readonly operator: string;
  readonly values: readonly (string | bigint)[];
}

export type Filter = ArgumentFilter | ProcessFilter | CredentialFilter;

type RawHook = Extract<HookReference, { readonly kind: "raw" }>;

/** The filters that together ask what a branch asks, or the first part of it that no filter can ask. */
export function filtersOf(branch: Branch, hook: RawHook): readonly Filter[] | Loss {
  const filters: Filter[] = [];
  const existing = new Set<string>();
  const asked = new Set<string>();
  for (const { comparison, negated } of branch) {
    if (comparison.operator === "exists" && !negated) {
      existing.add(keyOf(comparison));
    }
  }
  for (const signed of branch) {
    const { comparison } = signed;
    if (comparison.operator === "exists" && !signed.negated) {
      continue;
    }
    asked.add(keyOf(comparison));
    const filter = filterOf(signed, hook, existing);
    if (filter.kind === "loss") {
      return filter;
    }
    filters.push(filter);
  }
  const alone = branch.find(({ comparison }) => !asked.has(keyOf(comparison)));
  if (alone !== undefined) {
    return loss(alone.comparison.span, "no filter asks whether a value `exists`");
  }
  const keys = filters.map(({ kind }) => kind).filter(isAskedOnce);
  return new Set(keys).size < keys.length && branch[0] !== undefined
    ? loss(branch[0].comparison.span, "a selector asks for a process once")
    : filters;
}

function isAskedOnce(kind: Filter["kind"]): boolean {
  return ["matchBinaries", "matchParentBinaries", "matchPIDs"].includes(kind);
}

/** One key for the two spellings of the path of a file. */
function keyOf({ field }: Comparison): string {
  const { segments } = field;
  return (segments.at(-1) === "path" ? segments.slice(0, -1) : segments).join("\0");
}

function filterOf(signed: SignedComparison, hook: RawHook, existing: ReadonlySet<string>): Filter | Loss {
  const { comparison } = signed;
  const [root = "", ...rest] = comparison.field.segments;
  const part = rest.join(".");
  if (comparison.ignoreCase && comparison.operator !== "contains") {
    return loss(comparison.span, "no filter compares `ignoring case`");
  }
  if (part === "exe" && (root === "process" || root === "parent")) {
    const kind = root === "process" ? "matchBinaries" : "matchParentBinaries";
    return binaryFilter(kind, signed, existing.has(keyOf(comparison)));
  }
  if (root === "process" && part === "pid") {
    return pidFilter(signed);
  }
  if (root === "process" && (part.startsWith("ns.") || part.startsWith("caps."))) {
    return credentialFilter(part, signed);
  }
  const parameter = hook.parameters.find(({ name }) => name.text === root);
  const isResult = root === "return" || root === hook.result?.name.text;
  if (parameter === undefined && !(isResult && hook.result !== undefined)) {
    return loss(comparison.field.span, "no filter asks for this value");
  }
  const declared = parameter ?? hook.result;
  const operation = declared && operationOf(declared, part, signed, existing.has(keyOf(comparison)));
  if (operation === undefined) {
    return loss(comparison.span, "no filter has this operator for this value");
  }
  return { kind: parameter === undefined ? "result" : "argument", index: declared?.index ?? 0, ...operation };
}

interface Operation {
  readonly operator: string;
  readonly values: readonly string[];
}

function operationOf(
  { type }: Parameter,
  part: string,
  signed: SignedComparison,
  exists: boolean,
): Operation | undefined {
  const found = valueType(type.text);
  // The negated operators of texts hold only where there is a text: the condition must say so.
  const canSay = exists || !signed.negated;
  if (found === undefined || found === "planned") {
    return undefined;
  }
  switch (found.kind) {
    case "file":
    case "path":
      return fileOperation(part, signed, canSay);
    case "text":
      return canSay && part === "" ? textOperation(signed) : undefined;
    case "sock":
      return socketOperation(part, signed);
    case "integer":
      return part === "" ? integerOperation(signed) : undefined;
    case "object":
      return objectOperation(found, part, signed, canSay);
    case "opaque":
      return undefined;
  }
}

function fileOperation(part: string, signed: SignedComparison, canSay: boolean): Operation | undefined {
  if (part === "type") {
    return fileTypeOperation(signed);
  }
  return canSay && (part === "" || part === "path") ? textOperation(signed) : undefined;
}

function fileTypeOperation({ comparison, negated }: SignedComparison): Operation | undefined {
  const names = comparison.values.map((value) =>
    value.kind === "word" ? [...fileTypes].find(([, word]) => word === value.value)?.[0] : undefined,
  );
  const values = names.filter((name) => name !== undefined);
  return comparison.operator !== "in" || values.length < names.length
    ? undefined
    : { operator: negated ? "NotFileType" : "FileType", values };
}

/** What a filter compares of an object: it itself, or the path of a file. */
function objectOperation(
  { of }: Extract<ArgumentType, { kind: "object" }>,
  part: string,
  signed: SignedComparison,
  canSay: boolean,
): Operation | undefined {
  const own = objectPart(of, "");
  if (own?.type.kind === "path") {
    return fileOperation(part, signed, canSay);
  }
  if (own?.text === "sockaddr_un" && part === "family") {
    return socketOperation(part, signed);
  }
  if (part !== "" || own === undefined) {
    return undefined;
  }
  if (own.type.kind === "string") {
    return canSay ? textOperation(signed) : undefined;
  }
  return own.words === "capabilityMask" ? capabilityOperation(signed) : integerOperation(signed);
}

function capabilityOperation({ comparison, negated }: SignedComparison): Operation | undefined {
  const values = comparison.values.map((value) =>
    value.kind === "word" ? value.value : value.kind === "integer" ? `0x${value.value.toString(16)}` : "",
  );
  if (values.includes("")) {
    return undefined;
  }
  if (comparison.operator === "in") {
    return { operator: negated ? "NotEqual" : "Equal", values };
  }
  return comparison.operator === "has-any" && !negated ? { operator: "Mask", values } : undefined;
}

const textOperators: ReadonlyMap<Comparison["operator"], string> = new Map<Comparison["operator"], string>([
  ["in", "Equal"],
  ["starts-with", "Prefix"],
  ["ends-with", "Postfix"],
]);

function textOperation({ comparison, negated }: SignedComparison): Operation | undefined {
  const values = comparison.values.flatMap((value) => (value.kind === "string" ? [value.value] : []));
  if (values.length < comparison.values.length) {
    return undefined;
  }
  if (comparison.operator === "contains") {
    const operator = comparison.ignoreCase ? "SubStringIgnCase" : "SubString";
    return negated ? undefined : { operator, values };
  }
  const operator = textOperators.get(comparison.operator);
  return operator === undefined ? undefined : { operator: negated ? `Not${operator}` : operator, values };
}

function integerOperation({ comparison, negated }: SignedComparison): Operation | undefined {
  const values = comparison.values.map(numberText);
  const whole = values.filter((value) => value !== undefined);
  const [single] = comparison.values;
  if (whole.length < values.length || single === undefined) {
    return undefined;
  }
  const { operator } = comparison;
  if (operator === "in") {
    return whole.some((value) => value.includes(":"))
      ? { operator: negated ? "NotInMap" : "InMap", values: whole }
      : { operator: negated ? "NotEqual" : "Equal", values: whole };
  }
  if (negated) {
    return undefined;
  }
  if (operator === "has-any") {
    return { operator: "Mask", values: whole };
  }
  const isOrder =
    operator === "less" ||
    operator === "less-or-equal" ||
    operator === "greater" ||
    operator === "greater-or-equal";
  return isOrder && comparison.values.length === 1 && single.kind === "integer"
    ? orderOperation(operator, single.value)
    : undefined;
}

function orderOperation(
  operator: "less" | "greater" | "less-or-equal" | "greater-or-equal",
  value: bigint,
): Operation {
  switch (operator) {
    case "less":
      return { operator: "LT", values: [value.toString()] };
    case "less-or-equal":
      return { operator: "LT", values: [(value + 1n).toString()] };
    case "greater":
      return { operator: "GT", values: [value.toString()] };
    case "greater-or-equal":
      return { operator: "GT", values: [(value - 1n).toString()] };
  }
}

/** Names of bits begin with the name of their set, so no two sets share one. */
const flagSets: readonly WordSetName[] = ["accessMask", "memoryProtection", "mapFlags"];

function numberText(literal: Literal): string | undefined {
  switch (literal.kind) {
    case "integer":
      return literal.value.toString();
    case "range":
      return `${literal.low}:${literal.high}`;
    case "word":
      return flagSets
        .map((set) => wordValue(set, literal.value))
        .find((value) => value !== undefined)
        ?.toString();
    case "string":
    case "cidr":
      return undefined;
  }
}

const socketOperators: ReadonlyMap<string, string> = new Map([
  ["saddr", "SAddr"],
  ["daddr", "DAddr"],
  ["sport", "SPort"],
  ["dport", "DPort"],
  ["protocol", "Protocol"],
  ["family", "Family"],
  ["state", "State"],
]);
const withoutOpposite: ReadonlySet<string> = new Set(["Protocol", "Family", "State"]);

function socketOperation(part: string, { comparison, negated }: SignedComparison): Operation | undefined {
  const operator = socketOperators.get(part);
  const values = comparison.values.map((value) =>
    value.kind === "word" || value.kind === "cidr" || value.kind === "string"
      ? value.value
      : numberText(value),
  );
  const whole = values.filter((value) => value !== undefined);
  return operator === undefined ||
    comparison.operator !== "in" ||
    whole.length < values.length ||
    (negated && withoutOpposite.has(operator))
    ? undefined
    : { operator: negated ? `Not${operator}` : operator, values: whole };
}

const binaryOperators: ReadonlyMap<Comparison["operator"], string> = new Map<Comparison["operator"], string>([
  ["in", "In"],
  ["starts-with", "Prefix"],
  ["ends-with", "Postfix"],
]);

/** The negated operators hold only where there is a path: the condition must say so. */
function binaryFilter(
  kind: "matchBinaries" | "matchParentBinaries",
  { comparison, negated, follows = false }: SignedComparison,
  exists: boolean,
): Filter | Loss {
  const operator = binaryOperators.get(comparison.operator);
  const values = comparison.values.flatMap((value) => (value.kind === "string" ? [value.value] : []));
  return operator === undefined || values.length < comparison.values.length || (negated && !exists)
    ? loss(comparison.span, `\`${kind}\` has no such operator`)
    : { kind, follows, operator: negated ? `Not${operator}` : operator, values };
}

function pidFilter({ comparison, negated, follows = false }: SignedComparison): Filter | Loss {
  const values = comparison.values.flatMap((value) => (value.kind === "integer" ? [value.value] : []));
  return comparison.operator !== "in" || values.length < comparison.values.length
    ? loss(comparison.span, "`matchPIDs` has no such operator")
    : { kind: "matchPIDs", follows, operator: negated ? "NotIn" : "In", values };
}
