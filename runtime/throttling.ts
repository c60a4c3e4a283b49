/**
 * Alert throttling as a node's configuration has it: how many alerts a second each rule may post of each container,
 * and for how long it is silent after more. It applies to the rules that leave their limit to the node.
 */
import { randomBytes } from "node:crypto";
import { LIMIT_ENTRY, LIMIT_SCOPES } from "./event-layout.ts";
import { failed, ok } from "./failure.ts";
import type { Result } from "./failure.ts";
import { mapLookup, mapUpdate } from "./libbpf.ts";
import { LIMIT_MOST_COUNT } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";

export interface Throttling {
  readonly alertThrottling: boolean;
  readonly maxAlertPerSec: number;
  /** Seconds from the beginning of a second with too many alerts until the next one is posted. */
  readonly throttleSec: number;
}

/** What is asked for of it, from the command line or a file; as texts. */
export type AskedThrottling = Partial<Readonly<Record<keyof Throttling, string>>>;

export const DEFAULT_THROTTLING: Throttling = { alertThrottling: true, maxAlertPerSec: 10, throttleSec: 30 };

/** A year: longer is a slip. */
const MOST_SECONDS = 366 * 86_400;

/** `base` with what is asked for; fails where that makes no sense. */
export function askThrottling(asked: AskedThrottling, base: Throttling): Result<Throttling> {
  const faults: string[] = [];
  const enabled = asked.alertThrottling ?? String(base.alertThrottling);
  if (!/^(true|false)$/i.test(enabled)) {
    faults.push(`alertThrottling is \`${shortened(enabled)}\`: write true or false`);
  }
  const number = (name: "maxAlertPerSec" | "throttleSec", most: number, zero: string): number => {
    const text = asked[name] ?? String(base[name]);
    const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (value < 1 || value > most) {
      const help = /^[+-]?0+$/.test(text) ? `: ${zero}` : "";
      faults.push(`${name} is \`${shortened(text)}\`, not a whole number from 1 to ${most}${help}`);
    }
    return value;
  };
  const settings: Throttling = {
    alertThrottling: enabled.toLowerCase() === "true",
    maxAlertPerSec: number(
      "maxAlertPerSec",
      LIMIT_MOST_COUNT,
      "to post every alert set alertThrottling to false, to post none write `silent` in the policy",
    ),
    throttleSec: number("throttleSec", MOST_SECONDS, "to throttle for the second alone write 1"),
  };
  return faults.length === 0 ? ok(settings) : failed(2, "the alert throttling makes no sense", faults);
}

function shortened(text: string): string {
  return text.replace(/[^ -~]/g, "?").slice(0, 40);
}

/** Whether rules of a bundle leave their limit to the node. */
export function followsNode({ limits }: Manifest): boolean {
  return limits.some(({ kind }) => kind === "default");
}

/** Puts the node's throttling into force, also while the bundle is at work; whether the kernel took it. */
export function writeThrottling(limitsFd: number, { limits }: Manifest, settings: Throttling): boolean {
  const value = Buffer.alloc(LIMIT_ENTRY.size);
  const at = offsets();
  value.writeUInt32LE(settings.alertThrottling ? settings.maxAlertPerSec : 0, at.count);
  value.writeUInt32LE(LIMIT_SCOPES.container, at.scope);
  value.writeBigUInt64LE(1000n, at.window);
  // The silence begins with the second that had too many.
  value.writeBigUInt64LE(BigInt(settings.throttleSec - 1) * 1000n, at.mute);
  return limits.every(
    ({ kind }, index) => kind !== "default" || mapUpdate(limitsFd, numberKey(index), value, 0) === 0,
  );
}

/** The throttling that is in force; undefined where no rule asks the node for it. */
export function readThrottling(limitsFd: number, { limits }: Manifest): Throttling | undefined {
  const index = limits.findIndex(({ kind }) => kind === "default");
  const value = Buffer.alloc(LIMIT_ENTRY.size);
  if (index === -1 || mapLookup(limitsFd, numberKey(index), value) !== 0) {
    return undefined;
  }
  const count = value.readUInt32LE(offsets().count);
  return {
    alertThrottling: count > 0,
    maxAlertPerSec: count === 0 ? DEFAULT_THROTTLING.maxAlertPerSec : count,
    throttleSec: Number(value.readBigUInt64LE(offsets().mute) / 1000n) + 1,
  };
}

/** `10 alerts a second of each rule and container, else silence until 30s are over` */
export function throttlingText({ alertThrottling, maxAlertPerSec, throttleSec }: Throttling): string {
  return alertThrottling
    ? `on: ${maxAlertPerSec} a second of each rule and container (maxAlertPerSec), then none until ${throttleSec}s are over (throttleSec)`
    : "off: every alert is posted";
}

/** Chooses what the kernel hashes arguments with; whether the kernel took it. */
export function writeSecret(secretFd: number): boolean {
  return mapUpdate(secretFd, numberKey(0), randomBytes(16), 0) === 0;
}

function offsets(): Readonly<Record<"count" | "scope" | "window" | "mute", number>> {
  const of = (name: string): number => LIMIT_ENTRY.fields.find((field) => field.name === name)?.offset ?? 0;
  return { count: of("count"), scope: of("scope"), window: of("window"), mute: of("mute") };
}

function numberKey(index: number): Uint8Array {
  return new Uint8Array(new Uint32Array([index]).buffer);
}
