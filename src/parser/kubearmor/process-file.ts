/** The sections `process` and `file`: rules by path, directory, name and pattern. */
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Condition } from "../policy/tree.ts";
import type { YamlNode, YamlScalar } from "../yaml/tree.ts";
import { entryOf, itemsOf, scalarOf } from "../yaml/tree.ts";
import { type Attributes, attributesOf } from "./attributes.ts";
import { anyOf, compare, escapeGlob, text } from "./conditions.ts";
import {
  checkConditions,
  type Entry,
  entriesOf,
  flagOf,
  pathValues,
  refusesTerminal,
  sourcesOf,
} from "./entries.ts";
import type { Findings } from "./findings.ts";
import { notYet } from "./findings.ts";
import { checkDirectory, checkPath, checkPattern, withMergedUsr } from "./paths.ts";
import type { Subject } from "./precedence.ts";
import type { SectionRule } from "./rule.ts";

/** What changes a file or its name. */
const changes = ["file.write", "file.create", "file.delete", "file.link", "file.chmod"] as const;

/** Events that a section decides about; what is not allowed meets its posture there. */
export const sectionEvents = {
  process: ["process.exec"],
  file: ["file.open", ...changes],
} as const;

/** The rules of `process` or `file`. */
export function lowerPathSection(
  name: "process" | "file",
  spec: YamlNode,
  section: YamlNode,
  findings: Findings,
): readonly SectionRule[] {
  const lists = ["matchPaths", "matchDirectories", "matchPatterns"] as const;
  return lists
    .flatMap((list) => entriesOf(spec, section, list))
    .map((entry) => lowerEntry(name, entry, findings))
    .filter((rule) => rule !== undefined);
}

function lowerEntry(name: "process" | "file", entry: Entry, findings: Findings): SectionRule | undefined {
  const { node } = entry;
  const found = subjectOf(entry, findings);
  const sources = sourcesOf(entry, findings);
  checkConditions(entry, findings);
  refuseArguments(entry, findings);
  if (found === undefined || sources.length < itemsOf(node, "fromSource").length) {
    return undefined;
  }
  const attributes = attributesOf([node, entry.section, entry.spec], node.span);
  return {
    attributes,
    events: eventsOf(name, entry, attributes),
    subject: found.subject,
    condition: found.condition,
    sources,
    ownerOnly: flagOf(entry, "ownerOnly"),
    refusesTerminal: refusesTerminal(entry),
    span: node.span,
  };
}

/**
 * With `readOnly`, reading is not the rule's matter. A rule that only reports does so when a file is opened and
 * when its name changes, not at each write; one that decides also reaches files that are open already.
 */
function eventsOf(name: "process" | "file", entry: Entry, { action }: Attributes): readonly string[] {
  if (name === "process") {
    return sectionEvents.process;
  }
  if (flagOf(entry, "readOnly") && action !== "Allow") {
    return changes;
  }
  if (flagOf(entry, "readOnly")) {
    return ["file.open"];
  }
  return action === "Audit"
    ? sectionEvents.file.filter((event) => event !== "file.write")
    : sectionEvents.file;
}

interface FoundSubject {
  readonly subject: Subject;
  readonly condition: Condition;
}

function subjectOf(entry: Entry, findings: Findings): FoundSubject | undefined {
  const { list, node } = entry;
  if (list === "matchDirectories") {
    return directorySubject(entry, findings);
  }
  if (list === "matchPatterns") {
    return patternSubject(entry, findings);
  }
  const path = scalarOf(node, "path");
  const execname = scalarOf(node, "execname");
  if (path !== undefined && execname !== undefined) {
    findings.push(
      diagnostic("ignored-key", execname.span, "a rule has a `path` or an `execname`", {
        help: "give each a rule of its own",
      }),
    );
    return undefined;
  }
  if (path !== undefined) {
    return checkPath(path, entry.listKey, findings)
      ? {
          subject: { kind: "path" },
          condition: compare("file.path", "in", pathValues(path, findings), path.span),
        }
      : undefined;
  }
  if (execname === undefined) {
    reportMissing(entry, findings);
    return undefined;
  }
  return nameSubject(execname, findings);
}

function reportMissing({ node }: Entry, findings: Findings): void {
  const first = node.kind === "mapping" ? node.entries[0]?.key.span : undefined;
  // A value of another shape, and a list that needs the key, are the schema's findings.
  if (first !== undefined && ["path", "dir", "pattern", "execname"].every((key) => !entryOf(node, key))) {
    findings.push(
      diagnostic("missing-key", first, "the rule needs the key `path` or `execname`", {
        help: "add `path: …`, or `execname: …` for the program's file name",
      }),
    );
  }
}

function nameSubject(execname: YamlScalar, findings: Findings): FoundSubject | undefined {
  if (execname.text === "" || execname.text.includes("/")) {
    findings.push(
      diagnostic("kubearmor-path-shape", execname.span, "a file name has no slash", {
        help: "write only the last part, or `path: …` for the whole path",
      }),
    );
    return undefined;
  }
  return {
    subject: { kind: "execname" },
    condition: compare("file.path", "ends-with", [text(`/${execname.text}`, execname.span)], execname.span),
  };
}

function directorySubject(entry: Entry, findings: Findings): FoundSubject | undefined {
  const dir = scalarOf(entry.node, "dir");
  if (dir === undefined || !checkDirectory(dir, findings)) {
    return undefined;
  }
  const { span } = dir;
  const directories = withMergedUsr(dir.text, dir, findings).map((path) => path.replace(/(?<=.)\/+$/, ""));
  const subject: Subject = { kind: "directory", text: dir.text };
  if (flagOf(entry, "recursive")) {
    const values = directories.map((directory) => text(directory, span));
    return { subject, condition: compare("file.path", "under", values, span) };
  }
  const children = directories.map((directory) =>
    text(`${escapeGlob(directory === "/" ? "" : directory)}/*`, span),
  );
  const itself = directories.map((directory) => text(directory, span));
  return {
    subject,
    condition: anyOf(
      compare("file.path", "matches", children, span),
      [compare("file.path", "in", itself, span)],
      span,
    ),
  };
}

function patternSubject(entry: Entry, findings: Findings): FoundSubject | undefined {
  const pattern = scalarOf(entry.node, "pattern");
  if (pattern === undefined || !checkPattern(pattern, findings)) {
    return undefined;
  }
  // A pattern for a directory takes in what is below it.
  const written = pattern.text.endsWith("/") ? `${pattern.text}**` : pattern.text;
  const values = withMergedUsr(written, pattern, findings).map((each) => text(each, pattern.span));
  return {
    subject: { kind: "pattern", text: pattern.text },
    condition: compare("file.path", "matches", values, pattern.span),
  };
}

function refuseArguments({ node }: Entry, findings: Findings): void {
  const entry = entryOf(node, "allowedArgs");
  if (entry !== undefined && itemsOf(node, "allowedArgs").length > 0) {
    notYet(
      findings,
      entry.key.span,
      "`allowedArgs`",
      "where an execution can be refused only the arguments of the program before it are known",
    );
  }
}
