/** Hook facts for kernel functions that the hook table does not know, from what policies declare. */
import { type PlaceShape, fromParameters, int32, securityPoints, trampoline } from "./attach-points.ts";
import type { BtfPrototype } from "./btf.ts";
import type { ArgumentFact, ArgumentType, AttachPoint, HookFact } from "./hook.ts";
import { cTypeOf } from "./views.ts";

/**
 * A hook on any kernel function. With the prototype of a target's BTF its arguments and result are the
 * kernel's own. Without it they are the declared ones, those that nobody declares are opaque, and the place
 * of the return value is not known: only `security_*` functions (which return int) have a result then.
 */
export function functionHook(
  name: string,
  declared: ReadonlyMap<number, ArgumentType>,
  prototype: BtfPrototype | undefined,
  lsmPrototype: BtfPrototype | undefined,
): HookFact {
  const facts = functionArguments(declared, prototype);
  const result = prototype === undefined ? securityResult(name) : prototype.result.type;
  const shape = functionShape(facts, prototype);
  // A void function can't be told to fail; one that returns something else than an errno must not be.
  const canRefuse = name.startsWith("security_") && isErrno(result);
  const hasSameLsmHook = prototype !== undefined && isSamePrototype(prototype, lsmPrototype);
  return {
    id: name,
    section: "kprobe",
    arguments: facts,
    result,
    attachPoints: canRefuse
      ? securityPoints(name, shape, hasSameLsmHook ? shape : undefined)
      : observingPoints(name, shape, prototype !== undefined),
    alsoServedBy: [],
    guards: [],
  };
}

/** The arguments of a function: the prototype's, or without one those that policies declare. */
export function functionArguments(
  declared: ReadonlyMap<number, ArgumentType>,
  prototype: BtfPrototype | undefined,
): readonly ArgumentFact[] {
  return prototype === undefined ? declaredArguments(declared) : prototypeArguments(prototype);
}

/** How programs are passed these arguments. */
export function functionShape(
  facts: readonly ArgumentFact[],
  prototype: BtfPrototype | undefined,
): PlaceShape {
  return {
    parameters: facts.map((fact, index) => ({
      name: fact.name,
      cType: parameterType(fact.type, prototype?.parameters[index]?.cType),
    })),
    argumentMappings: fromParameters(...facts.keys()),
  };
}

function declaredArguments(declared: ReadonlyMap<number, ArgumentType>): readonly ArgumentFact[] {
  return Array.from({ length: Math.max(-1, ...declared.keys()) + 1 }, (_, index) => ({
    name: `arg${index}`,
    type: declared.get(index) ?? { kind: "opaque", cType: "void *" },
  }));
}

function prototypeArguments({ parameters }: BtfPrototype): readonly ArgumentFact[] {
  return parameters.map(({ name, type, cType }, index) => ({
    name: name === "" ? `arg${index}` : name,
    type: type ?? { kind: "opaque", cType },
  }));
}

function securityResult(name: string): ArgumentType | undefined {
  return name.startsWith("security_") ? int32 : undefined;
}

function isErrno(type: ArgumentType | undefined): boolean {
  return type?.kind === "integer" && type.bits === 32 && type.signed;
}

function isSamePrototype(left: BtfPrototype, right: BtfPrototype | undefined): boolean {
  const spelled = ({ parameters }: BtfPrototype): string => parameters.map(({ cType }) => cType).join();
  return right !== undefined && spelled(left) === spelled(right);
}

/** A program at the function's end must know how many arguments come before the return value. */
function observingPoints(name: string, shape: PlaceShape, hasPrototype: boolean): readonly AttachPoint[] {
  return [...(hasPrototype ? [trampoline("fexit", name, shape)] : []), trampoline("fentry", name, shape)];
}

/** Numbers under names that every C compiler knows; what is passed by value and can't be read, as a register. */
function parameterType(type: ArgumentType, spelled: string | undefined): string {
  if (spelled === undefined || type.kind === "integer") {
    return cTypeOf(type);
  }
  return spelled.endsWith("*") ? spelled : "__u64";
}
