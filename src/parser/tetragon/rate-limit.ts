/** `rateLimit` and `rateLimitScope` of `Post`: one of several equal events in a time. */
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { shortText } from "../../diagnostics/display.ts";
import type { LimitAction, LimitScope } from "../policy/tree.ts";
import { scalarOf, type YamlNode, type YamlScalar } from "../yaml/tree.ts";
import type { Findings } from "./findings.ts";

/** Milliseconds of each suffix, in any case; without one the number is in seconds. */
const units: Readonly<Record<string, number>> = { "": 1000, s: 1000, m: 60_000, h: 3_600_000 };

/** 32 bits of milliseconds. */
const longest = 0xffff_ffff;

/** What each scope counts for itself: `global` does so for the hook that it stands at, and so does a rule. */
const scopes: Readonly<Record<string, LimitScope>> = { thread: "thread", process: "process", global: "rule" };

/** The limit that an action asks for, if any. Only `Post` can have one. */
export function lowerRateLimit(action: YamlNode, findings: Findings): readonly LimitAction[] {
  const rate = scalarOf(action, "rateLimit");
  const scope = scalarOf(action, "rateLimitScope");
  if (scalarOf(action, "action")?.text !== "Post") {
    for (const key of [rate, scope].filter((each) => each !== undefined)) {
      findings.push(
        diagnostic("invalid-limit", key.span, "only `Post` has a rate limit", {
          help: "move the key to an action `Post`",
        }),
      );
    }
    return [];
  }
  if (rate === undefined) {
    if (scope !== undefined) {
      findings.push(
        diagnostic("ignored-key", scope.span, "`rateLimitScope` has no effect without `rateLimit`", {
          help: "add `rateLimit: 1m`, or remove it",
        }),
      );
    }
    return [];
  }
  const window = readRate(rate, findings);
  // The schema has refused other words.
  const per = scopes[scope?.text ?? "thread"];
  return window === undefined || per === undefined
    ? []
    : [{ kind: "limit", count: 1, alike: true, window, mute: undefined, per, span: rate.span }];
}

function readRate({ text, span }: YamlScalar, findings: Findings): number | undefined {
  const [, digits = "", unit = ""] = /^(\d+)([smh]?)$/i.exec(text) ?? [];
  const milliseconds = Number(digits) * (units[unit.toLowerCase()] ?? 0);
  if (digits === "" || milliseconds > longest || milliseconds === 0) {
    findings.push(
      diagnostic("invalid-limit", span, `\`${shortText(text)}\` is no time between two events`, {
        help: "write seconds, or a number with `s`, `m` or `h`: from `1s` to `1193h`",
      }),
    );
    return undefined;
  }
  return milliseconds;
}
