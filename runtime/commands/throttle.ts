/** `policyc-runtime throttle`: the alert throttling of what is loaded, changed while it is at work. */
import { failed, ok } from "../failure.ts";
import type { Result } from "../failure.ts";
import { LIMIT_MAPS } from "../manifest.ts";
import { isLoaded, isName, loadedNames, openMap, readRecord } from "../pins.ts";
import {
  askThrottling,
  DEFAULT_THROTTLING,
  followsNode,
  readThrottling,
  throttlingText,
  writeThrottling,
} from "../throttling.ts";
import type { AskedThrottling } from "../throttling.ts";

/** What is asked for; nothing: only to show it. */
export interface ThrottleFlags {
  readonly config?: string;
  readonly alertThrottling?: string;
  readonly maxAlertPerSec?: string;
  readonly throttleSec?: string;
}

/** Shows or changes it for one bundle, or for all whose rules leave their limit to the node. */
export async function throttle(name: string | undefined, flags: ThrottleFlags): Promise<Result<number>> {
  if (name !== undefined && !(isName(name) && isLoaded(name))) {
    return failed(2, `nothing named \`${name}\` is loaded`);
  }
  const { config, ...options } = flags;
  const file =
    config === undefined ? ok({}) : (await import("../configuration.ts")).readThrottlingFile(config);
  if (file.kind === "failed") {
    return file;
  }
  const asked: AskedThrottling = { ...file.value, ...options };
  const lines: string[] = [];
  for (const one of name === undefined ? loadedNames() : [name]) {
    const line = throttleOne(one, asked);
    if (line.kind === "failed") {
      return line;
    }
    lines.push(...line.value);
  }
  process.stdout.write(
    lines.length > 0 ? lines.join("") : "no rule that is loaded leaves its limit to the node\n",
  );
  return ok(0);
}

function throttleOne(name: string, asked: AskedThrottling): Result<readonly string[]> {
  const record = readRecord(name);
  if (record.kind === "failed") {
    return record;
  }
  const { manifest } = record.value;
  if (!followsNode(manifest)) {
    return ok([]);
  }
  const limits = openMap(name, LIMIT_MAPS.limits);
  if (limits.kind === "failed") {
    return limits;
  }
  const before = readThrottling(limits.value, manifest) ?? DEFAULT_THROTTLING;
  const settings = askThrottling(asked, before);
  if (settings.kind === "failed") {
    return settings;
  }
  const isChange = Object.keys(asked).length > 0;
  if (isChange && !writeThrottling(limits.value, manifest, settings.value)) {
    return failed(3, `the alert throttling of \`${name}\` can't be set`);
  }
  return ok([`${name}: alert throttling ${throttlingText(settings.value)}\n`]);
}
