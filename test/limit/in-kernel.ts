/** Puts alerts to limits with the code of `bpf/templates/throttle.h`, in the kernel of this machine. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileObject } from "../../src/bundle/clang.ts";
import { PROGRAM_FILE } from "../../src/codegen/generate.ts";
import { COUNTERS, LIMIT_MAPS } from "../../runtime/manifest.ts";
import { EVENT_HEADER, LIMIT_SCOPES, THROTTLE_RECORD, THROTTLE_TYPES } from "../../runtime/event-layout.ts";
import type { LimitNumbers } from "../../src/ir/limit.ts";

/** One alert of a rule: when, in milliseconds, and in which container. */
export interface Alert {
  readonly time: number;
  readonly rule: number;
  readonly scope: number;
  /** Number that stands for its arguments. */
  readonly text: number;
}

export interface Notice {
  readonly type: "start" | "stop";
  readonly limit: number;
  readonly scope: number;
  readonly began: number;
  readonly suppressed: number;
}

export interface LimitRun {
  /** Whether each alert was posted, in the order of the alerts. */
  readonly posted: readonly boolean[];
  readonly notices: readonly Notice[];
  /** Of each rule, as the kernel counts them. */
  readonly suppressed: readonly number[];
  readonly lost: readonly number[];
  readonly counters: Readonly<Record<(typeof COUNTERS)[number], number>>;
}

export interface LimitTrial {
  readonly generation: "5.10" | "6.1";
  /** Of each rule; each counts for one container. */
  readonly limits: readonly (LimitNumbers & { readonly alike: boolean })[];
  readonly alerts: readonly Alert[];
  readonly threads: number;
}

const EVENT_BYTES = 40;
/** Room for every notice: none may be lost here. */
const RING_BYTES = 1 << 25;

const program = (rules: number, generation: string): string => `
#define POLICYC_TEST_RUN 1
#define RULE_COUNT ${rules}
#define LIMIT_COUNT ${rules}
#define LIMIT_ARGUMENTS 2
#define EVENTS_BYTES ${RING_BYTES}
#include "throttle.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct limit_event {
	u64 time;
	u64 scope;
	u32 rule;
	u32 text_bytes;
	u64 text;
	u32 posted;
	u32 done;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct limit_event);
} test_events SEC(".maps");

SEC("raw_tp")
int test_limit(u64 *context)
{
	const enum generation generation = ${generation};
	u32 at = context[0];
	struct limit_event *event = bpf_map_lookup_elem(&test_events, &at);
	struct scratch *scratch = scratch_acquire(generation);

	if (!event || !scratch)
		return 0;
	scratch->limited.test_time = event->time;
	scratch->limited.test_scope = event->scope;
	scratch->decision_count = 1;
	*record_decision(scratch, 0) = event->rule | DECISION_ENFORCED;
	/* What lies behind the text is no part of it. */
	*(u64 *)&scratch->record[72] = event->time;
	*(u64 *)&scratch->record[64] = event->text | (event->time << 40);
	limit_hash_argument(scratch, 1, 64, event->text_bytes, generation);
	event->posted = limit_decisions(scratch, generation);
	event->done = 1;
	scratch_release();
	return 0;
}
`;

/** Runs all alerts; those of one thread one after the other. Throws with the kernel's words. */
export async function runInKernel(runner: string, directory: string, trial: LimitTrial): Promise<LimitRun> {
  const generation = trial.generation === "5.10" ? "GENERATION_5_10" : "GENERATION_6_1";
  const { value, diagnostics } = await compileObject(PROGRAM_FILE, program(trial.limits.length, generation));
  if (value === undefined) {
    throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  }
  const path = (name: string): string => join(directory, name);
  writeFileSync(path("program.o"), value);
  writeFileSync(path("plan"), planText(trial.limits));
  writeFileSync(path("events"), encodeAlerts(trial.alerts));
  const files = ["program.o", "plan", "events", "results", "records"].map(path);
  execFileSync(runner, [...files, String(trial.alerts.length), String(trial.threads)], { stdio: "pipe" });
  return decodeRun(readFileSync(path("results")), readFileSync(path("records")), trial);
}

function planText(limits: LimitTrial["limits"]): string {
  const word = (value: number): string => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes.toString("hex");
  };
  const wide = (value: number): string => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes.toString("hex");
  };
  const lines = limits.flatMap(({ count, window, mute, alike }, index) => [
    `${LIMIT_MAPS.limits} ${word(index)} ${word(count)}${word(LIMIT_SCOPES.container)}${wide(window)}${wide(mute)}`,
    `${LIMIT_MAPS.rules} ${word(index)} ${word(index + 1)}${word(alike ? 2 : 0)}`,
  ]);
  return [...lines, `${LIMIT_MAPS.secret} ${word(0)} ${wide(0x1234_5678)}${wide(0x9abc_def0)}`, ""].join(
    "\n",
  );
}

function encodeAlerts(alerts: readonly Alert[]): Buffer {
  const bytes = Buffer.alloc(alerts.length * EVENT_BYTES);
  alerts.forEach(({ time, rule, scope, text }, index) => {
    const at = index * EVENT_BYTES;
    bytes.writeBigUInt64LE(BigInt(time), at);
    bytes.writeBigUInt64LE(BigInt(scope), at + 8);
    bytes.writeUInt32LE(rule, at + 16);
    // Three bytes count; the time lies behind them.
    bytes.writeUInt32LE(3, at + 20);
    bytes.writeBigUInt64LE(BigInt(text), at + 24);
  });
  return bytes;
}

function decodeRun(results: Buffer, records: Buffer, { alerts, limits }: LimitTrial): LimitRun {
  const posted = alerts.map((_, index) => {
    const at = index * EVENT_BYTES;
    if (results.readUInt32LE(at + 36) !== 1) {
      throw new Error(`alert ${index} was not decided`);
    }
    return results.readUInt32LE(at + 32) !== 0;
  });
  const sums = alerts.length * EVENT_BYTES;
  const sum = (index: number): number => Number(results.readBigUInt64LE(sums + index * 8));
  const counter = (name: (typeof COUNTERS)[number]): number =>
    sum(limits.length * 3 + COUNTERS.indexOf(name));
  return {
    posted,
    notices: decodeNotices(records),
    suppressed: limits.map((_, rule) => sum(rule * 3)),
    lost: limits.map((_, rule) => sum(rule * 3 + 1)),
    counters: {
      lost: counter("lost"),
      unresolved: counter("unresolved"),
      scratch_busy: counter("scratch_busy"),
      unlimited: counter("unlimited"),
    },
  };
}

function decodeNotices(records: Buffer): readonly Notice[] {
  const size = EVENT_HEADER.size + THROTTLE_RECORD.size;
  const at = (name: string): number =>
    EVENT_HEADER.size + (THROTTLE_RECORD.fields.find((field) => field.name === name)?.offset ?? -1);
  return Array.from({ length: records.length / size }, (_, index) => {
    const record = records.subarray(index * size, (index + 1) * size);
    return {
      type: record.readUInt32LE(at("type")) === THROTTLE_TYPES.start ? "start" : "stop",
      limit: record.readUInt32LE(at("limit")),
      scope: Number(record.readBigUInt64LE(at("scope"))),
      began: Number(record.readBigUInt64LE(at("began"))),
      suppressed: Number(record.readBigUInt64LE(at("suppressed"))),
    };
  });
}
