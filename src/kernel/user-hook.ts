/** Hook facts for functions of programs and libraries. */
import { int64 } from "./attach-points.ts";
import type { ArgumentMapping, ArgumentType, AttachPoint, HookFact, Register, UserPlace } from "./hook.ts";
import { numberedArguments } from "./numbered-arguments.ts";
import { objectFact } from "./objects.ts";

/** Registers that pass arguments of functions; further ones lie on the stack. */
const argumentRegisters: readonly Register[] = ["di", "si", "dx", "cx", "r8", "r9"];

/** Arguments that can be read. */
export const userArgumentLimit = argumentRegisters.length;

const number = "(0x[0-9a-f]{1,13}|\\d{1,15})";

/**
 * Reads what a hook on a program names: `readline`, `readline+4`, `@0x401000` for an address of the ELF file,
 * `+0x1000` for an offset in the file, each with an offset of a counter behind it: `readline(0x50)`.
 */
export function parseUserPlace(path: string, text: string): UserPlace | undefined {
  const [, place = text, counter] = new RegExp(`^(.+)\\(${number}\\)$`, "i").exec(text) ?? [];
  const counted = counter === undefined ? {} : { counter: Number(counter) };
  const [, sign, value] = new RegExp(`^([@+])${number}$`, "i").exec(place) ?? [];
  if (sign !== undefined) {
    return { path, [sign === "@" ? "address" : "offset"]: Number(value), ...counted };
  }
  const [, symbol = place, offset] = new RegExp(`^(.+)\\+${number}$`, "i").exec(place) ?? [];
  return !/^[^\p{C}@+][^\p{C}]{0,511}$/u.test(symbol)
    ? undefined
    : { path, symbol, ...(offset === undefined ? {} : { offset: Number(offset) }), ...counted };
}

/** Whether programs can pass what a type reads: numbers, and addresses of their own memory. */
export function isUserType(type: ArgumentType): boolean {
  switch (type.kind) {
    case "integer":
    case "opaque":
      return true;
    case "text":
      return type.form.kind === "string" || type.form.kind === "buffer" || type.form.kind === "iovec";
    case "sock":
      return type.through === "sockaddr";
    case "object":
      return objectFact(type.of).targets.length === 0 || type.of === "sockaddr_un";
    case "file":
    case "path":
      return false;
  }
}

/** What policies declare of a place: nothing else tells it. */
export interface DeclaredUserPlace {
  readonly types: ReadonlyMap<number, ArgumentType>;
  /** Types of the return value. */
  readonly results: readonly ArgumentType[];
}

const registers = { name: "registers", cType: "struct pt_regs *" };

function registerMapping(register: Register): ArgumentMapping {
  return { kind: "register", registers: 0, register };
}

function userPoint(kind: "uprobe" | "uretprobe" | "usdt", target: string, place: UserPlace): AttachPoint {
  return {
    ...{ kind, target, place },
    parameters: [registers],
    canDeny: false,
    seesResult: kind === "uretprobe",
    requires: [],
    argumentMappings: [],
    filter: undefined,
  };
}

/** A place of a program, with the arguments that it is called with. */
export function userHook(place: UserPlace, text: string, { types }: DeclaredUserPlace): HookFact {
  const target = `${place.path}:${text}`;
  return {
    id: target,
    name: text,
    path: place.path,
    section: "uprobe",
    arguments: numberedArguments(argumentRegisters.length, types),
    result: undefined,
    attachPoints: [
      { ...userPoint("uprobe", target, place), argumentMappings: argumentRegisters.map(registerMapping) },
    ],
    alsoServedBy: [],
    guards: [],
    // A process that has come to a breakpoint takes its signals before it goes on.
    killsFirst: true,
  };
}

/** Arguments of a static point that can be read. */
export const staticArgumentLimit = 12;

/** Reads the provider and the name of a static point: `postgresql:query__start`. */
export function parseStaticPoint(path: string, text: string): UserPlace | undefined {
  const [, provider, name] = /^([^\s\p{C}:]{1,128}):([^\s\p{C}:]{1,128})$/u.exec(text) ?? [];
  return provider === undefined || name === undefined ? undefined : { path, point: { provider, name } };
}

/** A static point of a program. Where its arguments are is known when the bundle is loaded. */
export function staticHook(place: UserPlace, text: string, { types }: DeclaredUserPlace): HookFact {
  const target = `${place.path}:${text}`;
  const numbers = Array.from({ length: staticArgumentLimit }, (_, argument) => argument);
  const argumentMappings = numbers.map((argument): ArgumentMapping => ({
    kind: "static-argument",
    registers: 0,
    argument,
  }));
  return {
    id: target,
    name: text,
    path: place.path,
    section: "usdt",
    arguments: numberedArguments(staticArgumentLimit, types),
    result: undefined,
    attachPoints: [{ ...userPoint("usdt", target, place), argumentMappings }],
    alsoServedBy: [],
    guards: [],
    killsFirst: true,
  };
}

/** The end of a program's function: the registers of the arguments hold other values by then. */
export function userReturnHook(place: UserPlace, text: string, { results }: DeclaredUserPlace): HookFact {
  const target = `${place.path}:${text}`;
  const [numeric] = results.filter(({ kind }) => kind === "integer");
  const others = results.filter(({ kind }) => kind !== "integer");
  return {
    id: `${target} return`,
    name: text,
    path: place.path,
    section: "uprobe",
    arguments: others.map((type) => ({ name: "return", type, derived: true, ofResult: true })),
    result: numeric ?? int64,
    attachPoints: [
      { ...userPoint("uretprobe", target, place), argumentMappings: others.map(() => registerMapping("ax")) },
    ],
    alsoServedBy: [],
    guards: [],
  };
}
