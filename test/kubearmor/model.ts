/**
 * What KubeArmor policies decide, told directly: every rule that matches is found, and the most specific decides. No
 * lists in order of precedence, no groups: the compiler's decision is held against this.
 */

export type Action = "Allow" | "Block" | "Audit";

export interface ModelRule {
  readonly section: "process" | "file";
  readonly action: Action;
  readonly subject:
    | { readonly kind: "path"; readonly path: string }
    | { readonly kind: "execname"; readonly name: string }
    | { readonly kind: "directory"; readonly dir: string; readonly recursive: boolean }
    /** `DIR**`: everything below. */
    | { readonly kind: "pattern"; readonly dir: string };
  readonly source: string | undefined;
  readonly readOnly: boolean;
  readonly ownerOnly: boolean;
  /** `pts: false` */
  readonly withoutTerminal: boolean;
}

export interface ModelEvent {
  readonly operation: "exec" | "open" | "write";
  readonly path: string;
  /** The program that acts. */
  readonly program: string;
  /** The program of its parent. */
  readonly parent: string;
  readonly owned: boolean;
  /** Whether the program that acts has a terminal. */
  readonly terminal: boolean;
}

export interface ModelOutcome {
  readonly refused: boolean;
  /** Whether no rule but the posture decided. */
  readonly posture: boolean;
  /** Audit rules that are told of it: none or the most specific one. */
  readonly audited: boolean;
}

/** What becomes of an operation under the rules of all policies of a workload. */
export function decide(
  rules: readonly ModelRule[],
  posture: "audit" | "block",
  event: ModelEvent,
): ModelOutcome {
  const section = event.operation === "exec" ? "process" : "file";
  const own = rules.filter((rule) => rule.section === section);
  const matching = own.filter((rule) => matches(rule, event) && concerns(rule, event));
  const auditing = mostSpecific(matching.filter(({ action }) => action === "Audit"));
  const audited = auditing !== undefined && (conditional(auditing, event) ?? true);
  const deciding = mostSpecific(matching.filter(({ action }) => action !== "Audit"));
  if (deciding !== undefined) {
    const refused = conditional(deciding, event) ?? deciding.action === "Block";
    return { refused, posture: false, audited };
  }
  const hasPosture = own.some(({ action }) => action === "Allow");
  return { refused: hasPosture && posture === "block", posture: hasPosture, audited };
}

/** Whether a rule that asks more than for a path takes effect; undefined where it asks nothing more. */
function conditional({ ownerOnly, withoutTerminal }: ModelRule, event: ModelEvent): boolean | undefined {
  if (ownerOnly) {
    return !event.owned;
  }
  return withoutTerminal ? event.terminal : undefined;
}

function matches({ section, subject, source }: ModelRule, event: ModelEvent): boolean {
  const acting = section === "process" ? event.parent : event.program;
  return (source === undefined || source === acting) && subjectMatches(subject, event.path);
}

function subjectMatches(subject: ModelRule["subject"], path: string): boolean {
  switch (subject.kind) {
    case "path":
      return path === subject.path;
    case "execname":
      return path.slice(path.lastIndexOf("/") + 1) === subject.name;
    case "directory": {
      const below = path.startsWith(subject.dir) ? path.slice(subject.dir.length) : undefined;
      return (
        `${path}/` === subject.dir || (below !== undefined && (subject.recursive || !below.includes("/")))
      );
    }
    case "pattern":
      return path.startsWith(subject.dir);
  }
}

/** With `readOnly`, a rule that refuses or reports is about changes, one that allows about opening. */
function concerns({ section, action, readOnly }: ModelRule, { operation }: ModelEvent): boolean {
  if (section === "process") {
    return true;
  }
  if (readOnly) {
    return (action === "Allow") === (operation === "open");
  }
  return action !== "Audit" || operation === "open";
}

/** The first by kind, then by letters; of equal ones what refuses, then the first in order. */
function mostSpecific(rules: readonly ModelRule[]): ModelRule | undefined {
  let best: ModelRule | undefined;
  for (const rule of rules) {
    if (best === undefined || isMoreSpecific(rule, best)) {
      best = rule;
    }
  }
  return best;
}

function isMoreSpecific(rule: ModelRule, other: ModelRule): boolean {
  const [kind, letters] = specificity(rule);
  const [otherKind, otherLetters] = specificity(other);
  if (kind !== otherKind) {
    return kind < otherKind;
  }
  return letters === otherLetters
    ? rule.action === "Block" && other.action === "Allow"
    : letters > otherLetters;
}

/** KubeArmor's order: path, name and directory for one program, then path, name and directory for all. */
function specificity({ subject, source }: ModelRule): readonly [number, number] {
  switch (subject.kind) {
    case "path":
      return [source === undefined ? 4 : 1, 0];
    case "execname":
      return [source === undefined ? 5 : 2, 0];
    case "directory":
    case "pattern":
      return [source === undefined ? 6 : 3, subject.dir.length];
  }
}
