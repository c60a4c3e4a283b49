/**
 * What rules have the runtime ask for: addresses that it fetches, names that it resolves. Whoever can make a rule
 * report can thereby make this node send: nothing is asked for unless the operator allows it.
 */
import { lookup } from "node:dns";
import { get as getPlain } from "node:http";
import { get as getSecure } from "node:https";
import type { Manifest, ManifestRequest } from "./manifest.ts";

/** Requests that may be under way at once; more are left out. */
const MOST_UNDER_WAY = 16;
const TIMEOUT = 5000;

/** Asks for something; answers are of no matter. */
export type Ask = (request: ManifestRequest) => void;

/** Asks over the network. */
export function createAsk(): Ask {
  let underWay = 0;
  return (request) => {
    if (underWay >= MOST_UNDER_WAY) {
      return;
    }
    underWay++;
    let isOpen = true;
    ask(request, () => {
      underWay -= isOpen ? 1 : 0;
      isOpen = false;
    });
  };
}

function ask({ kind, target }: ManifestRequest, done: () => void): void {
  if (kind === "resolve") {
    lookup(target, done);
    return;
  }
  const url = URL.canParse(target) ? new URL(target) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    done();
    return;
  }
  const sent = (url.protocol === "http:" ? getPlain : getSecure)(url, { timeout: TIMEOUT }, (answer) => {
    answer.destroy();
    done();
  });
  sent.on("timeout", () => sent.destroy());
  sent.on("error", done);
  sent.on("close", done);
}

/** For the operator: what rules ask for, and that nothing is asked. */
export function requestNotes({ rules }: Manifest, allowed: boolean): readonly string[] {
  const asking = rules.filter(({ requests }) => requests !== undefined);
  if (asking.length === 0 || allowed) {
    return [];
  }
  const names = asking.map(({ id }) => id).join(", ");
  return [`note: requests are off: nothing is fetched or resolved for ${names} without --allow-requests`];
}
