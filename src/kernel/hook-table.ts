/** Every hook whose facts are known without a target's BTF. */
import type { HookFact } from "./hook.ts";
import { fileHooks } from "./hooks/file-hooks.ts";
import { networkHooks } from "./hooks/network-hooks.ts";

export const hookTable: ReadonlyMap<string, HookFact> = new Map(
  [...fileHooks, ...networkHooks].map((fact) => [fact.id, fact]),
);
