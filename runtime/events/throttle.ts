/** Notices that a limit begins to leave out alerts, or did until now. */
import { EVENT_HEADER, LIMIT_SCOPES, THROTTLE_RECORD, THROTTLE_TYPES } from "../event-layout.ts";
import type { Manifest, ManifestLimit, ManifestPolicy, ManifestRule } from "../manifest.ts";
import type { RecordHead } from "./decode.ts";

export interface ThrottleRecord {
  readonly kind: "throttle";
  /** The process whose alert showed it; of the closing notice that nobody's alert brought, the one of the first. */
  readonly head: RecordHead;
  readonly type: "start" | "stop";
  readonly rule: ManifestRule;
  readonly policy: ManifestPolicy;
  readonly limit: ManifestLimit;
  /** Index of the limit. */
  readonly limitIndex: number;
  /** The limit's numbers as they were; times in milliseconds. `count` 0: it has been lifted. */
  readonly count: number;
  readonly window: bigint;
  readonly mute: bigint;
  readonly scope: ThrottleScope;
  /** Hash of the arguments that it counts for; 0: of all. */
  readonly arguments: bigint;
  /** cgroup of the process that acted. */
  readonly cgroup: bigint;
  /** When the window began, milliseconds since boot. */
  readonly began: bigint;
  /** Stop: how many alerts were left out; undefined where the kernel has forgotten. */
  readonly suppressed: bigint | undefined;
}

/** What the limit counts for. */
export type ThrottleScope =
  | { readonly kind: "rule" }
  | { readonly kind: "container"; readonly cgroup: bigint }
  | { readonly kind: "process" | "thread"; readonly id: number; readonly startTime: bigint };

const fields = new Map(THROTTLE_RECORD.fields.map(({ name, offset }) => [name, EVENT_HEADER.size + offset]));

/** Decodes what follows the header; a text says what is wrong with it. */
export function decodeThrottle(
  record: Buffer,
  head: RecordHead,
  manifest: Manifest,
): ThrottleRecord | string {
  if (record.length < EVENT_HEADER.size + THROTTLE_RECORD.size) {
    return "too short for a throttle record";
  }
  const word = (name: string): number => record.readUInt32LE(fields.get(name) ?? 0);
  const wide = (name: string): bigint => record.readBigUInt64LE(fields.get(name) ?? 0);
  const rule = manifest.rules[word("rule")];
  const policy = rule === undefined ? undefined : manifest.policies[rule.policy];
  const limit = manifest.limits[word("limit")];
  if (rule === undefined || policy === undefined || limit === undefined) {
    return `unknown rule ${word("rule")} or limit ${word("limit")}`;
  }
  const scope = throttleScope(word("scope_kind"), word("scope_id"), wide("scope"));
  const type = word("type");
  if (scope === undefined || (type !== THROTTLE_TYPES.start && type !== THROTTLE_TYPES.stop)) {
    return `unknown throttle type ${type} or scope ${word("scope_kind")}`;
  }
  return {
    kind: "throttle",
    head,
    type: type === THROTTLE_TYPES.start ? "start" : "stop",
    rule,
    policy,
    limit,
    limitIndex: word("limit"),
    count: word("count"),
    window: wide("window"),
    mute: wide("mute"),
    scope,
    arguments: wide("arguments"),
    cgroup: wide("cgroup"),
    began: wide("began"),
    suppressed: type === THROTTLE_TYPES.start ? undefined : wide("suppressed"),
  };
}

/** A scope as `limit_key` has it; undefined for an unknown kind. */
export function throttleScope(kind: number, id: number, value: bigint): ThrottleScope | undefined {
  switch (kind) {
    case LIMIT_SCOPES.rule:
      return { kind: "rule" };
    case LIMIT_SCOPES.container:
      return { kind: "container", cgroup: value };
    case LIMIT_SCOPES.process:
      return { kind: "process", id, startTime: value };
    case LIMIT_SCOPES.thread:
      return { kind: "thread", id, startTime: value };
    default:
      return undefined;
  }
}

/** `process 12`, `cgroup 77`: whom the limit counts for. Empty for the whole rule. */
export function scopeText(scope: ThrottleScope): string {
  switch (scope.kind) {
    case "rule":
      return "";
    case "container":
      return `cgroup ${scope.cgroup}`;
    case "process":
    case "thread":
      return `${scope.kind} ${scope.id}`;
  }
}

/** `10 in 1s`, `10 in 1s then 30s silence` */
export function limitWords(count: number, window: bigint, mute: bigint): string {
  const silence = mute === 0n ? "" : ` then ${duration(mute)} silence`;
  return `${count} in ${duration(window)}${silence}`;
}

function duration(milliseconds: bigint): string {
  return milliseconds % 1000n === 0n ? `${milliseconds / 1000n}s` : `${milliseconds}ms`;
}
