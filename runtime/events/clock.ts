/** The kernel's clock against the wall's. Times of events are nanoseconds since boot. */

/** Wall clock time, nanoseconds since 1970, of a time since boot. */
export type WallClock = (sinceBoot: bigint) => bigint;

const NANOSECONDS_A_SECOND = 1_000_000_000n;

/** A wall clock for a kernel that booted at `bootTime`, nanoseconds since 1970. */
export function wallClock(bootTime: bigint): WallClock {
  return (sinceBoot) => bootTime + sinceBoot;
}

/** `2026-01-02T15:04:05.123456789Z`, without trailing zeros, of nanoseconds since 1970. */
export function rfc3339(time: bigint): string {
  const inRange = BigInt.asUintN(62, time);
  const seconds = inRange / NANOSECONDS_A_SECOND;
  const fraction = (inRange % NANOSECONDS_A_SECOND).toString().padStart(9, "0").replace(/0+$/, "");
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, -5);
  return fraction === "" ? `${whole}Z` : `${whole}.${fraction}Z`;
}
