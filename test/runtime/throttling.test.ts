/** What the command line and configuration files may say of alert throttling. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readThrottlingFile } from "../../runtime/configuration.ts";
import type { Result } from "../../runtime/failure.ts";
import { LIMIT_MOST_COUNT } from "../../runtime/manifest.ts";
import {
  type AskedThrottling,
  DEFAULT_THROTTLING,
  type Throttling,
  askThrottling,
  throttlingText,
} from "../../runtime/throttling.ts";

let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "policyc-throttling-"));
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

function fileOf(text: string): string {
  const path = join(directory, "configuration.yaml");
  writeFileSync(path, text);
  return path;
}

/** What is in force with a file, or everything that is said against it. */
function withFile(text: string): Throttling | string {
  const asked = readThrottlingFile(fileOf(text));
  return asked.kind === "failed" ? said(asked) : outcomeOf(asked.value);
}

function outcomeOf(asked: AskedThrottling, base = DEFAULT_THROTTLING): Throttling | string {
  const settings = askThrottling(asked, base);
  return settings.kind === "failed" ? said(settings) : settings.value;
}

function said(result: Extract<Result<unknown>, { kind: "failed" }>): string {
  const { message, notes, exit } = result.failure;
  return [`${exit}: ${message}`, ...notes].join("\n");
}

describe("what is asked for", () => {
  it("is on, 10 a second, 30 seconds where nothing is", () => {
    expect(outcomeOf({})).toEqual({ alertThrottling: true, maxAlertPerSec: 10, throttleSec: 30 });
  });

  it("changes what it names, and leaves the rest", () => {
    const before: Throttling = { alertThrottling: true, maxAlertPerSec: 5, throttleSec: 7 };
    expect(outcomeOf({ throttleSec: "60" }, before)).toEqual({ ...before, throttleSec: 60 });
    expect(outcomeOf({ alertThrottling: "FALSE" }, before)).toEqual({ ...before, alertThrottling: false });
  });

  it.each([
    "0",
    "-1",
    "+0",
    "1.5",
    "1e3",
    "",
    " 5",
    "0x10",
    "ten",
    String(LIMIT_MOST_COUNT + 1),
    "9999999999",
  ])("is refused as a number of alerts when it is %j", (maxAlertPerSec) => {
    expect(outcomeOf({ maxAlertPerSec })).toMatch(
      /^2: .*\nmaxAlertPerSec is `.*`, not a whole number from 1 to \d+/,
    );
  });

  it("is refused with what to write instead of 0", () => {
    expect(outcomeOf({ maxAlertPerSec: "0", throttleSec: "0" })).toMatch(
      /set alertThrottling to false[^]*to throttle for the second alone write 1$/,
    );
  });

  it("is refused when it is silent for more than a year", () => {
    expect(outcomeOf({ throttleSec: String(366 * 86_400) })).toMatchObject({ throttleSec: 366 * 86_400 });
    expect(outcomeOf({ throttleSec: String(366 * 86_400 + 1) })).toContain("throttleSec is");
  });

  it("tells all faults at once, without control characters", () => {
    const text = outcomeOf({ alertThrottling: "yes\u001b[31m", maxAlertPerSec: "-3", throttleSec: "x" });
    expect(text).toContain("alertThrottling is `yes?[31m`: write true or false");
    expect(text).toContain("maxAlertPerSec is `-3`");
    expect(text).toContain("throttleSec is `x`");
  });
});

describe("a configuration file", () => {
  it("has the settings as they stand, beside others", () => {
    expect(withFile("cluster: default\nmaxAlertPerSec: 3\nthrottleSec: 45\n")).toEqual({
      alertThrottling: true,
      maxAlertPerSec: 3,
      throttleSec: 45,
    });
  });

  it("may be a ConfigMap, whose values are texts", () => {
    const map = [
      ...["apiVersion: v1", "kind: ConfigMap", "metadata: {name: kubearmor-config}", "data:"],
      ...['  alertThrottling: "false"', '  maxAlertPerSec: "20"', "  gRPC: '32767'"],
    ].join("\n");
    expect(withFile(map)).toEqual({ alertThrottling: false, maxAlertPerSec: 20, throttleSec: 30 });
    expect(withFile("kind: ConfigMap\n")).toEqual(DEFAULT_THROTTLING);
  });

  it.each([
    ["maxAlertPerSec: 0\n", "maxAlertPerSec is `0`"],
    ["throttleSec: -30\n", "throttleSec is `-30`"],
    ["kind: ConfigMap\ndata: {maxAlertPerSec: '-1'}\n", "maxAlertPerSec is `-1`"],
    ["maxAlertPerSec:\n", "has no value"],
    ["maxAlertPerSec: [1]\n", "has no value"],
    ["- maxAlertPerSec: 1\n", "is no mapping of settings"],
    ["kind: ConfigMap\ndata: text\n", "is no mapping of settings"],
    ["", "is no mapping of settings"],
    ["a: &a [1]\nb: *a\n", "can't read configuration"],
    ["maxAlertPerSec: 1\nmaxAlertPerSec: 2\n", "can't read configuration"],
  ])("is refused: %j", (text, message) => {
    expect(withFile(text)).toContain(message);
    expect(withFile(text)).toMatch(/^2: /);
  });

  it("is refused when it is not there, and when it is larger than a megabyte", () => {
    expect(readThrottlingFile(join(directory, "none.yaml"))).toMatchObject({ kind: "failed" });
    expect(withFile(`# ${"x".repeat(1024 * 1024)}\n`)).toContain("is larger than");
  });
});

describe("what is in force", () => {
  it("is told in words", () => {
    expect(throttlingText({ alertThrottling: true, maxAlertPerSec: 2, throttleSec: 9 })).toBe(
      "on: 2 a second of each rule and container (maxAlertPerSec), then none until 9s are over (throttleSec)",
    );
    expect(throttlingText({ ...DEFAULT_THROTTLING, alertThrottling: false })).toBe(
      "off: every alert is posted",
    );
  });
});
