/** Policy tree -> `.policy` text. Does not load the parser. */
import { createSource, createSpan } from "../../source/source.ts";
import { layoutFile } from "./layout.ts";
import { raisePolicyTree } from "./raise.ts";
import type { PolicyTree } from "./tree.ts";
import { noTrivia } from "./trivia.ts";

/**
 * The canonical text of a Policy tree: parsing it gives an equal tree, spans aside, and formatting it changes
 * nothing. Chains of one condition come back as that condition, rules without actions as
 * rules that alert.
 */
export function printPolicyTree(tree: PolicyTree): string {
  const span = createSpan(createSource("<printed>", ""), 0, 0);
  return layoutFile(raisePolicyTree(tree, span), noTrivia);
}
