/** How many decisions one event can have. */
import type { IrBlock, IrHook } from "./ir.ts";

/** The most decisions at a hook: one for each block, two where some of its policies may only monitor. */
export function mostDecisions(hook: IrHook): number {
  return hook.blocks.reduce((sum, block) => sum + (isShared(block) ? 2 : 1), 0);
}

/** Whether the rules of a block come from several policies. */
function isShared({ rules }: IrBlock): boolean {
  return rules.some(({ origin }) => origin.policy !== rules[0]?.origin.policy);
}
