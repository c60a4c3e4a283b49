/** Every hook whose facts are known without a target's BTF. */
import type { HookFact } from "./hook.ts";
import { fileHooks } from "./hooks/file-hooks.ts";
import { networkHooks } from "./hooks/network-hooks.ts";
import { pathHooks } from "./hooks/path-hooks.ts";
import { systemHooks } from "./hooks/system-hooks.ts";

export const hookTable: ReadonlyMap<string, HookFact> = new Map(
  [...fileHooks, ...pathHooks, ...networkHooks, ...systemHooks].map((fact) => [fact.id, fact]),
);
