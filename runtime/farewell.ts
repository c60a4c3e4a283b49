/** What is said of a bundle's alerts before it goes: limits that still leave some out, and the account of all. */
import { accountText, readAccounts, totalOf } from "./accounts.ts";
import { LIMIT_KEY, LIMIT_STATE } from "./event-layout.ts";
import { shown } from "./events/quote.ts";
import { isThrottled, suppressedOf } from "./events/throttle-watch.ts";
import { mapLookup, mapNextKey } from "./libbpf.ts";
import { LIMIT_MAPS } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import { openMap, openMaps } from "./pins.ts";

/** Lines, with their ends. Nothing where the maps are gone. */
export function farewell(name: string, manifest: Manifest): readonly string[] {
  const maps = openMaps(name, ["hits", "alerts"]);
  if (maps.kind === "failed") {
    return [];
  }
  const account = totalOf(readAccounts(maps.value, manifest));
  return [...openThrottles(name, manifest), `${name}: ${accountText(account)}\n`];
}

/** Closing notices of limits that leave out alerts at this moment, as far as the kernel has not told of them. */
function openThrottles(name: string, manifest: Manifest): readonly string[] {
  const states = manifest.limits.length === 0 ? undefined : openMap(name, LIMIT_MAPS.states);
  if (states?.kind !== "ok") {
    return [];
  }
  const lines: string[] = [];
  let key: Uint8Array | null = null;
  for (;;) {
    const next = new Uint8Array(LIMIT_KEY.size);
    if (mapNextKey(states.value, key, next) !== 0) {
      return lines;
    }
    key = next;
    const state = new Uint8Array(LIMIT_STATE.size);
    if (mapLookup(states.value, key, state) === 0 && isThrottled(state)) {
      const limit = Buffer.from(key).readUInt32LE(0);
      const rules = manifest.rules.filter((rule) => rule.limit === limit).map(({ id }) => shown(id));
      lines.push(
        `🧬 throttle STOP ${[...new Set(rules)].join(", ")} ${suppressedOf(state)} suppressed (unloaded)\n`,
      );
    }
  }
}
