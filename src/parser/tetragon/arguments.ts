import { shortText } from "../../diagnostics/display.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { ArgumentType } from "../../kernel/hook.ts";
import { type ObjectName, objectPart } from "../../kernel/objects.ts";
import { valueType } from "../../kernel/value-types.ts";
import type { Name, Parameter, Text } from "../policy/tree.ts";
import type { YamlMapping, YamlNode, YamlScalar } from "../yaml/tree.ts";
import { itemsOf, scalarOf } from "../yaml/tree.ts";
import type { Findings } from "./findings.ts";
import { notYet, refuseOtherKeys } from "./findings.ts";

/** What kind of operators an argument has. */
export type ArgumentClass =
  | "integer"
  | "path"
  | "text"
  | "sock"
  | "packet"
  | "address"
  | "unix-address"
  | "capabilities"
  | "none"
  | "planned";

/** An argument that a hook declares, and what its comparisons may be. */
export interface DeclaredArgument {
  readonly parameter: Parameter;
  readonly argumentClass: ArgumentClass;
  readonly typeName: string;
  /** Whether comparisons may also name it by its place in the list. */
  readonly byPosition: boolean;
}

/** Where arguments are declared: only tracepoints know the types of their fields. */
export type ArgumentPlace = "function" | "tracepoint";

/** What is compared of a field whose type the kernel will tell: most are numbers. */
const AUTO: ArgumentType = { kind: "integer", bits: 64, signed: true };

const loweredKeys: ReadonlySet<string> = new Set([
  "index",
  "type",
  "label",
  "sizeArgIndex",
  "returnCopy",
  "maxData",
]);

/** The arguments under `args`, in order; those at fault are left out. */
export function lowerArguments(
  hook: YamlMapping,
  place: ArgumentPlace,
  findings: Findings,
): readonly DeclaredArgument[] {
  const declared: DeclaredArgument[] = [];
  for (const item of itemsOf(hook, "args")) {
    reportReturnCopy(hook, item, findings);
    const argument = lowerArgument(item, undefined, place, findings);
    if (argument === undefined) {
      continue;
    }
    const first = declared.find(({ parameter }) => parameter.index === argument.parameter.index);
    if (first === undefined) {
      declared.push(argument);
    } else {
      findings.push(
        diagnostic(
          "duplicate-parameter",
          argument.parameter.span,
          `\`args\` reads argument ${argument.parameter.index} twice`,
          {
            help: "remove one of the two",
            related: [{ message: "first here", span: first.parameter.span }],
          },
        ),
      );
    }
  }
  return declared;
}

/** `sizeArgIndex` counts arguments from 1. */
function sizeOf(node: YamlMapping): Pick<Parameter, "size"> {
  const index = scalarOf(node, "sizeArgIndex")?.value;
  return typeof index === "number" && index > 0 ? { size: { kind: "argument", index: index - 1 } } : {};
}

/** One entry of `args`, or `returnArg` when a name is given. */
export function lowerArgument(
  node: YamlNode,
  name: string | undefined,
  place: ArgumentPlace,
  findings: Findings,
): DeclaredArgument | undefined {
  if (node.kind !== "mapping") {
    return undefined;
  }
  refuseOtherKeys(findings, node, "args", loweredKeys);
  const index = scalarOf(node, "index");
  if (typeof index?.value !== "number") {
    return undefined;
  }
  const written = scalarOf(node, "type");
  const type = written ?? (place === "tracepoint" ? { ...index, text: "auto" } : undefined);
  if (type === undefined) {
    findings.push(
      diagnostic("missing-key", index.span, "the argument needs the key `type`", {
        help: "add `type: …`: only tracepoints know the types of their fields",
      }),
    );
    return undefined;
  }
  const isAuto = place === "tracepoint" && type.text === "auto";
  const known = isAuto ? AUTO : valueType(type.text);
  reportCopies(node, findings);
  if (known === "planned") {
    notYet(findings, type.span, `the argument type \`${shortText(type.text)}\``);
  }
  return {
    parameter: {
      kind: "parameter",
      index: index.value,
      name: nameAt(name ?? `arg${index.text}`, index),
      type: nameAt(type.text, type),
      ...sizeOf(node),
      label: textAt(scalarOf(node, "label")),
      span: index.span,
    },
    // An unknown type is the schema's finding: its comparisons are not judged either.
    argumentClass: known === undefined || known === "planned" ? "planned" : classOf(known),
    typeName: type.text,
    byPosition: place === "tracepoint",
  };
}

function classOf(type: ArgumentType): ArgumentClass {
  switch (type.kind) {
    case "integer":
      return "integer";
    case "file":
    case "path":
      return "path";
    case "sock":
      return type.through === "skb" ? "packet" : type.through === "sockaddr" ? "address" : "sock";
    case "text":
      return "text";
    case "object":
      return classOfObject(type.of);
    case "opaque":
      return "none";
  }
}

/** What an object is when it is compared itself. */
function classOfObject(name: ObjectName): ArgumentClass {
  const part = objectPart(name, "");
  if (part?.text === "sockaddr_un") {
    return "unix-address";
  }
  if (part?.words === "capabilityMask") {
    return "capabilities";
  }
  switch (part?.type.kind) {
    case "integer":
      return "integer";
    case "path":
      return "path";
    case "string":
      return "text";
    case "address":
    case undefined:
      return "none";
  }
}

export function nameAt(text: string, scalar: YamlScalar): Name {
  return { kind: "name", text, span: scalar.span };
}

export function textAt(scalar: YamlScalar | undefined): Text | undefined {
  return scalar === undefined ? undefined : { kind: "text", text: scalar.text, span: scalar.span };
}

/** How much of a buffer is read, and when, is the same for all of them. */
function reportCopies(node: YamlMapping, findings: Findings): void {
  const whole = scalarOf(node, "maxData");
  if (whole?.value === true) {
    findings.push(
      diagnostic("ignored-key", whole.span, "events carry at most 4096 bytes of a buffer", {
        help: "remove `maxData`: a longer buffer comes cut, with its whole size",
      }),
    );
  }
}

/** What a call fills is there when it returns: programs run then only where the return value is asked for. */
function reportReturnCopy(hook: YamlMapping, node: YamlNode, findings: Findings): void {
  const copy = node.kind === "mapping" ? scalarOf(node, "returnCopy") : undefined;
  if (copy?.value === true && scalarOf(hook, "return")?.value !== true) {
    findings.push(
      diagnostic("not-supported-yet", copy.span, "`returnCopy` without `return: true` is not supported yet", {
        help: "add `return: true` and `returnArg`, so that the call is looked at when it returns",
      }),
    );
  }
}
