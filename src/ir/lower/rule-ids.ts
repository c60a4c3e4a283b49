/** Names for rules: unique in a compilation, the same whenever the policy's text is the same. */
import type { Policy } from "../../parser/policy/tree.ts";
import { printable } from "./printable.ts";

/** A key for each policy: its printable name, with `~2`, `~3` where several share one. */
export function policyKeys(policies: readonly Policy[]): readonly string[] {
  const used = new Set<string>();
  return policies.map((policy) => {
    const name = printable(policy.name.text);
    let key = name;
    for (let copy = 2; used.has(key); copy += 1) {
      key = `${name}~${copy}`;
    }
    used.add(key);
    return key;
  });
}

/** Hands out `policy/hook#1`, `policy/hook#2`, … */
export function createRuleIds(): (policyKey: string, hookId: string) => string {
  const counts = new Map<string, number>();
  return (policyKey, hookId) => {
    const place = `${policyKey}/${hookId}`;
    const count = (counts.get(place) ?? 0) + 1;
    counts.set(place, count);
    return `${place}#${count}`;
  };
}
