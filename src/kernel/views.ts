/** Arguments of functions that policies read as another type than the kernel declares: views of them. */
import { elementAt } from "../source/invariant.ts";
import { objectFact } from "./objects.ts";
import type { ArgumentFact, ArgumentMapping, ArgumentType, AttachPoint, HookFact } from "./hook.ts";

/** An argument, and the type that some policy reads it as. */
export interface DeclaredView {
  readonly index: number;
  readonly type: ArgumentType;
}

/** Types that a pointer's target can have for the view to be able to read it; the first is the usual one. */
function targetsOf(type: ArgumentType): readonly string[] {
  switch (type.kind) {
    case "integer":
    case "opaque":
      return [];
    case "file":
      return ["struct file"];
    case "path":
      return ["struct path"];
    case "sock":
      return sockTargets[type.through ?? "sock"];
    case "text":
      return textTargets(type.form.kind);
    case "object":
      return objectFact(type.of).targets;
  }
}

const sockTargets = {
  sock: ["struct sock"],
  socket: ["struct socket"],
  skb: ["struct sk_buff"],
  sockaddr: ["struct sockaddr", "struct sockaddr_in", "struct sockaddr_in6", "struct sockaddr_storage"],
} as const;

function textTargets(form: Extract<ArgumentType, { kind: "text" }>["form"]["kind"]): readonly string[] {
  switch (form) {
    case "string":
      return ["char", "unsigned char", "u8", "__u8", "void"];
    case "filename":
      return ["struct filename"];
    case "data_loc":
      return [];
    case "buffer":
      return ["void", "char", "unsigned char", "u8", "__u8"];
    case "iovec":
      return ["struct iovec"];
  }
}

/** The C type of a parameter that is declared as `type`, where nothing else tells it. */
export function cTypeOf(type: ArgumentType): string {
  switch (type.kind) {
    case "integer":
      return `__${type.signed ? "s" : "u"}${type.bits}`;
    case "opaque":
      return type.cType;
    case "path":
      return "const struct path *";
    case "object":
      return objectFact(type.of).targets.length === 0 ? "__u64" : `${targetsOf(type)[0] ?? "void"} *`;
    case "file":
    case "sock":
    case "text":
      return `${targetsOf(type)[0] ?? "void"} *`;
  }
}

/** Whether an argument of the kernel's type `actual` can be read as `declared`. */
export function canView(actual: ArgumentType, declared: ArgumentType): boolean {
  if (actual.kind === "integer") {
    return isNumberView(actual.bits, declared);
  }
  if (actual.kind !== "opaque") {
    return false;
  }
  if (declared.kind === "text" && declared.form.kind === "data_loc") {
    return actual.cType === DATA_LOC;
  }
  const target = pointerTarget(actual.cType);
  const targets = targetsOf(declared);
  return target !== undefined && targets.length > 0 && (target === "void" || targets.includes(target));
}

/** Numbers with parts of their own, and addresses that the kernel passes on as numbers. */
function isNumberView(bits: number, declared: ArgumentType): boolean {
  const isAddress = targetsOf(declared).length > 0 && declared.kind !== "file" && declared.kind !== "path";
  return (
    (declared.kind === "object" && objectFact(declared.of).targets.length === 0) ||
    (isAddress && (declared.kind !== "sock" || declared.through === "sockaddr") && bits === 64)
  );
}

/** How the facts of tracepoints spell a field that tells the place of a text. */
const DATA_LOC = "__data_loc";

/** What a pointer type points to, without qualifiers; undefined when it is no pointer to a value. */
function pointerTarget(cType: string): string | undefined {
  const plain = cType
    .replaceAll(/\b(?:const|volatile|restrict)\b/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  const target = plain.endsWith("*") ? plain.slice(0, -1).trim() : undefined;
  return target === undefined || target.endsWith("*") ? undefined : target;
}

/** The hook with an argument more for each view that policies declare and that it does not have yet. */
export function withViews(fact: HookFact, declared: readonly DeclaredView[]): HookFact {
  const views = declared.filter(({ index, type }) => needsView(fact, index, type));
  if (views.length === 0) {
    return fact;
  }
  const extended = (point: AttachPoint): AttachPoint => ({
    ...point,
    argumentMappings: [
      ...point.argumentMappings,
      ...views.map(({ index }) => viewMapping(elementAt(point.argumentMappings, index))),
    ],
  });
  const places = (list: HookFact["guards"]): HookFact["guards"] =>
    list.map((place) => ({ ...place, attachPoints: place.attachPoints.map(extended) }));
  return {
    ...fact,
    arguments: [
      ...fact.arguments,
      ...views.map(({ index, type }): ArgumentFact => ({
        name: elementAt(fact.arguments, index).name,
        type,
        derived: true,
        viewOf: index,
      })),
    ],
    attachPoints: fact.attachPoints.map(extended),
    alsoServedBy: places(fact.alsoServedBy),
    guards: places(fact.guards),
  };
}

/** The hook with its return value as an argument more, where that is a socket. */
export function withSocketResult(fact: HookFact, declared: readonly ArgumentType[]): HookFact {
  const isAsked = declared.some((type) => type.kind === "sock" && type.through === undefined);
  return !isAsked || fact.result?.kind !== "sock"
    ? fact
    : {
        ...fact,
        arguments: [
          ...fact.arguments,
          { name: "return", type: { kind: "sock" }, derived: true, ofResult: true },
        ],
        attachPoints: fact.attachPoints.map((point) => ({
          ...point,
          argumentMappings: [
            ...point.argumentMappings,
            { kind: point.seesResult ? ("result" as const) : ("absent" as const) },
          ],
        })),
      };
}

function needsView(fact: HookFact, index: number, type: ArgumentType): boolean {
  const argument = fact.arguments[index];
  return (
    argument !== undefined &&
    argument.derived === undefined &&
    argument.reads === undefined &&
    canView(argument.type, type)
  );
}

/** Only an argument that is a parameter or a register as it is can be read in another way. */
function viewMapping(mapping: ArgumentMapping): ArgumentMapping {
  const kinds: readonly ArgumentMapping["kind"][] = ["parameter", "register", "static-argument"];
  return kinds.includes(mapping.kind) ? mapping : { kind: "absent" };
}

/** The argument of the hook that is the view of another one. */
export function findView(fact: HookFact, index: number, type: ArgumentType): number | undefined {
  const wanted = JSON.stringify(type);
  const found = fact.arguments.findIndex(
    (argument) => argument.viewOf === index && JSON.stringify(argument.type) === wanted,
  );
  return found === -1 ? undefined : found;
}
