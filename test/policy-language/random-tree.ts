/** Random Policy trees: every node kind, hostile texts, and names that are spelled like words of the language. */
import fc from "fast-check";
import type {
  Action,
  Block,
  Comparison,
  Condition,
  FieldReference,
  HookReference,
  Literal,
  Name,
  Parameter,
  ParameterSize,
  Policy,
  PolicyTree,
  Rule,
  Scope,
  Text,
} from "../../src/parser/policy/tree.ts";
import { contextualWords, reservedWords } from "../../src/parser/policy/words.ts";
import { createSource, createSpan } from "../../src/source/source.ts";

const span = createSpan(createSource("random", ""), 0, 0);

const hostile = fc.constantFrom(
  "",
  "_",
  "a.b",
  "a..b",
  'say "no"',
  "`tick`",
  "back\\slash",
  "\\u{41}",
  "line\nbreak",
  "\u202e bidi",
  "\ud800",
  "\ud83d\ude00",
  "\u0000",
  "# no comment",
  "{",
  "10.0.0.0/8",
  "::1",
  "any x",
  "all in",
  "cidr(1)",
  "__proto__",
  "${NAME}",
  "0",
  "01",
);
const anyText = fc.oneof(
  fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/),
  fc.constantFrom(...reservedWords, ...contextualWords),
  hostile,
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({
    unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    maxLength: 6,
  }),
);

const name: fc.Arbitrary<Name> = anyText.map((text) => ({ kind: "name", text, span }));
const text: fc.Arbitrary<Text> = anyText.map((value) => ({ kind: "text", text: value, span }));

function maybe<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined });
}

const integer = fc.bigInt({ min: -(2n ** 127n), max: 2n ** 128n });
const literal: fc.Arbitrary<Literal> = fc.oneof(
  integer.map((value): Literal => ({ kind: "integer", value, span })),
  fc.tuple(integer, integer).map(([low, high]): Literal => ({ kind: "range", low, high, span })),
  anyText.map((value): Literal => ({ kind: "string", value, span })),
  anyText.map((value): Literal => ({ kind: "word", value, span })),
  fc
    .oneof(anyText, fc.ipV4(), fc.ipV4Extended(), fc.ipV6(), fc.constantFrom("10.0.0.0/8", "fe80::/10"))
    .map((value): Literal => ({ kind: "cidr", value, span })),
);

const field: fc.Arbitrary<FieldReference> = fc
  .array(
    fc.oneof(anyText, fc.constantFrom("labels", "env", "args", "process", "any ancestor", "return", "3")),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((segments) => ({ kind: "field", segments, span }));

const comparison: fc.Arbitrary<Comparison> = fc.oneof(
  field.map((where): Comparison => ({
    kind: "comparison",
    field: where,
    operator: "exists",
    operatorSpan: span,
    values: [],
    ignoreCase: false,
    span,
  })),
  fc.record<Comparison>({
    kind: fc.constant("comparison"),
    field,
    operator: fc.constantFrom(
      "in",
      "less",
      "less-or-equal",
      "greater",
      "greater-or-equal",
      "has-any",
      "has-all",
      "starts-with",
      "ends-with",
      "contains",
      "matches",
      "under",
    ),
    operatorSpan: fc.constant(span),
    values: fc.array(literal, { maxLength: 5 }),
    ignoreCase: fc.boolean(),
    span: fc.constant(span),
  }),
);

// Operators whose values are never bare words: the language would take a word there for a declared name.
const wordless = new Set(["starts-with", "ends-with", "contains", "matches", "under"]);

function fitting(candidate: Comparison): Comparison {
  return {
    ...candidate,
    values: candidate.values.filter((value) => value.kind !== "word" || !wordless.has(candidate.operator)),
  };
}

/** A chain of one condition is the condition itself, so there is none. */
const operands = (inner: fc.Arbitrary<Condition>): fc.Arbitrary<Condition[]> =>
  fc.array(inner, { maxLength: 4 }).filter((list) => list.length !== 1);

export const condition: fc.Arbitrary<Condition> = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    comparison.map(fitting),
    operands(tie("condition")).map((list): Condition => ({ kind: "and", operands: list, span })),
    operands(tie("condition")).map((list): Condition => ({ kind: "or", operands: list, span })),
    tie("condition").map((operand): Condition => ({ kind: "not", operand, span })),
  ),
})).condition;

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.constantFrom<Action>({ kind: "allow", span }, { kind: "silent", span }),
  maybe(literal).map((errno): Action => ({ kind: "deny", errno, span })),
  maybe(literal).map((signal): Action => ({ kind: "kill", signal, span })),
  maybe(text).map((template): Action => ({ kind: "alert", template, span })),
);

const duration = fc.integer({ min: 1, max: 365 * 86_400_000 });

const bounds: fc.Arbitrary<Action> = fc.record<Extract<Action, { kind: "limit" }>>({
  kind: fc.constant("limit"),
  count: fc.integer({ min: 1, max: 1_000_000 }),
  alike: fc.boolean(),
  window: duration,
  mute: maybe(duration),
  per: fc.constantFrom("rule", "container", "process", "thread", "global"),
  span: fc.constant(span),
});

const limit: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: bounds },
  { weight: 1, arbitrary: fc.constant<Action>({ kind: "default-limit", span }) },
);

/** What alerts have besides, and sockets that are followed. */
const effects: fc.Arbitrary<readonly Action[]> = fc.uniqueArray(
  fc.oneof(
    fc.constantFrom<Action>({ kind: "stack", of: "kernel", span }, { kind: "stack", of: "user", span }),
    name.map((argument): Action => ({ kind: "track", argument, span })),
    name.map((argument): Action => ({ kind: "untrack", argument, span })),
    text.map((target): Action => ({ kind: "fetch", target, span })),
    text.map((target): Action => ({ kind: "resolve", target, span })),
  ),
  { maxLength: 3, selector: (each) => (each.kind === "stack" ? each.of : each.kind) },
);

/** Each action once; a limit only where there is something to limit. */
const actions: fc.Arbitrary<readonly Action[]> = fc
  .tuple(
    fc.uniqueArray(action, { minLength: 1, maxLength: 3, selector: ({ kind }) => kind }),
    maybe(limit),
    effects,
  )
  .map(([all, bound, more]) => {
    const posts = all.some(({ kind }) => kind === "alert");
    const list = posts ? all.filter(({ kind }) => kind !== "silent") : all;
    const fitting = more.filter(({ kind }) => posts || kind === "track" || kind === "untrack");
    return [...list, ...(bound !== undefined && posts ? [bound] : []), ...fitting];
  });

const rule: fc.Arbitrary<Rule> = fc.record({
  kind: fc.constant("rule"),
  label: maybe(name),
  condition: maybe(condition),
  actions,
  span: fc.constant(span),
});

const size: fc.Arbitrary<ParameterSize> = fc.oneof(
  fc.nat({ max: 12 }).map((index): ParameterSize => ({ kind: "argument", index })),
  fc.nat().map((count): ParameterSize => ({ kind: "constant", count })),
);

const parameter: fc.Arbitrary<Parameter> = fc
  .record({
    kind: fc.constant("parameter" as const),
    index: fc.nat({ max: 12 }),
    name,
    type: name,
    label: maybe(text),
    span: fc.constant(span),
  })
  .chain((plain) =>
    fc.oneof(
      fc.constant(plain),
      size.map((bytes) => ({ ...plain, size: bytes })),
    ),
  );

const hook: fc.Arbitrary<HookReference> = fc.oneof(
  name.map((event): HookReference => ({ kind: "event", name: event, span })),
  fc.record<Extract<HookReference, { kind: "raw" }>>({
    kind: fc.constant("raw"),
    section: fc.constantFrom("kprobe", "fentry", "lsm", "tracepoint", "raw_tracepoint", "uprobe", "usdt"),
    target: fc.oneof(name, fc.constant<Name>({ kind: "name", text: "raw_syscalls/sys_enter", span })),
    path: maybe(text),
    syscall: fc.boolean(),
    optional: fc.boolean(),
    matching: fc.boolean(),
    refuses: fc.array(name, { maxLength: 3 }),
    parameters: fc.array(parameter, { maxLength: 4 }),
    result: maybe(parameter),
    span: fc.constant(span),
  }),
);

const block: fc.Arbitrary<Block> = fc.record({
  kind: fc.constant("block"),
  hooks: fc.array(hook, { minLength: 1, maxLength: 3 }),
  condition: maybe(condition),
  rules: fc.array(rule, { maxLength: 4 }),
  otherwise: maybe(rule.map((found) => ({ ...found, condition: undefined }))),
  group: maybe(
    fc.record({
      kind: fc.constant("group"),
      name,
      precedence: maybe(fc.nat()),
      span: fc.constant(span),
    }),
  ),
  severity: maybe(fc.nat()),
  tags: fc.array(text, { maxLength: 3 }),
  message: maybe(text),
  span: fc.constant(span),
});

const scope: fc.Arbitrary<Scope> = fc.oneof(
  fc.constantFrom<Scope>({ kind: "everything", span }, { kind: "host", span }),
  fc.record<Extract<Scope, { kind: "containers" }>>({
    kind: fc.constant("containers"),
    condition: maybe(condition),
    withHost: fc.boolean(),
    span: fc.constant(span),
  }),
);

const policy: fc.Arbitrary<Policy> = fc.record({
  kind: fc.constant("policy"),
  name,
  namespace: maybe(name),
  description: maybe(text),
  severity: maybe(fc.integer({ min: -5, max: 1000 })),
  tags: fc.array(text, { maxLength: 3 }),
  message: maybe(text),
  mode: maybe(fc.constantFrom("enforce", "monitor")),
  scope,
  blocks: fc.array(block, { maxLength: 3 }),
  span: fc.constant(span),
});

/** Trees as front ends make them: no empty rule, no chain of one, `otherwise` without a condition. */
export const policyTree: fc.Arbitrary<PolicyTree> = fc
  .array(policy, { maxLength: 3 })
  .map((policies) => ({ kind: "policy-tree", policies }));
