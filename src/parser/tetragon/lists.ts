/** Lists of functions and system calls, and what `call: list:NAME` stands for. */
import { shortText } from "../../diagnostics/display.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import { parseSystemCall, systemCallNames, systemCallNumber } from "../../kernel/system-call-hook.ts";
import type { Literal, Name } from "../policy/tree.ts";
import type { YamlMapping, YamlNode, YamlScalar } from "../yaml/tree.ts";
import { itemsOf, scalarOf } from "../yaml/tree.ts";
import { nameAt } from "./arguments.ts";
import type { Findings } from "./findings.ts";

/** What an entry of `lists` stands for. */
export type CallList =
  | { readonly kind: "functions"; readonly names: readonly Name[] }
  /** `generated`: all that a kernel has, and no kernel has all. */
  | { readonly kind: "syscalls"; readonly names: readonly Name[]; readonly generated: boolean }
  /** Every function whose name the regular expression matches. */
  | { readonly kind: "pattern"; readonly pattern: Name };

export type CallLists = ReadonlyMap<string, CallList>;

const prefix = "list:";

/** The lists of a policy, by name. */
export function lowerLists(spec: YamlNode, findings: Findings): CallLists {
  const lists = new Map<string, CallList>();
  for (const item of itemsOf(spec, "lists")) {
    const name = scalarOf(item, "name");
    if (item.kind !== "mapping" || name === undefined) {
      continue;
    }
    if (lists.has(name.text)) {
      findings.push(
        diagnostic("duplicate-name", name.span, `two lists are named \`${shortText(name.text)}\``),
      );
    }
    const list = lowerList(item, findings);
    if (list !== undefined) {
      lists.set(name.text, list);
    }
  }
  return lists;
}

function lowerList(node: YamlMapping, findings: Findings): CallList | undefined {
  const type = scalarOf(node, "type");
  const pattern = scalarOf(node, "pattern");
  const values = itemsOf(node, "values").flatMap((value) => (value.kind === "scalar" ? [value] : []));
  switch (type?.text) {
    case undefined:
    case "":
      return { kind: "functions", names: values.map((value) => nameAt(value.text, value)) };
    case "syscalls":
      return {
        kind: "syscalls",
        names: values.map((value) => nameAt(value.text, value)),
        generated: false,
      };
    case "generated_syscalls":
      refuseValues(values, findings);
      return {
        kind: "syscalls",
        names: systemCallNames().map((name) => nameAt(name, type)),
        generated: true,
      };
    case "generated_ftrace":
      refuseValues(values, findings);
      if (pattern === undefined) {
        findings.push(
          diagnostic("missing-key", type.span, "a generated list needs the key `pattern`", {
            help: 'add `pattern: "^ksys_"`, a regular expression for names of functions',
          }),
        );
        return undefined;
      }
      return { kind: "pattern", pattern: nameAt(pattern.text, pattern) };
    default:
      // The schema lists the types and has refused this one.
      return undefined;
  }
}

function refuseValues(values: readonly YamlScalar[], findings: Findings): void {
  const [first] = values;
  if (first !== undefined) {
    findings.push(
      diagnostic("ignored-key", first.span, "a generated list has no `values` of its own", {
        help: "remove them, or the list's `type`",
      }),
    );
  }
}

/** Whether a call is a reference to a list. */
export function isListReference(call: YamlScalar): boolean {
  return call.text.startsWith(prefix);
}

/** The list that a call refers to. */
export function findList(call: YamlScalar, lists: CallLists, findings: Findings): CallList | undefined {
  const name = call.text.slice(prefix.length);
  const list = lists.get(name);
  if (list === undefined) {
    findings.push(
      diagnostic("unknown-name", call.span, `no list is named \`${shortText(name)}\``, {
        help: didYouMean(name, [...lists.keys()]) ?? "declare it under `lists`",
      }),
    );
  }
  return list;
}

/** The numbers of the system calls that a value of a comparison refers to. */
export function numbersOfList(
  value: YamlScalar,
  lists: CallLists,
  findings: Findings,
): readonly (Literal | undefined)[] {
  const list = findList(value, lists, findings);
  if (list === undefined) {
    return [undefined];
  }
  if (list.kind !== "syscalls") {
    findings.push(
      diagnostic("value-type-mismatch", value.span, "only a list of system calls stands for numbers", {
        help: "give the list `type: syscalls`",
      }),
    );
    return [undefined];
  }
  return list.names.map((name) => numberLiteral(name, value, findings));
}

function numberLiteral(name: Name, value: YamlScalar, findings: Findings): Literal | undefined {
  const call = parseSystemCall(name.text);
  const number = call?.abi === "x64" ? systemCallNumber(call.call) : undefined;
  if (number === undefined) {
    findings.push(
      diagnostic("unknown-value-name", name.span, `\`${shortText(name.text)}\` has no known number`, {
        help: didYouMean(name.text, systemCallNames()) ?? "system calls are named like `sys_openat`",
      }),
    );
    return undefined;
  }
  return { kind: "integer", value: BigInt(number), span: value.span };
}
