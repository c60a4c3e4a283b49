import { shortText } from "../../diagnostics/display.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Span } from "../../source/source.ts";
import type { Action } from "../policy/tree.ts";
import type { YamlMapping, YamlNode, YamlScalar } from "../yaml/tree.ts";
import { itemsOf, scalarOf } from "../yaml/tree.ts";
import { type DeclaredArgument, nameAt, textAt } from "./arguments.ts";
import type { Findings } from "./findings.ts";
import { lowerRateLimit } from "./rate-limit.ts";
import { notYet, refuseOtherKeys } from "./findings.ts";

/** Keys that are looked at whatever the action is: `lowerRateLimit` says where they don't belong. */
const common = ["action", "rateLimit", "rateLimitScope"];

const keysOf: Readonly<Record<string, ReadonlySet<string>>> = {
  Signal: new Set([...common, "argSig"]),
  Override: new Set([...common, "argError"]),
  Post: new Set([...common, "kernelStackTrace", "userStackTrace", "imaHash"]),
  TrackSock: new Set([...common, "argSock"]),
  argUrl: new Set([...common, "argUrl"]),
  argFqdn: new Set([...common, "argFqdn"]),
  NotifyEnforcer: new Set([...common, "argError", "argSig", "argIndex"]),
  // The language allows `argError` beside any action; only Override and NotifyEnforcer use it.
  Sigkill: new Set([...common, "argError"]),
};
const plainKeys: ReadonlySet<string> = new Set(common);

/**
 * The actions of a selector: verdicts in order, then whether the event is reported. It is, unless NoPost is
 * anywhere in the list.
 */
export function lowerActions(
  selector: YamlMapping,
  key: "matchActions" | "matchReturnActions",
  declared: readonly DeclaredArgument[],
  findings: Findings,
): readonly Action[] {
  const verdicts: Action[] = [];
  const additions: Action[] = [];
  const limits: Action[] = [];
  let report: Action = { kind: "alert", template: undefined, span: selector.span };
  for (const item of itemsOf(selector, key)) {
    limits.push(...lowerRateLimit(item, findings));
    for (const action of lowerAction(item, declared, findings)) {
      if (action.kind === "alert" || action.kind === "silent") {
        report = report.kind === "silent" ? report : action;
      } else if (action.kind === "stack" || action.kind === "fetch" || action.kind === "resolve") {
        additions.push(action);
      } else {
        verdicts.push(action);
      }
    }
  }
  const [limit, ...more] = report.kind === "alert" ? limits : [];
  for (const { span } of more) {
    findings.push(
      diagnostic("conflicting-actions", span, "the selector has another `rateLimit` before this", {
        help: "keep one of them",
      }),
    );
  }
  if (report.kind === "silent") {
    for (const { span } of additions) {
      findings.push(
        diagnostic("ignored-key", span, "with `NoPost` there is no event that this could be about", {
          help: "remove it, or `NoPost`",
        }),
      );
    }
    return [...verdicts, report];
  }
  return [...verdicts, report, ...(limit === undefined ? [] : [limit]), ...additions];
}

function lowerAction(
  node: YamlNode,
  declared: readonly DeclaredArgument[],
  findings: Findings,
): readonly Action[] {
  const name = scalarOf(node, "action");
  if (node.kind !== "mapping" || name === undefined) {
    return [];
  }
  switch (name.text) {
    case "Post":
      return lowerPost(node, name.span, findings);
    case "NoPost":
      refuseOtherKeys(findings, node, "matchActions", plainKeys);
      return [{ kind: "silent", span: name.span }];
    case "Sigkill":
      refuseOtherKeys(findings, node, "matchActions", keysOf["Sigkill"] ?? plainKeys);
      warnUnusedError(node, findings);
      return [{ kind: "kill", signal: undefined, span: name.span }];
    case "Signal":
      return lowerSignal(node, name.span, findings);
    case "Override":
      return lowerOverride(node, name.span, findings);
    case "NotifyEnforcer":
      return lowerNotification(node, name.span, findings);
    case "CleanupEnforcerNotification":
      // A notification is for the call that begins: there is never one of before.
      refuseOtherKeys(findings, node, "matchActions", plainKeys);
      return [];
    case "GetUrl":
      return lowerRequest(node, name.span, { kind: "fetch", key: "argUrl" }, findings);
    case "DnsLookup":
      return lowerRequest(node, name.span, { kind: "resolve", key: "argFqdn" }, findings);
    case "TrackSock":
    case "UntrackSock":
      return lowerTracking(node, name, declared, findings);
    case "Set":
      notYet(findings, name.span, "the action `Set`");
      return [];
    default:
      // The schema lists the actions and has refused this one.
      return [];
  }
}

/** An alert, and what it tells besides. */
function lowerPost(node: YamlMapping, span: Span, findings: Findings): readonly Action[] {
  refuseOtherKeys(findings, node, "matchActions", keysOf["Post"] ?? plainKeys);
  const hash = scalarOf(node, "imaHash");
  if (hash?.value === true) {
    findings.push(
      diagnostic("hash-not-possible", hash.span, "the hash of the file can't be told", {
        help: "remove `imaHash`; events carry the file's path",
      }),
    );
  }
  const stacks = (["kernel", "user"] as const).flatMap((of): readonly Action[] => {
    const asked = scalarOf(node, `${of}StackTrace`);
    return asked?.value === true ? [{ kind: "stack", of, span: asked.span }] : [];
  });
  return [{ kind: "alert", template: undefined, span }, ...stacks];
}

/** Events about the socket are told of the process that acts now, or no longer. */
function lowerTracking(
  node: YamlMapping,
  name: YamlScalar,
  declared: readonly DeclaredArgument[],
  findings: Findings,
): readonly Action[] {
  refuseOtherKeys(findings, node, "matchActions", keysOf["TrackSock"] ?? plainKeys);
  const index = scalarOf(node, "argSock");
  const found = declared.find(({ parameter }) => parameter.index === (index?.value ?? 0));
  if (found === undefined) {
    findings.push(
      diagnostic(
        index === undefined ? "missing-key" : "unknown-argument",
        (index ?? name).span,
        `\`${name.text}\` needs a socket among the arguments`,
        { help: "declare it under `args` and give its number: `argSock: 0`" },
      ),
    );
    return [];
  }
  const kind = name.text === "TrackSock" ? "track" : "untrack";
  return [{ kind, argument: nameAt(found.parameter.name.text, index ?? name), span: name.span }];
}

function lowerRequest(
  node: YamlMapping,
  span: Span,
  { kind, key }: { readonly kind: "fetch" | "resolve"; readonly key: "argUrl" | "argFqdn" },
  findings: Findings,
): readonly Action[] {
  refuseOtherKeys(findings, node, "matchActions", keysOf[key] ?? plainKeys);
  const target = textAt(scalarOf(node, key));
  if (target === undefined) {
    findings.push(
      diagnostic("missing-key", span, `the action needs the key \`${key}\``, {
        help: kind === "fetch" ? 'add `argUrl: "http://…"`' : 'add `argFqdn: "name.example"`',
      }),
    );
    return [];
  }
  return [{ kind, target, span }];
}

function warnUnusedError(node: YamlMapping, findings: Findings): void {
  const error = scalarOf(node, "argError");
  if (error !== undefined) {
    findings.push(
      diagnostic("ignored-key", error.span, "`argError` has no effect on `Sigkill`", {
        help: "add `action: Override` to return it, or remove it",
      }),
    );
  }
}

/** What is asked of the enforcers: a value that the call returns, a signal, or both. */
function lowerNotification(node: YamlMapping, span: Span, findings: Findings): readonly Action[] {
  refuseOtherKeys(findings, node, "matchActions", keysOf["NotifyEnforcer"] ?? plainKeys);
  const index = scalarOf(node, "argIndex");
  if (index !== undefined) {
    findings.push(
      diagnostic("ignored-key", index.span, "no notification is ever missed, so none is counted", {
        help: "remove `argIndex`",
      }),
    );
  }
  const isAsked = (key: string): boolean => {
    const value = scalarOf(node, key);
    return value !== undefined && value.value !== 0;
  };
  if (!isAsked("argError") && !isAsked("argSig")) {
    findings.push(
      diagnostic("missing-key", span, "`NotifyEnforcer` needs `argError` or `argSig`", {
        help: "add `argError: -1` to refuse with EPERM, `argSig: 9` to kill",
      }),
    );
  }
  return [
    ...(isAsked("argError") ? overrideOf(node, span, findings) : []),
    ...(isAsked("argSig") ? signalOf(node, span, findings) : []),
  ];
}

function lowerSignal(node: YamlMapping, span: Span, findings: Findings): readonly Action[] {
  refuseOtherKeys(findings, node, "matchActions", keysOf["Signal"] ?? plainKeys);
  return signalOf(node, span, findings);
}

function signalOf(node: YamlMapping, span: Span, findings: Findings): readonly Action[] {
  const signal = scalarOf(node, "argSig");
  if (signal === undefined || typeof signal.value !== "number" || !Number.isSafeInteger(signal.value)) {
    if (signal === undefined) {
      findings.push(
        diagnostic("missing-key", span, "`Signal` needs the key `argSig`", {
          help: "add `argSig: 9`, the signal's number",
        }),
      );
    }
    return [];
  }
  return [
    { kind: "kill", signal: { kind: "integer", value: BigInt(signal.value), span: signal.span }, span },
  ];
}

function lowerOverride(node: YamlMapping, span: Span, findings: Findings): readonly Action[] {
  refuseOtherKeys(findings, node, "matchActions", keysOf["Override"] ?? plainKeys);
  return overrideOf(node, span, findings);
}

function overrideOf(node: YamlMapping, span: Span, findings: Findings): readonly Action[] {
  const error = scalarOf(node, "argError");
  if (error === undefined || typeof error.value !== "number" || !Number.isSafeInteger(error.value)) {
    if (error === undefined) {
      findings.push(
        diagnostic("missing-key", span, "`Override` needs the key `argError`", {
          help: "add `argError: -1` to refuse with EPERM",
        }),
      );
    }
    return [];
  }
  if (error.value >= 0 || error.value < -4095) {
    findings.push(
      diagnostic("invalid-action-value", error.span, `\`${shortText(error.text)}\` is no negative errno`, {
        help: "to refuse write the errno with a minus: `-1` for EPERM, `-13` for EACCES",
      }),
    );
    return [];
  }
  return [{ kind: "deny", errno: { kind: "integer", value: BigInt(-error.value), span: error.span }, span }];
}
