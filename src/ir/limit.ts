/**
 * What a limit on alerts means, written for reading. The kernel's side is `bpf/templates/throttle.h`, and
 * `test/limit` holds the two together.
 *
 * A window begins with the first alert after the one before. Its first alerts, up to the limit's count, are
 * posted. One more throttles the window: it and all that follow are left out, until the window and the silence
 * after it are over. Then the next alert begins a window, and one notice tells how many were left out. Limits on
 * equal alerts give no notices, as a pair of alerts would bring two; what they leave out is counted all the same.
 */
import type { Limit } from "./ir.ts";

/** Numbers of a limit, in milliseconds. `count` 0: every alert is posted. */
export interface LimitNumbers {
  readonly count: number;
  readonly window: number;
  readonly mute: number;
}

/** What is remembered for one key: what the limit counts together. */
export interface LimitState {
  /** When the window began, milliseconds since boot. */
  readonly began: number;
  /** Alerts posted in it; 0: there is no window. */
  readonly posted: number;
  /** Whether it had more than the limit allows. */
  readonly throttled: boolean;
  /** Alerts left out that no notice has told of yet. */
  readonly suppressed: number;
}

/** What becomes of an alert. */
export interface LimitOutcome {
  readonly posted: boolean;
  /** A notice that throttling begins, or that it has ended and how many alerts it left out. */
  readonly notice:
    { readonly kind: "start" } | { readonly kind: "stop"; readonly suppressed: number } | undefined;
  readonly state: LimitState;
}

/** Before the first alert of a key. */
export const noState: LimitState = { began: 0, posted: 0, throttled: false, suppressed: 0 };

/** An alert at `time`, in whole milliseconds since boot. */
export function admit(limit: LimitNumbers, state: LimitState, time: number): LimitOutcome {
  const length = limit.window + (state.throttled ? limit.mute : 0);
  const isOver = limit.count === 0 || state.posted === 0 || time - state.began >= length;
  if (isOver) {
    const notice = state.throttled ? ({ kind: "stop", suppressed: state.suppressed } as const) : undefined;
    const suppressed = state.throttled ? 0 : state.suppressed;
    const next = { began: time, posted: 1, throttled: false, suppressed };
    return { posted: true, notice, state: limit.count === 0 ? { ...noState, suppressed } : next };
  }
  if (!state.throttled && state.posted < limit.count) {
    return { posted: true, notice: undefined, state: { ...state, posted: state.posted + 1 } };
  }
  return {
    posted: false,
    notice: state.throttled ? undefined : { kind: "start" },
    state: { ...state, throttled: true, suppressed: state.suppressed + 1 },
  };
}

/** Whether two limits are equal, so that `per global` counts their alerts together. */
export function limitText(limit: Limit): string {
  return limit.kind === "default"
    ? "default"
    : JSON.stringify([limit.count, limit.window, limit.mute, limit.per, limit.alike !== undefined]);
}
