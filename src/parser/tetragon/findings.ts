import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Span } from "../../source/source.ts";
import { tetragonSchema } from "./schema.ts";
import type { YamlEntry, YamlMapping, YamlNode, YamlScalar } from "../yaml/tree.ts";
import { isNull } from "../yaml/tree.ts";

/** Where lowering puts what it finds. */
export type Findings = Diagnostic[];

/** Says that a part of the language is not compiled yet. */
export function notYet(findings: Findings, span: Span, what: string): void {
  findings.push(
    diagnostic("not-supported-yet", span, `${what} is not supported yet`, {
      help: "remove it, or move what needs it into a policy of its own",
    }),
  );
}

/** Says that an operator has nothing to compare with. */
export function missingValues(operator: YamlScalar, findings: Findings): void {
  findings.push(
    diagnostic("missing-values", operator.span, `\`${operator.text}\` has no values to compare with`, {
      help: "list them under `values`",
    }),
  );
}

/**
 * Refuses every key of a mapping that holds something and is not among `lowered`: what is not lowered is
 * never left out silently. `part` is the definition of the schema that the mapping follows. Empty lists, empty values and `false` ask for nothing.
 */
export function refuseOtherKeys(
  findings: Findings,
  node: YamlMapping,
  part: string,
  lowered: ReadonlySet<string>,
): void {
  const known = tetragonSchema.definitions?.[part]?.properties ?? {};
  for (const { key, value } of node.entries) {
    // A key that the language does not have is the schema's finding.
    if (!lowered.has(key.text) && Object.hasOwn(known, key.text) && !asksNothing(value)) {
      notYet(findings, key.span, `\`${key.text}\``);
    }
  }
}

/** The span of `key: value`, for parts that have no node of their own. */
export function entrySpan({ key, value }: YamlEntry): Span {
  return { source: key.span.source, start: key.span.start, end: Math.max(key.span.end, value.span.end) };
}

function asksNothing(node: YamlNode): boolean {
  switch (node.kind) {
    case "scalar":
      return isNull(node) || node.value === false;
    case "sequence":
      return node.items.length === 0;
    case "mapping":
      // `{}` selects something where `null` does not.
      return false;
  }
}
