/** `policyc-runtime list`, `status`, `mode` and `unload`. */
import { failed, ok } from "../failure.ts";
import type { Result } from "../failure.ts";
import type { ManifestRule } from "../manifest.ts";
import { jsonLine, shown } from "../events/quote.ts";
import { readCounters, readPerCpu, readWord, writeWord } from "../maps.ts";
import type { Counts } from "../maps.ts";
import { isLoaded, isName, loadedNames, openMap, readRecord, unload } from "../pins.ts";
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
  readonly rules: readonly { readonly id: string; readonly verdict: string; readonly hits: number }[];
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
  const [modes, hits, counters] = [openMap(name, "modes"), openMap(name, "hits"), openMap(name, "counters")];
  if (modes.kind === "failed") {
    return modes;
  }
  if (hits.kind === "failed") {
    return hits;
  }
  if (counters.kind === "failed") {
    return counters;
  }
  const { manifest, loadedAt, digest, attached, heldBy } = record.value;
  return ok({
    name,
    loadedAt,
    digest,
    ...(heldBy === undefined ? {} : { heldBy }),
    attached,
    policies: manifest.policies.map((policy, index) => ({
      name: policy.name,
      mode: readWord(modes.value, index) === 1 ? "enforce" : "monitor",
    })),
    rules: manifest.rules.map((rule, index) => ({
      id: rule.id,
      verdict: verdictText(rule.verdict),
      hits: Number(readPerCpu(hits.value, index)),
    })),
    counters: readCounters(counters.value),
    memory: manifest.maps.reduce((sum, map) => sum + map.bytes, 0),
  });
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

function statusLines(status: Status, color: boolean): readonly string[] {
  const { name, loadedAt, attached, memory, heldBy, policies, rules, counters } = status;
  const head = painted({ text: name, color: "bold" }, color);
  const policyRows = policies.map((policy) => [{ text: shown(policy.name) }, modeCell(policy.mode)]);
  const ruleRows = rules.map(({ id, verdict, hits }): readonly Cell[] => [
    { text: shown(id) },
    { text: verdict },
    { text: String(hits) },
  ]);
  return [
    `${head}: ${attached.length} programs and ${bytesText(memory)} of maps, loaded ${loadedAt}`,
    ...(heldBy === undefined ? [] : [`  held by process ${heldBy}`]),
    ...tableLines(["policy", "mode"], policyRows, { color }),
    ...tableLines(["rule", "verdict", "hits"], ruleRows, { color, numbers: ["hits"] }),
    `  ${painted(counted(counters.lost, "event", "lost"), color)}; ` +
      `${painted(counted(counters.unresolved, "value", "not read whole"), color)}; ` +
      painted(counted(counters.scratch_busy, "decision", "without scratch memory"), color),
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
