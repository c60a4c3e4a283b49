/**
 * The order in which the rules of a section are looked at: the most specific first. A rule for one program comes
 * before rules for all; a whole path before a file name, that before directories and patterns; of these, the one
 * with more letters. Of two rules that are equally specific, what blocks comes before what allows.
 */
import type { ActionName } from "./words.ts";

/** What a rule names. */
export type Subject =
  | { readonly kind: "path" }
  | { readonly kind: "execname" }
  | { readonly kind: "directory" | "pattern"; readonly text: string }
  /** A socket's type, or its protocol. */
  | { readonly kind: "socket-type" | "socket-protocol" }
  | { readonly kind: "other" };

const LONGEST = 999;

/** The precedence of a rule in its group: `10000` to `69999`. */
export function precedenceOf(subject: Subject, hasSource: boolean, action: ActionName): number {
  const tier = tierOf(subject, hasSource);
  return tier * 10_000 + widthOf(subject) * 10 + (action === "Allow" ? 5 : 0);
}

function tierOf(subject: Subject, hasSource: boolean): number {
  switch (subject.kind) {
    case "path":
    case "socket-type":
    case "other":
      return hasSource ? 1 : 4;
    case "directory":
    case "pattern":
      return hasSource ? 3 : 6;
    case "execname":
    case "socket-protocol":
      return hasSource ? 2 : 5;
  }
}

/** The less a rule says, the larger. */
function widthOf(subject: Subject): number {
  switch (subject.kind) {
    case "directory":
      return Math.max(0, LONGEST - Buffer.byteLength(subject.text));
    case "pattern": {
      const letters = subject.text.replaceAll(/\*+\/?|\?|\[[^\]]*\]|[{}]/g, "");
      return Math.max(0, LONGEST - Buffer.byteLength(letters));
    }
    case "path":
    case "execname":
    case "socket-type":
    case "socket-protocol":
    case "other":
      return 0;
  }
}
