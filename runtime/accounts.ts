/** What became of alerts: every one that was decided is delivered, left out by a limit, or lost. */
import { mapLookup, possibleCpus } from "./libbpf.ts";
import { readPerCpu } from "./maps.ts";
import type { Manifest } from "./manifest.ts";

export interface Account {
  /** Alerts that rules asked for. */
  readonly decided: number;
  /** Handed over to whoever reads. */
  readonly delivered: number;
  /** Left out by a limit. */
  readonly suppressed: number;
  /** Without room in the ring buffer, or without memory to build their record. */
  readonly lost: number;
}

export const NO_ALERTS: Account = { decided: 0, delivered: 0, suppressed: 0, lost: 0 };

/** File descriptors of the maps that count. */
export interface AccountMaps {
  readonly hits: number;
  readonly alerts: number;
}

/** The account of each rule; rules without alerts have none. */
export function readAccounts(maps: AccountMaps, { rules }: Manifest): readonly (Account | undefined)[] {
  return rules.map(({ post }, index) => {
    if (!post) {
      return undefined;
    }
    // What became of them is read first: meanwhile more can only be decided.
    const [suppressed, lost, delivered] = readCounts(maps.alerts, index);
    return { decided: Number(readPerCpu(maps.hits, index)), delivered, suppressed, lost };
  });
}

/** All rules together. */
export function totalOf(accounts: readonly (Account | undefined)[]): Account {
  return accounts.reduce<Account>(
    (sum, account) => ({
      decided: sum.decided + (account?.decided ?? 0),
      delivered: sum.delivered + (account?.delivered ?? 0),
      suppressed: sum.suppressed + (account?.suppressed ?? 0),
      lost: sum.lost + (account?.lost ?? 0),
    }),
    NO_ALERTS,
  );
}

/** `12 alerts: 4 delivered, 8 suppressed, 0 lost` */
export function accountText({ decided, delivered, suppressed, lost }: Account): string {
  return `${decided} ${decided === 1 ? "alert" : "alerts"}: ${delivered} delivered, ${suppressed} suppressed, ${lost} lost`;
}

/** The sums over all CPUs of the three counts of a rule. */
function readCounts(fd: number, index: number): readonly [number, number, number] {
  const values = new BigUint64Array(possibleCpus() * 3);
  const key = new Uint8Array(new Uint32Array([index]).buffer);
  if (mapLookup(fd, key, new Uint8Array(values.buffer)) < 0) {
    return [0, 0, 0];
  }
  const sum = (part: number): bigint =>
    values.reduce((total, value, place) => (place % 3 === part ? total + value : total), 0n);
  return [Number(sum(0)), Number(sum(1)), Number(sum(2))];
}
