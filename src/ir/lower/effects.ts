/** What rules do besides their verdict. */
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Action, Name, RequestAction } from "../../parser/policy/tree.ts";
import type { Effect } from "../ir.ts";
import { printable } from "./printable.ts";
import type { ResolvedHook } from "./resolved-hook.ts";

/** The effects of a rule, in the order of its actions. What only alerts have is left out where none is posted. */
export function lowerEffects(
  actions: readonly Action[],
  post: boolean,
  hook: ResolvedHook,
  findings: Diagnostic[],
): readonly Effect[] {
  return actions.flatMap((action): readonly Effect[] => {
    switch (action.kind) {
      case "stack":
        return post ? [{ kind: "stack", of: action.of }] : [];
      case "fetch":
      case "resolve":
        checkRequest(action, findings);
        return post ? [{ kind: action.kind, target: action.target.text }] : [];
      case "track":
      case "untrack": {
        const argument = findSocket(action.argument, hook, findings);
        return argument === undefined ? [] : [{ kind: action.kind, argument }];
      }
      case "allow":
      case "deny":
      case "kill":
      case "alert":
      case "silent":
      case "limit":
      case "default-limit":
        return [];
    }
  });
}

const hostName = /^(?=.{1,253}$)[A-Za-z0-9_]([-A-Za-z0-9_]{0,62})(\.[A-Za-z0-9_]([-A-Za-z0-9_]{0,62}))*\.?$/;

function checkRequest({ kind, target }: RequestAction, findings: Diagnostic[]): void {
  const isAddress = URL.canParse(target.text) && /^https?:$/.test(new URL(target.text).protocol);
  if (kind === "fetch" ? !isAddress : !hostName.test(target.text)) {
    findings.push(
      diagnostic(
        "invalid-request",
        target.span,
        `\`${printable(target.text)}\` can't be ${kind}${kind === "fetch" ? "ed" : "d"}`,
        {
          help:
            kind === "fetch"
              ? "write an address: `http://name.example/path`"
              : "write a name: `name.example`",
        },
      ),
    );
    return;
  }
  findings.push(
    diagnostic("request-of-runtime", target.span, "the runtime asks for this only with `--allow-requests`", {
      help: "whoever makes the rule report makes the node send",
    }),
  );
}

/** The argument that is a socket, by its name; `return` is the value that the function returns. */
function findSocket(name: Name, hook: ResolvedHook, findings: Diagnostic[]): number | undefined {
  const result = name.text === "return" ? hook.result : undefined;
  const found = hook.arguments.find(({ parameter }) => parameter.name.text === name.text) ?? result;
  const isSocket =
    found?.type.kind === "sock" && (found.type.through === undefined || found.type.through === "socket");
  if (found !== undefined && isSocket) {
    return found.argument;
  }
  findings.push(
    diagnostic("value-type-mismatch", name.span, `\`${printable(name.text)}\` is no socket at this hook`, {
      help: "name an argument of type `sock` or `socket`, or `return` where the function returns one",
    }),
  );
  return undefined;
}
