/** Rules of a block -> selectors. */
import { errnos, signals } from "../../kernel/errnos.ts";
import type { Action, Block, Condition, HookReference, Literal, Rule } from "../../parser/policy/tree.ts";
import { branchesOf } from "./branches.ts";
import { type Loss, loss } from "./loss.ts";
import { type Filter, filtersOf } from "./match.ts";

export interface Selector {
  readonly label: string | undefined;
  readonly filters: readonly Filter[];
  /** Each as its keys and values. */
  readonly actions: readonly Readonly<Record<string, string | number | boolean>>[];
}

type RawHook = Extract<HookReference, { readonly kind: "raw" }>;

/** The selectors of a block on one of its hooks, in order, or the first part that none can say. */
export function selectorsOf(block: Block, hook: RawHook): readonly Selector[] | Loss {
  const selectors: Selector[] = [];
  const rules = block.otherwise === undefined ? block.rules : [...block.rules, block.otherwise];
  for (const rule of rules) {
    const found = ruleSelectors(rule, block.condition, hook);
    if ("kind" in found) {
      return found;
    }
    selectors.push(...found);
  }
  // A hook without selectors reports everything.
  return selectors.length === 0 ? loss(block.span, "selectors can't say that nothing matches") : selectors;
}

function ruleSelectors(rule: Rule, common: Condition | undefined, hook: RawHook): readonly Selector[] | Loss {
  const actions = hook.refuses.length === 0 ? actionsOf(rule, hook) : notifying(actionsOf(rule, hook));
  if ("kind" in actions) {
    return actions;
  }
  const operands = [common, rule.condition].filter((condition) => condition !== undefined);
  const branches = branchesOf({ kind: "and", operands, span: rule.span });
  if (branches === undefined) {
    return loss(rule.span, "the condition has too many alternatives for selectors");
  }
  const selectors: Selector[] = [];
  for (const branch of branches) {
    const filters = filtersOf(branch, hook);
    if ("kind" in filters) {
      return filters;
    }
    selectors.push({ label: rule.label?.text, filters, actions });
  }
  return selectors;
}

type YamlAction = Readonly<Record<string, string | number | boolean>>;

function actionsOf(rule: Rule, hook: RawHook): readonly YamlAction[] | Loss {
  const actions: YamlAction[] = [];
  const kinds = rule.actions.map(({ kind }) => kind);
  const posts = kinds.includes("alert") || kinds.length === 0;
  for (const action of rule.actions) {
    const found = actionOf(action, posts, hook);
    if (isLoss(found)) {
      return found;
    }
    actions.push(...found);
  }
  return posts ? actions : [...actions, { action: "NoPost" }];
}

/** Where system calls begin, a value that they return is the enforcers' to give, with a signal if there is one. */
function notifying(actions: readonly YamlAction[] | Loss): readonly YamlAction[] | Loss {
  if (isLoss(actions)) {
    return actions;
  }
  const override = actions.find(({ action }) => action === "Override");
  const signals = actions.filter(({ action }) => action === "Sigkill" || action === "Signal");
  const others = actions.filter((each) => each !== override && !signals.includes(each));
  return override === undefined
    ? actions
    : [
        {
          action: "NotifyEnforcer",
          argError: override["argError"] ?? 0,
          ...(signals[0] === undefined ? {} : { argSig: signals[0]["argSig"] ?? 9 }),
        },
        ...others,
      ];
}

function isLoss(found: readonly YamlAction[] | Loss): found is Loss {
  return "kind" in found;
}

function actionOf(action: Action, posts: boolean, hook: RawHook): readonly YamlAction[] | Loss {
  switch (action.kind) {
    case "allow":
      // Without an event it is a selector that does nothing; with one it would read as a mere report.
      return posts ? loss(action.span, "no action both allows and reports") : [];
    case "silent":
      return [];
    case "deny": {
      const errno = numberOf(action.errno, errnos, 1);
      return errno === undefined
        ? loss(action.span, "the errno is no known one")
        : [{ action: "Override", argError: -errno }];
    }
    case "kill": {
      const signal = numberOf(action.signal, signals, 9);
      if (signal === undefined) {
        return loss(action.span, "the signal is no known one");
      }
      return action.signal === undefined ? [{ action: "Sigkill" }] : [{ action: "Signal", argSig: signal }];
    }
    case "alert":
      return action.template === undefined
        ? []
        : loss(action.template.span, "events have no text of their own");
    case "stack":
    case "track":
    case "untrack":
    case "fetch":
    case "resolve":
      return effectAction(action, hook);
    case "limit":
      return limitAction(action);
    case "default-limit":
      return loss(action.span, "`rateLimit` can't take its numbers from the node");
  }
}

/** What alerts have besides, and sockets that are followed. */
function effectAction(
  action: Extract<Action, { readonly kind: "stack" | "track" | "untrack" | "fetch" | "resolve" }>,
  hook: RawHook,
): readonly YamlAction[] | Loss {
  switch (action.kind) {
    case "stack":
      return [{ action: "Post", [`${action.of}StackTrace`]: true }];
    case "fetch":
      return [{ action: "GetUrl", argUrl: action.target.text }];
    case "resolve":
      return [{ action: "DnsLookup", argFqdn: action.target.text }];
    case "track":
    case "untrack": {
      if (action.argument.text === "return") {
        // It stands at the hook, for all selectors.
        return [];
      }
      const parameter = hook.parameters.find(({ name }) => name.text === action.argument.text);
      return parameter === undefined
        ? loss(action.argument.span, "only an argument can be tracked by a selector")
        : [
            {
              action: action.kind === "track" ? "TrackSock" : "UntrackSock",
              argSock: parameter.index,
            },
          ];
    }
  }
}

/** `rateLimit` posts one of several equal events in a time, and counts per thread, per process or for all of the hook. */
function limitAction(action: Extract<Action, { readonly kind: "limit" }>): readonly YamlAction[] | Loss {
  const { alike, count, mute, per, span, window } = action;
  const isRateLimit =
    count === 1 &&
    alike &&
    mute === undefined &&
    window % 1000 === 0 &&
    (per === "thread" || per === "process" || per === "rule");
  // What they call global counts for the hook that it stands at, as `per rule` does.
  return isRateLimit
    ? [{ action: "Post", rateLimit: `${window / 1000}s`, rateLimitScope: per === "rule" ? "global" : per }]
    : loss(span, "`rateLimit` counts one of several equal events per thread, process or rule");
}

function numberOf(
  literal: Literal | undefined,
  names: ReadonlyMap<string, number>,
  otherwise: number,
): number | undefined {
  switch (literal?.kind) {
    case undefined:
      return otherwise;
    case "integer":
      return Number(literal.value);
    case "word":
      return names.get(literal.value);
    case "range":
    case "string":
    case "cidr":
      return undefined;
  }
}
