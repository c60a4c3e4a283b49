/** The parts of the schema that say what a rule compares. */
import type { JsonSchema } from "../yaml/json-schema.ts";
import { flag, integer, list, mapping, oneOf, reference, text } from "../yaml/json-schema.ts";
import { actionNames } from "./words.ts";

/** What spec, section and rule share; the innermost that is given counts. */
export const attributes: Readonly<Record<string, JsonSchema>> = {
  severity: integer("How bad a hit is, from 1 to 10.", 1, 10),
  tags: list("Put into every alert.", text("A tag.")),
  message: text("Put into every alert."),
  action: oneOf("What to do; Block where nothing says it.", actionNames),
};

const sources = list(
  "Only for these programs.",
  mapping("A program.", { path: text("The path of its file.") }, ["path"]),
);
const ownerOnly = flag("Whether only the owner of the file may do it.");
const readOnly = flag("Whether reading is let through and only changes are decided.");
const pts = { type: "boolean", description: "`false`: refused where the process has a terminal." } as const;

const pathOf = (subject: string): JsonSchema => text(`The whole path of the ${subject}.`);
const directory: Readonly<Record<string, JsonSchema>> = {
  dir: text("The directory, with a slash at its end."),
  recursive: flag("Whether directories below count as well."),
};

const syscalls = list("System calls by name.", text("A system call."));
const syscallSources = list(
  "Only for these programs.",
  mapping("Programs.", {
    path: text("The path of a program."),
    dir: text("The directory of programs."),
    recursive: flag("Whether directories below count as well."),
  }),
);

/** Each list of rules, for `definitions`. */
export const ruleDefinitions: Readonly<Record<string, JsonSchema>> = {
  "process.matchPaths": mapping("A program.", {
    path: pathOf("program"),
    execname: text("The file name of the program, wherever it lies."),
    allowedArgs: list("Arguments that it may be started with.", text("An argument.")),
    ownerOnly,
    pts,
    fromSource: sources,
    ...attributes,
  }),
  "process.matchDirectories": mapping(
    "Programs in a directory.",
    { ...directory, ownerOnly, pts, fromSource: sources, ...attributes },
    ["dir"],
  ),
  "process.matchPatterns": mapping(
    "Programs by a pattern.",
    { pattern: text("`*`, `?`, `**`, `[a-z]`, `{a,b}`."), ownerOnly, ...attributes },
    ["pattern"],
  ),
  "file.matchPaths": mapping(
    "A file.",
    { path: pathOf("file"), readOnly, ownerOnly, pts, fromSource: sources, ...attributes },
    ["path"],
  ),
  "file.matchDirectories": mapping(
    "Files in a directory.",
    { ...directory, readOnly, ownerOnly, pts, fromSource: sources, ...attributes },
    ["dir"],
  ),
  "file.matchPatterns": mapping(
    "Files by a pattern.",
    { pattern: text("`*`, `?`, `**`, `[a-z]`, `{a,b}`."), readOnly, ownerOnly, ...attributes },
    ["pattern"],
  ),
  "network.matchProtocols": mapping(
    "Sockets by protocol or type.",
    { protocol: text("`tcp`, `udp`, `raw`, `all`, …"), pts, fromSource: sources, ...attributes },
    ["protocol"],
  ),
  "network.matchDNSQueries": mapping(
    "Names that are looked up.",
    { domain: text("The name."), fromSource: sources, ...attributes },
    ["domain"],
  ),
  "capabilities.matchCapabilities": mapping(
    "A capability.",
    { capability: text("`net_raw`, `sys_admin`, …"), fromSource: sources, ...attributes },
    ["capability"],
  ),
  "syscalls.matchSyscalls": mapping(
    "System calls.",
    { syscall: syscalls, fromSource: syscallSources, ...attributes },
    ["syscall"],
  ),
  "syscalls.matchPaths": mapping(
    "System calls on a path.",
    {
      path: text("A file, or a directory with a slash at its end."),
      recursive: flag("Whether directories below count as well."),
      syscall: syscalls,
      fromSource: syscallSources,
      ...attributes,
    },
    ["path"],
  ),
  "device.matchDevice": mapping(
    "USB devices.",
    {
      class: text("The class."),
      subClass: integer("The subclass.", 0, 255),
      protocol: integer("The protocol.", 0, 255),
      level: integer("The depth in the tree of hubs.", 1, 255),
      ...attributes,
    },
    ["class"],
  ),
};

/** A section: lists of rules and what they share. */
function section(description: string, name: string, lists: readonly string[]): JsonSchema {
  return {
    ...mapping(description, {
      ...Object.fromEntries(lists.map((key) => [key, list("Rules.", reference(`${name}.${key}`))])),
      ...attributes,
    }),
    type: ["object", "null"],
  };
}

/** The sections of a spec, for `definitions`. */
export const sectionDefinitions: Readonly<Record<string, JsonSchema>> = {
  process: section("Programs that are run.", "process", ["matchPaths", "matchDirectories", "matchPatterns"]),
  file: section("Files that are opened or changed.", "file", [
    "matchPaths",
    "matchDirectories",
    "matchPatterns",
  ]),
  network: section("Sockets.", "network", ["matchProtocols", "matchDNSQueries"]),
  capabilities: section("Capabilities that are used.", "capabilities", ["matchCapabilities"]),
  syscalls: section("System calls that are made.", "syscalls", ["matchSyscalls", "matchPaths"]),
  device: section("Devices that are plugged in.", "device", ["matchDevice"]),
};
