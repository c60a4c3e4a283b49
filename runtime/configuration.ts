/** A node's configuration file: YAML, as it stands or as the data of a ConfigMap. Other keys are not ours to judge. */
import { readFileSync, statSync } from "node:fs";
import { failed, ok, thrownMessage } from "./failure.ts";
import type { Result } from "./failure.ts";
import type { AskedThrottling } from "./throttling.ts";
import { parse } from "yaml";

const KEYS = ["alertThrottling", "maxAlertPerSec", "throttleSec"] as const;
const MOST_BYTES = 1024 * 1024;

/** What a file says of alert throttling; keys that it does not have are absent. */
export function readThrottlingFile(path: string): Result<AskedThrottling> {
  try {
    if (statSync(path).size > MOST_BYTES) {
      return failed(2, `configuration \`${path}\` is larger than ${MOST_BYTES} bytes`);
    }
    return throttlingOf(parse(readFileSync(path, "utf8"), { maxAliasCount: 0 }), path);
  } catch (thrown) {
    return failed(2, `can't read configuration \`${path}\``, [thrownMessage(thrown)]);
  }
}

function throttlingOf(document: unknown, path: string): Result<AskedThrottling> {
  const root = entriesOf(document);
  const data = root !== undefined && root["kind"] === "ConfigMap" ? entriesOf(root["data"] ?? {}) : root;
  if (data === undefined) {
    return failed(2, `configuration \`${path}\` is no mapping of settings`, [
      "write `maxAlertPerSec: 10`, or a ConfigMap with it under `data`",
    ]);
  }
  const asked: Partial<Record<(typeof KEYS)[number], string>> = {};
  for (const key of KEYS) {
    const value = data[key];
    if (value === undefined) {
      continue;
    }
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      return failed(2, `\`${key}\` of configuration \`${path}\` has no value`, [
        "give it one, or leave the key out for the default",
      ]);
    }
    asked[key] = String(value);
  }
  return ok(asked);
}

function entriesOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : undefined;
}
