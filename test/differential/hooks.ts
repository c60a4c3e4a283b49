/** Random hooks of the IR: every field type, one to several hundred rules, many blocks and policies. */
import fc from "fast-check";
import type { TestRunVariant } from "../../src/codegen/test-run.ts";
import type {
  Field,
  FieldType,
  Ir,
  IrBlock,
  IrHook,
  IrPolicy,
  IrRule,
  RuleOrigin,
  Verdict,
} from "../../src/ir/ir.ts";
import { isKept } from "../../src/ir/exec-stage.ts";
import type { ArgumentFact, AttachPoint, HookFact } from "../../src/kernel/hook.ts";
import { processField } from "../../src/kernel/process-field.ts";
import { elementAt } from "../../src/source/invariant.ts";
import { createSource, createSpan, type Source, type Span } from "../../src/source/source.ts";
import { conditionOf, poolOf, type ConditionLimits } from "./conditions.ts";

import { scopeOf, withScopes } from "./scope.ts";

/** Rules up to which hooks are also tried without bpf_loop: the verifier follows every step of a plain loop. */
const MOST_RULES_OF_5_10 = 24;

/** How large a hook is. */
export interface HookShape extends ConditionLimits {
  readonly rules: number;
  readonly blocks: number;
  /** Nesting of and, or, not in any rule. */
  readonly depth: number;
}

/** One hook, the policies that its blocks belong to, and the kind of program that serves it. */
export interface RandomHook {
  readonly policies: readonly IrPolicy[];
  readonly hook: IrHook;
  readonly variant: TestRunVariant;
}

/** Which policies the rules are of is drawn with the blocks. */
const ORIGIN: RuleOrigin = { policy: 0, tags: [], message: undefined, severity: undefined };

const INTEGER_TYPES: readonly FieldType[] = ([8, 16, 32, 64] as const).flatMap((bits) =>
  [false, true].map((signed) => ({ kind: "integer" as const, bits, signed })),
);

/** The order in which hooks list their fields: what is cheap to read comes first. */
const COST = { integer: 0, address: 1, string: 2, path: 3 } as const;

/** Fields of processes, most of them of the exec stage; not every process has all. */
const PROCESS_FIELDS: readonly Field[] = [
  ["process", "exe"],
  ["ancestor", "2", "exe"],
  ["any ancestor", "exe"],
  ["any ancestor", "pid"],
  ["process", "tty"],
  ["parent", "tty"],
  // Of one process at most one field of a list: an event has a list of its own for each field.
  ["process", "args"],
  ["parent", "args", "1"],
  ["ancestor", "2", "env", "a"],
  ["any ancestor", "args"],
  ["any ancestor", "env"],
  // Read when the event happens.
  ["process", "comm"],
  ["parent", "cwd"],
].map((segments) => {
  const field = processField(segments);
  if (field === undefined) {
    throw new Error(`no field ${segments.join(".")}`);
  }
  return { name: segments.join("."), type: field.type, source: field.source };
});

interface FieldChoice {
  /** Of the hook's arguments. */
  readonly types: readonly FieldType[];
  readonly kept: readonly Field[];
}

function fieldChoices(): fc.Arbitrary<FieldChoice> {
  return fc
    .tuple(
      fc.array(fc.constantFrom(...INTEGER_TYPES), { maxLength: 3 }),
      fc.array(fc.constant<FieldType>({ kind: "address" }), { maxLength: 2 }),
      // One: the kernel side reads a single path for each event.
      fc.array(fc.constant<FieldType>({ kind: "path" }), { maxLength: 1 }),
      fc.array(fc.constant<FieldType>({ kind: "string" }), { maxLength: 2 }),
      fc.oneof(fc.constant<Field[]>([]), fc.subarray([...PROCESS_FIELDS], { maxLength: 2 })),
    )
    .map(([integers, addresses, paths, strings, kept]) => ({
      types: [...integers, ...addresses, ...strings, ...paths].sort((a, b) => COST[a.kind] - COST[b.kind]),
      kept,
    }))
    .filter(({ types, kept }) => types.length + kept.length > 0 && types.length + kept.length <= 6);
}

function fieldOf(type: FieldType, argument: number): Field {
  switch (type.kind) {
    case "integer":
      return { name: `number${argument}`, type, source: { kind: "argument", argument } };
    case "address":
      return { name: `address${argument}`, type, source: { kind: "sock", argument, part: "daddr" } };
    case "path":
      return { name: `path${argument}`, type, source: { kind: "argument-path", argument } };
    case "string":
      return { name: `text${argument}`, type, source: { kind: "argument-text", argument } };
  }
}

function argumentOf(type: FieldType, argument: number): ArgumentFact {
  switch (type.kind) {
    case "integer":
      return { name: `arg${argument}`, type };
    case "address":
      return { name: `arg${argument}`, type: { kind: "sock" } };
    case "path":
      return { name: `arg${argument}`, type: { kind: "file" } };
    case "string":
      return { name: `arg${argument}`, type: { kind: "text", form: { kind: "string" } } };
  }
}

function cTypeOf(type: FieldType): string {
  switch (type.kind) {
    case "integer":
      return `${type.signed ? "s" : "u"}${type.bits}`;
    case "address":
      return "struct sock *";
    case "path":
      return "struct file *";
    case "string":
      return "char *";
  }
}

function factOf(types: readonly FieldType[]): HookFact {
  const point: AttachPoint = {
    kind: "lsm",
    target: "random_hook",
    parameters: types.map((type, index) => ({ name: `arg${index}`, cType: cTypeOf(type) })),
    canDeny: true,
    seesResult: false,
    requires: [],
    argumentMappings: types.map((_, parameter) => ({ kind: "parameter" as const, parameter })),
    filter: undefined,
  };
  return {
    id: "random_hook",
    section: "lsm",
    arguments: types.map(argumentOf),
    result: { kind: "integer", bits: 32, signed: true },
    attachPoints: [point],
    alsoServedBy: [],
    guards: [],
  };
}

function verdictOf(): fc.Arbitrary<Verdict> {
  const errno = fc.constantFrom(1, 13, 30, 133);
  return fc.oneof(
    fc.constant<Verdict>({ kind: "allow" }),
    errno.map((value): Verdict => ({ kind: "deny", errno: value })),
    fc.tuple(fc.constantFrom(1, 9, 15), errno).map(([signal, value]): Verdict => ({
      kind: "kill",
      signal,
      errno: value,
    })),
  );
}

/** A policy text with one line for each rule, so that diagnostics of clang and kernel can name one. */
function sourceOf(rules: number): Source {
  return createSource(
    "random.policy",
    Array.from({ length: rules }, (_, index) => `rule ${index}\n`).join(""),
  );
}

function lineSpan(source: Source, line: number): Span {
  const start = source.lineStarts[line] ?? 0;
  return createSpan(source, start, start + `rule ${line}`.length);
}

function rulesOf(
  shape: HookShape,
  fields: readonly Field[],
  source: Source,
): fc.Arbitrary<readonly IrRule[]> {
  return poolOf(shape).chain((pool) => {
    const span = lineSpan(source, 0);
    const conditions = fc.oneof(
      { arbitrary: conditionOf(fields, pool, Math.min(1, shape.depth), span), weight: 3 },
      { arbitrary: conditionOf(fields, pool, Math.min(2, shape.depth), span), weight: 2 },
      { arbitrary: conditionOf(fields, pool, shape.depth, span), weight: 2 },
    );
    return fc
      .array(fc.tuple(conditions, verdictOf(), fc.boolean(), fc.boolean()), {
        minLength: shape.rules,
        maxLength: shape.rules,
        size: "max",
      })
      .map((rules) =>
        rules.map(([condition, verdict, post, match], index) => ({
          id: `random/random_hook#${index}`,
          label: undefined,
          origin: ORIGIN,
          precedence: undefined,
          condition,
          verdict,
          post,
          limit: undefined,
          effects: [],
          template: undefined,
          posture: false,
          onUnresolved: match ? ("match" as const) : ("no-match" as const),
          span: lineSpan(source, index),
        })),
      );
  });
}

function policiesOf(source: Source): fc.Arbitrary<readonly IrPolicy[]> {
  return fc
    .array(fc.constantFrom("enforce" as const, "monitor" as const), { minLength: 1, maxLength: 5 })
    .map((modes) =>
      modes.map((mode, index) => ({
        name: `random-${index}`,
        namespace: undefined,
        mode,
        tags: [],
        message: undefined,
        severity: undefined,
        scope: undefined,
        span: lineSpan(source, 0),
      })),
    );
}

/** Cuts the rules into blocks at random places, some of them of several policies; no block is empty. */
function blocksOf(
  rules: readonly IrRule[],
  shape: HookShape,
  policies: number,
  source: Source,
): fc.Arbitrary<readonly IrBlock[]> {
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: Math.max(1, rules.length - 1) }), {
    minLength: Math.min(shape.blocks, rules.length) - 1,
    maxLength: Math.min(shape.blocks, rules.length) - 1,
    size: "max",
  });
  const owners = fc.array(fc.nat(policies - 1), {
    minLength: shape.blocks,
    maxLength: shape.blocks,
    size: "max",
  });
  const shared = fc.array(fc.array(fc.nat(policies - 1), { minLength: 1, maxLength: 5 }), {
    minLength: shape.blocks,
    maxLength: shape.blocks,
    size: "max",
  });
  return fc.tuple(cuts, owners, shared, fc.boolean()).map(([places, owner, members, isGroup]) => {
    const starts = [0, ...[...places].sort((a, b) => a - b)];
    return starts.map((start, index) => {
      const among = isGroup ? elementAt(members, index) : [elementAt(owner, index)];
      const own = rules.slice(start, starts[index + 1] ?? rules.length);
      return {
        group: isGroup ? `group ${index}` : undefined,
        rules: own.map((rule, position) => ({
          ...rule,
          origin: { ...ORIGIN, policy: elementAt(among, position % among.length) },
        })),
        span: lineSpan(source, start),
      };
    });
  });
}

/** The newest generation at the hook itself most often: it is what most events meet. */
function variantOf(shape: HookShape, fields: readonly Field[]): fc.Arbitrary<TestRunVariant> {
  // Each walk of an automaton in a plain loop takes a third of what the verifier follows.
  const texts = fields.filter(
    (field) => (field.type.kind === "path" || field.type.kind === "string") && !isKept(field),
  ).length;
  const isLarge = shape.rules > MOST_RULES_OF_5_10 || texts > 1;
  const generation = isLarge ? ["6.1" as const] : ["6.1" as const, "5.10" as const];
  return fc
    .tuple(
      fc.constantFrom(...generation),
      fc.constantFrom(false, false, true),
      fc.constantFrom(true, true, false),
    )
    .map(([newest, guard, canDeny]) => ({ generation: newest, guard, canDeny }));
}

/** A hook of the given size, with random fields. */
export function hookOf(shape: HookShape): fc.Arbitrary<RandomHook> {
  const source = sourceOf(shape.rules);
  return fieldChoices().chain(({ types, kept }) => {
    const fields = [...types.map(fieldOf), ...kept];
    const fact = factOf(types);
    const rulesAndFields = rulesOf(shape, fields, source).chain((rules) => withScopes(rules, fields));
    const parts = fc.tuple(rulesAndFields, policiesOf(source), variantOf(shape, fields));
    return parts.chain(([made, policies, variant]) =>
      blocksOf(made.rules, shape, policies.length, source).map((blocks) => ({
        policies,
        variant,
        hook: {
          fact,
          attachments: [{ kind: "hook", alternatives: fact.attachPoints, need: "required" }],
          fields: made.fields,
          captures: [],
          blocks,
          wantsResult: false,
        },
      })),
    );
  });
}

/** The hook as a whole compilation. */
export function irOf({ policies, hook }: Pick<RandomHook, "policies" | "hook">): Ir {
  const span = elementAt(hook.blocks, 0).span;
  return { kind: "ir", policies, hooks: [hook], scope: scopeOf(hook, span) };
}
