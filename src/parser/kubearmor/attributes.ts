/** Action, severity, tags and message: of the rule, else of its section, else of the spec. */
import type { Span } from "../../source/source.ts";
import type { Text } from "../policy/tree.ts";
import type { YamlNode, YamlScalar } from "../yaml/tree.ts";
import { itemsOf, scalarOf, valueOf } from "../yaml/tree.ts";
import { type ActionName, actionNames } from "./words.ts";

/** What counts for one rule. */
export interface Attributes {
  readonly action: ActionName;
  /** Where the action was written; the rule where nothing says it. */
  readonly actionSpan: Span;
  readonly severity: number;
  readonly tags: readonly Text[];
  readonly message: Text | undefined;
}

/** Where nothing gives a severity. */
const LEAST_SEVERITY = 1;

/** The attributes of a rule; `levels` are the rule, its section and the spec. */
export function attributesOf(levels: readonly (YamlNode | undefined)[], rule: Span): Attributes {
  const action = firstScalar(levels, "action");
  const severity = firstScalar(levels, "severity");
  const tags = levels.find((level) => valueOf(level, "tags") !== undefined);
  return {
    action: actionNames.find((name) => name === action?.text) ?? "Block",
    actionSpan: action?.span ?? rule,
    severity: typeof severity?.value === "number" ? severity.value : LEAST_SEVERITY,
    tags: itemsOf(tags, "tags").flatMap((tag) => (tag.kind === "scalar" ? [textAt(tag)] : [])),
    message: textOf(firstScalar(levels, "message")),
  };
}

function firstScalar(levels: readonly (YamlNode | undefined)[], key: string): YamlScalar | undefined {
  return levels.map((level) => scalarOf(level, key)).find((scalar) => scalar !== undefined);
}

function textOf(scalar: YamlScalar | undefined): Text | undefined {
  return scalar === undefined ? undefined : textAt(scalar);
}

function textAt({ text, span }: YamlScalar): Text {
  return { kind: "text", text, span };
}
