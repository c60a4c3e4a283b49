import type { JsonSchema } from "../yaml/json-schema.ts";
import { flag, integer, list, mapping, oneOf, optional, reference, text } from "../yaml/json-schema.ts";
import { actionNames, argumentOperators, namespaceNames } from "./words.ts";

const int32 = { low: -(2 ** 31), high: 2 ** 31 - 1 } as const;
const uint32 = 2 ** 32 - 1;

const texts = (description: string): JsonSchema => list(description, text("A value, always a text."));
const membership = oneOf("Whether the value must be among `values`, or must not.", ["In", "NotIn"]);

const matchPids = mapping(
  "Compares the process's pid.",
  {
    operator: membership,
    values: list("Pids.", integer("A pid.", 0, uint32)),
    isNamespacePID: flag("Whether pids are those of the process's own pid namespace."),
    followForks: flag("Whether descendants of the listed processes count as well."),
  },
  ["operator", "values"],
);

const matchBinaries = mapping(
  "Compares the path of the program that the process executed.",
  {
    operator: oneOf("How the path is compared.", [
      "In",
      "NotIn",
      "Prefix",
      "NotPrefix",
      "Postfix",
      "NotPostfix",
    ]),
    values: texts("Paths."),
    followChildren: flag("Whether descendants of the listed programs count as well."),
  },
  ["operator", "values"],
);

const matchNamespaces = mapping(
  "Compares a namespace of the process.",
  {
    namespace: oneOf("Which namespace.", namespaceNames),
    operator: membership,
    values: texts("Inode numbers, or `host_ns`."),
  },
  ["namespace", "operator", "values"],
);

const matchNamespaceChanges = mapping(
  "Asks whether the process changed namespaces since it was executed.",
  { operator: membership, values: list("Namespaces.", oneOf("A namespace.", namespaceNames)) },
  ["operator", "values"],
);

const matchCapabilities = mapping(
  "Compares a capability set of the process.",
  {
    type: { ...oneOf("Which set.", ["Effective", "Inheritable", "Permitted"]), default: "Effective" },
    operator: membership,
    isNamespaceCapability: flag("Whether only capabilities in another user namespace than the host's count."),
    values: texts("Capabilities: `CAP_SYS_ADMIN`, …"),
  },
  ["operator", "values"],
);

const matchArgument = mapping(
  "Compares an argument of the hook.",
  {
    index: integer("The argument, by its number among the hook's arguments.", 0, uint32),
    args: list(
      "Arguments by position in `args`; for operators that take several.",
      integer("A position.", 0, 4),
    ),
    operator: oneOf("How the argument is compared.", argumentOperators),
    values: texts("Alternatives. For operators that begin with Not, none of them may hold."),
  },
  ["operator"],
);

const matchWorkloads = optional(
  mapping("Workloads that the selector is for.", {
    podSelector: reference("labelSelector"),
    containerSelector: reference("labelSelector"),
    hostSelector: reference("hostSelector"),
  }),
);

const action = mapping(
  "What to do.",
  {
    action: oneOf("The action.", actionNames),
    argUrl: text("GetUrl: the address to fetch."),
    argFqdn: text("DnsLookup: the name to look up."),
    argError: integer(
      "Override, NotifyEnforcer: the value to return, a negative errno.",
      int32.low,
      int32.high,
    ),
    argSig: integer("Signal, NotifyEnforcer: the signal's number.", 0, uint32),
    argSock: integer("TrackSock, UntrackSock: index of the socket argument.", 0, uint32),
    argIndex: integer("Set, NotifyEnforcer: index of an argument.", 0, uint32),
    argValue: integer("Set: the value to write.", 0, uint32),
    argRegs: texts("Override at a uprobe: registers to write, `rax=1`."),
    argNewSymbol: text("Override at a uprobe: the symbol to go on at."),
    argNewAddr: integer("Override at a uprobe: the address to go on at.", 0, Number.MAX_SAFE_INTEGER),
    argNewOffset: integer("Override at a uprobe: the offset to go on at.", 0, Number.MAX_SAFE_INTEGER),
    rateLimit: text("Post: the shortest time between two equal events: `10`, `30s`, `5m`, `1h`."),
    rateLimitScope: oneOf("Post: what the rate limit counts for.", ["thread", "process", "global"]),
    kernelStackTrace: flag("Post: whether the event carries the kernel's stack."),
    userStackTrace: flag("Post: whether the event carries the program's stack."),
    imaHash: flag("Post: whether the event carries the file's IMA hash."),
  },
  ["action"],
);

const filters: Readonly<Record<string, JsonSchema>> = {
  matchPIDs: list("All must hold.", reference("matchPIDs")),
  matchBinaries: list("All must hold.", reference("matchBinaries")),
  matchParentBinaries: list("The same for the parent process.", reference("matchBinaries")),
  matchNamespaces: list("All must hold.", reference("matchNamespaces")),
  matchNamespaceChanges: list("All must hold.", reference("matchNamespaceChanges")),
  matchCapabilities: list("All must hold.", reference("matchCapabilities")),
  matchCapabilityChanges: list("Capabilities gained or lost since exec.", reference("matchCapabilities")),
  matchArgs: list("All must hold.", reference("matchArgs")),
  matchData: list("The same for `data`; `index` is the position there.", reference("matchArgs")),
  matchReturnArgs: list("The same for the return value.", reference("matchArgs")),
  matchActions: list("What to do; reporting when empty.", reference("matchActions")),
  matchReturnActions: list("What to do when the function returns.", reference("matchActions")),
  matchWorkloads: reference("matchWorkloads"),
  macros: texts("Names of `selectorsMacros` to add."),
  label: text("A name for the selector."),
};

/** The parts of a selector, for `definitions`. */
export const selectorDefinitions: Readonly<Record<string, JsonSchema>> = {
  selector: mapping(
    "A rule: filters that must all hold, and actions. The first that holds decides.",
    filters,
  ),
  matchPIDs: matchPids,
  matchBinaries,
  matchNamespaces,
  matchNamespaceChanges,
  matchCapabilities,
  matchArgs: matchArgument,
  matchWorkloads,
  matchActions: action,
};
