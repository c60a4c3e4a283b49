/**
 * Closing notices. The kernel tells that throttling has ended with the first alert after it, which may never come:
 * whoever reads the events looks into the limit's state when the time is over, and once more at the end.
 */
import { LIMIT_KEY, LIMIT_SCOPES, LIMIT_STATE } from "../event-layout.ts";
import type { KnownProcess } from "./processes.ts";
import type { Observed } from "./observed.ts";
import type { ThrottleRecord } from "./throttle.ts";

type ThrottleEvent = Extract<Observed, { readonly kind: "throttle" }>;

/** The value under a key of the map of states; undefined when it is gone. */
export type StateReader = (key: Uint8Array) => Uint8Array | undefined;

export interface ThrottleWatch {
  /** Whether a notice is news: one that the watch has told of is not. */
  readonly see: (event: ThrottleEvent) => boolean;
  /** Closing notices of what is over at `now`, milliseconds since boot. */
  readonly sweep: (now: bigint) => readonly ThrottleEvent[];
  /** Closing notices of all that is open: nobody will look any more. */
  readonly close: () => readonly ThrottleEvent[];
}

/** `wait`: milliseconds over a window's end before the kernel is not waited for any more. */
export function createThrottleWatch(read: StateReader, wait = 1000n): ThrottleWatch {
  const open = new Map<string, ThrottleEvent>();
  /** Windows that the watch has closed: the kernel's own notice is yet to come, or never comes. */
  const closed = new Map<string, bigint>();
  const end = (id: string, event: ThrottleEvent, ended: boolean): readonly ThrottleEvent[] => {
    const state = read(stateKey(event.record));
    if (ended && state !== undefined && windowOf(state) !== event.record.began) {
      // The kernel has gone on: its notice is on the way.
      return [];
    }
    open.delete(id);
    closed.set(id, event.record.began);
    const suppressed = state === undefined ? undefined : suppressedOf(state);
    return [{ ...event, record: { ...event.record, type: "stop", suppressed } }];
  };
  return {
    see: (event) => {
      const id = identity(event.record);
      if (event.record.type === "start") {
        open.set(id, event);
        closed.delete(id);
        return true;
      }
      open.delete(id);
      const isKnown = closed.get(id) === event.record.began;
      closed.delete(id);
      return !isKnown;
    },
    sweep: (now) =>
      [...open].flatMap(([id, event]) => {
        const { began, window, mute } = event.record;
        return now >= began + window + mute + wait ? end(id, event, true) : [];
      }),
    close: () => [...open].flatMap(([id, event]) => end(id, event, false)),
  };
}

function identity(record: ThrottleRecord): string {
  return Buffer.from(stateKey(record)).toString("hex");
}

/** `limit_key` of a notice. */
export function stateKey({ limitIndex, scope, arguments: hash }: ThrottleRecord): Uint8Array {
  const key = Buffer.alloc(LIMIT_KEY.size);
  const value = scope.kind === "rule" ? 0n : scope.kind === "container" ? scope.cgroup : scope.startTime;
  key.writeUInt32LE(limitIndex, fieldOf(LIMIT_KEY, "limit"));
  key.writeUInt32LE(
    scope.kind === "process" || scope.kind === "thread" ? scope.id : LIMIT_SCOPES.rule,
    fieldOf(LIMIT_KEY, "id"),
  );
  key.writeBigUInt64LE(value, fieldOf(LIMIT_KEY, "scope"));
  key.writeBigUInt64LE(hash, fieldOf(LIMIT_KEY, "arguments"));
  return key;
}

/** Milliseconds since boot when a state's window began. */
export function windowOf(state: Uint8Array): bigint {
  return readField(state, "window") >> 24n;
}

/** Whether a state's window has more alerts than its limit allows. */
export function isThrottled(state: Uint8Array): boolean {
  return ((readField(state, "window") >> 23n) & 1n) === 1n;
}

/** Alerts that a state has left out and no notice of the kernel has told of. */
export function suppressedOf(state: Uint8Array): bigint {
  return readField(state, "suppressed") - readField(state, "told");
}

function readField(state: Uint8Array, name: string): bigint {
  const bytes = Buffer.from(state.buffer, state.byteOffset, state.byteLength);
  return bytes.readBigUInt64LE(fieldOf(LIMIT_STATE, name));
}

function fieldOf({ fields }: typeof LIMIT_KEY, name: string): number {
  return fields.find((field) => field.name === name)?.offset ?? 0;
}

/** Whoever is not known any more. */
export const NOBODY: KnownProcess = {
  pid: 0,
  uid: 0,
  auid: undefined,
  cwd: undefined,
  binary: undefined,
  arguments: [],
  flags: ["unknown"],
  startTime: 0n,
  parent: undefined,
  parentImageTime: undefined,
};
