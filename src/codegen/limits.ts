/** Limits on alerts: their numbers in the bundle, what the maps of `bpf/templates/throttle.h` begin with, and the C around them. */
import {
  CAPTURED_SOCK,
  LIMIT_KEY,
  LIMIT_ENTRY,
  LIMIT_SCOPES,
  LIMIT_STATE,
  RULE_LIMIT,
  type StructLayout,
} from "../../runtime/event-layout.ts";
import type { ManifestLimit, PlannedMap } from "../../runtime/manifest.ts";
import { LIMIT_MAPS } from "../../runtime/manifest.ts";
import type { Capture, IrHook, IrRule, Limit } from "../ir/ir.ts";
import { limitText } from "../ir/limit.ts";
import { invariant } from "../source/invariant.ts";
import type { CWriter } from "./c-writer.ts";

/** The limits of a compilation. */
export interface NumberedLimits {
  readonly limits: readonly ManifestLimit[];
  /** For each rule of all hooks, in order: its limit's number. */
  readonly ofRules: readonly (number | undefined)[];
}

/**
 * A limit counts for one rule, at all the places of an event; with `global` for all rules whose limits are
 * equal. Deterministic.
 */
export function numberLimits(hooks: readonly IrHook[]): NumberedLimits {
  const numbers = new Map<string, number>();
  const limits: ManifestLimit[] = [];
  const ofRules = rulesOf(hooks).map(({ rule }) => {
    if (rule.limit === undefined) {
      return undefined;
    }
    const shared = rule.limit.kind === "fixed" && rule.limit.per === "global";
    const key = `${shared ? "" : rule.id} ${limitText(rule.limit)}`;
    const known = numbers.get(key);
    if (known !== undefined) {
      return known;
    }
    numbers.set(key, limits.length);
    limits.push(manifestLimit(rule.limit));
    return limits.length - 1;
  });
  return { limits, ofRules };
}

function rulesOf(hooks: readonly IrHook[]): readonly { readonly hook: IrHook; readonly rule: IrRule }[] {
  return hooks.flatMap((hook) => hook.blocks.flatMap(({ rules }) => rules.map((rule) => ({ hook, rule }))));
}

function manifestLimit(limit: Limit): ManifestLimit {
  if (limit.kind === "default") {
    return { kind: "default" };
  }
  const { kind, count, window, mute, per, alike } = limit;
  return { kind, count, window, mute, per, alike: alike !== undefined };
}

/** Part of a capture in an event record whose hash tells alerts apart. */
export interface HashedPart {
  readonly argument: number;
  /** Number of its hash. */
  readonly slot: number;
  /** Where in the capture it begins, and its bytes; `text`: those that it carries, of a path or another text; `all`: of all its parts. */
  readonly start: number;
  readonly bytes: number | "text" | "all";
}

/**
 * What limits of a hook compare: of a socket the addresses, ports, family, type and protocol, of a file its
 * path, of a number or an object all. Of a longer value the first 4096 bytes count.
 */
export function hashedParts(hook: IrHook): readonly HashedPart[] {
  const asked = new Set(hook.blocks.flatMap(({ rules }) => rules.flatMap(({ limit }) => alikeOf(limit))));
  return hook.captures
    .filter(({ argument }) => asked.has(argument))
    .flatMap((capture) => partsOf(capture).map((part) => ({ argument: capture.argument, ...part })))
    .map((part, slot) => ({ ...part, slot }));
}

function partsOf({ type }: Capture): readonly Pick<HashedPart, "start" | "bytes">[] {
  switch (type.kind) {
    case "integer":
      return [{ start: 0, bytes: 8 }];
    case "file":
    case "path":
    case "text":
      return [{ start: 0, bytes: "text" }];
    case "object":
      return [{ start: 0, bytes: "all" }];
    case "sock":
      return [
        { start: 0, bytes: offsetOf(CAPTURED_SOCK, "state") },
        {
          start: offsetOf(CAPTURED_SOCK, "saddr"),
          bytes: offsetOf(CAPTURED_SOCK, "length") - offsetOf(CAPTURED_SOCK, "saddr"),
        },
      ];
  }
}

function offsetOf(layout: StructLayout, name: string): number {
  const field = layout.fields.find((each) => each.name === name);
  invariant(field !== undefined, `${layout.name} has ${name}`);
  return field.offset;
}

function alikeOf(limit: Limit | undefined): readonly number[] {
  return limit?.kind === "fixed" ? (limit.alike ?? []) : [];
}

/** Whether any alert of the hook is limited. */
export function isLimited(hook: IrHook): boolean {
  return hook.blocks.some(({ rules }) => rules.some(({ limit }) => limit !== undefined));
}

/** What the maps of limits begin with. The default limit is off until the runtime sets it. */
export function planLimits(hooks: readonly IrHook[]): readonly PlannedMap[] {
  const { limits, ofRules } = numberLimits(hooks);
  if (limits.length === 0) {
    return [];
  }
  const rules = rulesOf(hooks);
  return [
    {
      name: LIMIT_MAPS.limits,
      entries: limits.map((limit, index) => ({ key: word(index), value: limitValue(limit) })),
    },
    {
      name: LIMIT_MAPS.rules,
      entries: ofRules.flatMap((limit, index) => {
        const placed = rules[index];
        return limit === undefined || placed === undefined
          ? []
          : [{ key: word(index), value: word(limit + 1) + word(argumentMask(placed.hook, placed.rule)) }];
      }),
    },
  ];
}

function argumentMask(hook: IrHook, { limit }: IrRule): number {
  const alike = alikeOf(limit);
  return hashedParts(hook).reduce(
    (mask, { argument, slot }) => (alike.includes(argument) ? mask | (1 << slot) : mask),
    0,
  );
}

function limitValue(limit: ManifestLimit): string {
  if (limit.kind === "default") {
    return word(0) + word(LIMIT_SCOPES.container) + doubleWord(0) + doubleWord(0);
  }
  const scope = limit.per === "global" ? LIMIT_SCOPES.rule : LIMIT_SCOPES[limit.per];
  return word(limit.count) + word(scope) + doubleWord(limit.window) + doubleWord(limit.mute);
}

function word(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes.toString("hex");
}

function doubleWord(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes.toString("hex");
}

/** Sizes that `throttle.h` needs, before it is included. Writes nothing for policies without limits. */
export function writeLimitSizes(writer: CWriter, hooks: readonly IrHook[]): void {
  const { limits } = numberLimits(hooks);
  if (limits.length > 0) {
    writer.line(`#define LIMIT_COUNT ${limits.length}`);
    const hashed = hooks.map((hook) => hashedParts(hook).length);
    writer.line(`#define LIMIT_ARGUMENTS ${Math.max(1, ...hashed)}`);
  }
}

/** Structs of `throttle.h` that the runtime reads or writes. */
export const limitLayouts: readonly StructLayout[] = [LIMIT_ENTRY, LIMIT_KEY, LIMIT_STATE, RULE_LIMIT];

/** What each limit's map holds, for the manifest: type, key and value size, most entries. */
export function limitMapShapes(
  limits: number,
  rules: number,
): readonly (readonly [name: string, type: string, key: number, value: number, most: number])[] {
  return [
    [LIMIT_MAPS.limits, "array", 4, LIMIT_ENTRY.size, limits],
    [LIMIT_MAPS.rules, "array", 4, RULE_LIMIT.size, rules],
    [LIMIT_MAPS.states, "lru_hash", LIMIT_KEY.size, LIMIT_STATE.size, LIMIT_STATES],
    [LIMIT_MAPS.secret, "array", 4, 16, 1],
  ];
}

/** Keys that are remembered at once: `LIMIT_STATES` of `throttle.h`. */
const LIMIT_STATES = 16_384;
