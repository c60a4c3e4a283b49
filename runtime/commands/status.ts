/** `policyc-runtime list`, `status`, `mode` and `unload`. */
import { failed, ok } from "../failure.ts";
import type { Result } from "../failure.ts";
import { LIMIT_MAPS } from "../manifest.ts";
import type { Manifest, ManifestRule } from "../manifest.ts";
import { accountText, readAccounts, totalOf } from "../accounts.ts";
import type { Account } from "../accounts.ts";
import { farewell } from "../farewell.ts";
import { followsNode, readThrottling, throttlingText } from "../throttling.ts";
import type { Throttling } from "../throttling.ts";
import { jsonLine, shown } from "../events/quote.ts";
import { readCounters, readPerCpu, readWord, writeWord } from "../maps.ts";
import type { Counts } from "../maps.ts";
import { isLoaded, isName, loadedNames, openMap, openMaps, readRecord, unload } from "../pins.ts";
import type { LoadRecord } from "../pins.ts";
import { bytesText, painted, tableLines } from "./table.ts";
import type { Cell } from "./table.ts";

/** What `status` tells of a loaded bundle. */
export interface Status {
  readonly name: string;
  readonly loadedAt: string;
  readonly digest: string;
  readonly heldBy?: number;
  readonly attached: LoadRecord["attached"];
  readonly policies: readonly { readonly name: string; readonly mode: "enforce" | "monitor" }[];
  readonly rules: readonly {
    readonly id: string;
    readonly verdict: string;
    readonly hits: number;
    /** Absent for rules that ask for no alerts. */
    readonly alerts?: Account;
  }[];
  /** Of all rules. */
  readonly alerts: Account;
  /** Absent where no rule leaves its limit to the node. */
  readonly throttling?: Throttling;
  readonly counters: Counts;
  /** Bytes of all maps. */
  readonly memory: number;
}

/** How a command prints. */
export interface Look {
  readonly json: boolean;
  readonly color: boolean;
}

/** Prints the names and policies of what is loaded. */
export function list(look: Look): Result<number> {
  const entries = loadedNames().map((name) => {
    const status = readStatus(name);
    return status.kind === "ok"
      ? { name, policies: status.value.policies }
      : { name, error: status.failure.message };
  });
  if (look.json) {
    print([jsonLine({ loaded: entries })]);
  } else if (entries.length === 0) {
    print(["nothing is loaded"]);
  } else {
    const rows = entries.flatMap((entry): readonly (readonly Cell[])[] =>
      "error" in entry
        ? [[{ text: entry.name }, { text: shown(entry.error), color: "red" }, { text: "" }]]
        : entry.policies.map((one) => [{ text: entry.name }, { text: shown(one.name) }, modeCell(one.mode)]),
    );
    print(tableLines(["bundle", "policy", "mode"], rows, look));
  }
  return ok(0);
}

function modeCell(mode: "enforce" | "monitor"): Cell {
  return { text: mode, color: mode === "enforce" ? "green" : "yellow" };
}

/** Prints hits, verdicts, counters and memory of what is loaded. */
export function showStatus(name: string | undefined, look: Look): Result<number> {
  const statuses: Status[] = [];
  for (const one of name === undefined ? loadedNames() : [name]) {
    const status = readStatus(one);
    if (status.kind === "failed") {
      return status;
    }
    statuses.push(status.value);
  }
  if (look.json) {
    print([jsonLine({ loaded: statuses })]);
  } else {
    print(
      statuses.length === 0
        ? ["nothing is loaded"]
        : statuses.flatMap((status) => statusLines(status, look.color)),
    );
  }
  return ok(0);
}

/** Lets the policies of a bundle enforce, or only report. */
export function setMode(name: string, mode: "enforce" | "monitor"): Result<number> {
  const record = loadedRecord(name);
  if (record.kind === "failed") {
    return record;
  }
  const fd = openMap(name, "modes");
  if (fd.kind === "failed") {
    return fd;
  }
  const word = mode === "enforce" ? 1 : 0;
  const written = record.value.manifest.policies.every((_, index) => writeWord(fd.value, index, word));
  return written ? ok(0) : failed(3, `the mode of \`${name}\` can't be set`);
}

/** Detaches a bundle and forgets it. */
export function unloadNamed(name: string): Result<number> {
  if (!isName(name) || !isLoaded(name)) {
    return failed(2, `nothing named \`${name}\` is loaded`);
  }
  const record = readRecord(name);
  if (record.kind === "ok") {
    process.stderr.write(farewell(name, record.value.manifest).join(""));
  }
  unload(name);
  const holder = record.kind === "ok" ? record.value.heldBy : undefined;
  if (holder !== undefined) {
    process.stderr.write(`what this kernel could not pin goes when process ${holder} ends\n`);
  }
  return ok(0);
}

function loadedRecord(name: string): Result<LoadRecord> {
  return isName(name) && isLoaded(name) ? readRecord(name) : failed(2, `nothing named \`${name}\` is loaded`);
}

function readStatus(name: string): Result<Status> {
  const record = loadedRecord(name);
  if (record.kind === "failed") {
    return record;
  }
  const maps = openMaps(name, ["modes", "hits", "counters", "alerts"]);
  if (maps.kind === "failed") {
    return maps;
  }
  const { modes, hits, counters, alerts } = maps.value;
  const { manifest, loadedAt, digest, attached, heldBy } = record.value;
  const accounts = readAccounts({ hits, alerts }, manifest);
  const throttling = throttlingOf(name, manifest);
  return ok({
    name,
    loadedAt,
    digest,
    ...(heldBy === undefined ? {} : { heldBy }),
    attached,
    policies: manifest.policies.map((policy, index) => ({
      name: policy.name,
      mode: readWord(modes, index) === 1 ? "enforce" : "monitor",
    })),
    rules: manifest.rules.map((rule, index) => ({
      id: rule.id,
      verdict: verdictText(rule.verdict),
      hits: Number(readPerCpu(hits, index)),
      ...(accounts[index] === undefined ? {} : { alerts: accounts[index] }),
    })),
    alerts: totalOf(accounts),
    ...(throttling === undefined ? {} : { throttling }),
    counters: readCounters(counters),
    memory: manifest.maps.reduce((sum, map) => sum + map.bytes, 0),
  });
}

function throttlingOf(name: string, manifest: Manifest): Throttling | undefined {
  const limits = followsNode(manifest) ? openMap(name, LIMIT_MAPS.limits) : undefined;
  return limits?.kind === "ok" ? readThrottling(limits.value, manifest) : undefined;
}

function verdictText(verdict: ManifestRule["verdict"]): string {
  switch (verdict.kind) {
    case "allow":
      return "allow";
    case "deny":
      return `deny (errno ${verdict.errno})`;
    case "kill":
      return `kill (signal ${verdict.signal})`;
  }
}

const ALERT_COLUMNS = ["delivered", "suppressed", "lost"] as const;

function statusLines(status: Status, color: boolean): readonly string[] {
  const { name, loadedAt, attached, memory, heldBy, policies, rules, alerts, throttling, counters } = status;
  const numbers = ["hits", ...ALERT_COLUMNS];
  const head = painted({ text: name, color: "bold" }, color);
  const policyRows = policies.map((policy) => [{ text: shown(policy.name) }, modeCell(policy.mode)]);
  const ruleRows = rules.map(({ id, verdict, hits, alerts: account }): readonly Cell[] => [
    { text: shown(id) },
    { text: verdict },
    { text: String(hits) },
    ...ALERT_COLUMNS.map((column) => ({ text: account === undefined ? "-" : String(account[column]) })),
  ]);
  return [
    `${head}: ${attached.length} programs and ${bytesText(memory)} of maps, loaded ${loadedAt}`,
    ...(heldBy === undefined ? [] : [`  held by process ${heldBy}`]),
    ...tableLines(["policy", "mode"], policyRows, { color }),
    ...tableLines(["rule", "verdict", ...numbers], ruleRows, { color, numbers }),
    `  ${accountText(alerts)}`,
    ...(throttling === undefined ? [] : [`  alert throttling ${throttlingText(throttling)}`]),
    `  ${painted(counted(counters.lost, "event", "lost"), color)}; ` +
      `${painted(counted(counters.unresolved, "value", "not read whole"), color)}; ` +
      `${painted(counted(counters.scratch_busy, "decision", "without scratch memory"), color)}; ` +
      painted(counted(counters.unlimited, "alert", "posted over a limit that was busy"), color),
  ];
}

/** Something that should not happen often, and how often it has. */
function counted(count: number, noun: string, what: string): Cell {
  const text = `${count} ${count === 1 ? noun : `${noun}s`} ${what}`;
  return count === 0 ? { text } : { text, color: "red" };
}

function print(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}
