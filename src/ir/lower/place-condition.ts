/** What restricts the calls of a hook to a portable event. */
import type { PlaceCondition } from "../../kernel/events.ts";
import { fieldsOf } from "../../kernel/field.ts";
import type { HookFact } from "../../kernel/hook.ts";
import { elementAt, invariant } from "../../source/invariant.ts";
import type { Span } from "../../source/source.ts";
import type { Bool, Test } from "../ir.ts";
import { always, and } from "../bool.ts";
import { type FieldRegistry, registerField } from "./condition.ts";
import type { ResolvedEvent, ResolvedHook } from "./resolved-hook.ts";

/** What must hold for a call of the place to be the event. */
export function placeCondition({ fact, event }: ResolvedHook, registry: FieldRegistry): Bool {
  return event === undefined
    ? always
    : and(event.place.when.map((condition) => placeAtom(fact, event, condition, registry)));
}

function placeAtom(
  fact: HookFact,
  { span }: ResolvedEvent,
  { field, test }: PlaceCondition,
  registry: FieldRegistry,
): Bool {
  const argument = elementAt(fact.arguments, field.argument);
  const part = fieldsOf(argument.type, argument.words).find((candidate) => candidate.part === field.part);
  invariant(part !== undefined, `${fact.id} has no ${argument.name}.${field.part}`);
  const { index } = registerField(registry, argument.name, part, field.argument);
  return { kind: "atom", field: index, test: placeTest(test, span), span };
}

function placeTest(test: PlaceCondition["test"], span: Span): Test {
  switch (test.kind) {
    case "bits":
      return { kind: "bits", every: false, masks: [test.mask] };
    case "values":
      return { kind: "ranges", ranges: test.values.map((value) => ({ low: value, high: value })) };
    case "path":
      // Every path that has a value starts with the empty text.
      return { kind: "text", match: "prefix", values: [{ text: "", span }] };
  }
}
