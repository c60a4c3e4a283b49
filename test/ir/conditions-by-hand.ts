/** Short ways to write hooks, conditions and events in tests. */
import type { Bool, Field, IrHook, IrPolicy, IrRule, Network, Test, Verdict } from "../../src/ir/ir.ts";
import type { FieldValue, HookEvent } from "../../src/ir/evaluate.ts";
import { createSource, createSpan } from "../../src/source/source.ts";

export const SPAN = createSpan(createSource("hand.policy", ""), 0, 0);

/** A path, a signed and an unsigned integer, and an address: what every hook of these tests has. */
export const PATH = 0;
export const SIGNED = 1;
export const UNSIGNED = 2;
export const ADDRESS = 3;

const FIELDS: readonly Field[] = [
  { name: "path", type: { kind: "path" }, source: { kind: "argument-path", argument: 0 } },
  {
    name: "signed",
    type: { kind: "integer", bits: 32, signed: true },
    source: { kind: "argument", argument: 1 },
  },
  {
    name: "unsigned",
    type: { kind: "integer", bits: 64, signed: false },
    source: { kind: "argument", argument: 2 },
  },
  { name: "address", type: { kind: "address" }, source: { kind: "sock", argument: 3, part: "daddr" } },
];

export const ALLOW: Verdict = { kind: "allow" };
export const DENY: Verdict = { kind: "deny", errno: 13 };
export const KILL: Verdict = { kind: "kill", signal: 9, errno: 1 };

export const TRUE: Bool = { kind: "constant", value: true };
export const FALSE: Bool = { kind: "constant", value: false };

export function atom(field: number, test: Test): Bool {
  return { kind: "atom", field, test, span: SPAN };
}

export function text(match: "exact" | "prefix" | "suffix", ...values: string[]): Bool {
  return atom(PATH, { kind: "text", match, values: values.map((value) => ({ text: value, span: SPAN })) });
}

export function range(field: number, low: bigint, high: bigint): Bool {
  return atom(field, { kind: "ranges", ranges: [{ low, high }] });
}

export function bits(field: number, every: boolean, ...masks: bigint[]): Bool {
  return atom(field, { kind: "bits", every, masks });
}

export function networks(...list: Network[]): Bool {
  return atom(ADDRESS, { kind: "networks", networks: list });
}

/** A network out of up to 16 hex digits groups written in full: `20010db8` is 2001:db8::. */
export function network(hex: string, prefixLength: number): Network {
  return { address: addressBytes(hex), prefixLength, text: `${hex}/${prefixLength}` };
}

/** 16 bytes that begin with the given hex digits. */
export function addressBytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.padEnd(32, "0"), "hex"));
}

export const and = (...operands: Bool[]): Bool => ({ kind: "and", operands });
export const or = (...operands: Bool[]): Bool => ({ kind: "or", operands });
export const not = (operand: Bool): Bool => ({ kind: "not", operand });

export function rule(condition: Bool, changes: Partial<IrRule> = {}): IrRule {
  return {
    id: "hand/hook#0",
    label: undefined,
    origin: { policy: 0, tags: [], message: undefined, severity: undefined },
    precedence: undefined,
    condition,
    verdict: DENY,
    post: false,
    limit: undefined,
    template: undefined,
    effects: [],
    posture: false,
    onUnresolved: "no-match",
    span: SPAN,
    ...changes,
  };
}

/** A hook with one block for each list of rules; block 0 belongs to policy 0, and so on. */
export function hookOf(...blocks: (readonly IrRule[])[]): IrHook {
  return {
    fact: {
      id: "hook",
      section: "lsm",
      arguments: [],
      result: undefined,
      attachPoints: [],
      alsoServedBy: [],
      guards: [],
    },
    attachments: [],
    fields: FIELDS,
    captures: [],
    blocks: blocks.map((rules, policy) => ({
      group: undefined,
      rules: rules.map((each) => ({ ...each, origin: { ...each.origin, policy } })),
      span: SPAN,
    })),
    wantsResult: false,
  };
}

/** As many policies as the hook has blocks, in the given modes; those not named enforce. */
export function policiesOf(hook: IrHook, ...modes: IrPolicy["mode"][]): readonly IrPolicy[] {
  return hook.blocks.map((_, index) => ({
    name: `policy-${index}`,
    namespace: undefined,
    mode: modes[index] ?? "enforce",
    tags: [],
    message: undefined,
    severity: undefined,
    scope: undefined,
    span: SPAN,
  }));
}

/** An event; fields that are not given are a missing path, 0, 0 and a missing address. */
export function event(values: {
  readonly path?: string | Uint8Array | FieldValue;
  readonly signed?: bigint | FieldValue;
  readonly unsigned?: bigint | FieldValue;
  readonly address?: string | FieldValue;
}): HookEvent {
  return {
    values: [
      pathValue(values.path ?? { kind: "missing" }),
      integerValue(values.signed ?? 0n),
      integerValue(values.unsigned ?? 0n),
      addressValue(values.address ?? { kind: "missing" }),
    ],
  };
}

function pathValue(value: string | Uint8Array | FieldValue): FieldValue {
  if (typeof value === "string") {
    return { kind: "text", bytes: Buffer.from(value) };
  }
  return value instanceof Uint8Array ? { kind: "text", bytes: value } : value;
}

function integerValue(value: bigint | FieldValue): FieldValue {
  return typeof value === "bigint" ? { kind: "integer", value } : value;
}

function addressValue(value: string | FieldValue): FieldValue {
  return typeof value === "string" ? { kind: "address", bytes: addressBytes(value) } : value;
}
