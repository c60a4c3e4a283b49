import type { JsonSchema } from "../yaml/json-schema.ts";
import { flag, integer, list, mapping, oneOf, optional, reference, text } from "../yaml/json-schema.ts";
import { argumentTypes } from "./words.ts";

const uint32 = 2 ** 32 - 1;

const argument = mapping(
  "An argument to read.",
  {
    index: integer("Its number among the function's arguments, from 0.", 0, uint32),
    type: { ...oneOf("How to read it.", argumentTypes), default: "auto" },
    sizeArgIndex: integer("char_buf, char_iovec: which argument has the size, from 1.", 0, uint32),
    returnCopy: flag("Whether to read it when the function returns."),
    maxData: flag("char_buf: whether to read as much as possible."),
    resolve: text("A path of fields to follow: `mm.owner.pid`."),
    btfType: text("The struct that `resolve` begins at."),
    btfTypeModule: text("The kernel module that has `btfType`."),
    source: oneOf("`data` only: where the value comes from.", ["current_task", "pt_regs"]),
    label: text("A name for the value in events."),
  },
  ["index"],
);

const datum: JsonSchema = { ...argument, description: "A value to read that is no argument.", required: [] };

const common: Readonly<Record<string, JsonSchema>> = {
  args: list("Arguments to read: they are in events and can be compared.", reference("args")),
  selectors: list("Ordered rules; none: every call is reported.", reference("selector")),
  message: text("A sentence for events."),
  tags: list("Tags for events.", text("A tag.")),
};

const ignore = optional(
  mapping("Faults to overlook.", {
    callNotFound: flag("Whether a function that the kernel lacks is left out."),
    digestVerificationFailure: flag("Whether a file with another digest is left out."),
  }),
);

const function_ = (description: string): JsonSchema =>
  mapping(
    description,
    {
      call: text("A kernel function, or `list:NAME`."),
      syscall: flag("Whether the function is a system call.", true),
      return: flag("Whether to look at the return value as well; needs `returnArg`."),
      data: list("Further values to read.", reference("data")),
      returnArg: reference("args"),
      returnArgAction: oneOf("What to do with a returned socket.", ["TrackSock", "UntrackSock"]),
      ignore,
      ...common,
    },
    ["call"],
  );

const tracepoint = mapping(
  "A static point of the kernel.",
  {
    subsystem: text("The subsystem: `sched`."),
    event: text("The event: `sched_process_exec`."),
    raw: flag("Whether to attach to the raw tracepoint."),
    ...common,
  },
  ["subsystem", "event"],
);

const uprobe = mapping(
  "A function of a program or library.",
  {
    path: text("The ELF file."),
    symbols: list("Functions by name.", text("A symbol, or symbol+offset.")),
    offsets: list("Places by offset in the file.", integer("An offset.", 0, Number.MAX_SAFE_INTEGER)),
    addrs: list("Places by address.", integer("An address.", 0, Number.MAX_SAFE_INTEGER)),
    refCtrOffsets: list("Offsets of semaphores.", integer("An offset.", 0, Number.MAX_SAFE_INTEGER)),
    btfPath: text("A file with the program's types."),
    binaryDigests: list("Accepted digests of the file.", text("`sha256:…`")),
    data: list("Further values to read.", reference("data")),
    return: flag("Whether to look at the return value as well."),
    returnArg: reference("args"),
    ignore,
    ...common,
  },
  ["path"],
);

const usdt = mapping(
  "A static point of a program or library.",
  {
    path: text("The ELF file."),
    provider: text("The provider."),
    name: text("The probe's name."),
    btfPath: text("A file with the program's types."),
    ...common,
  },
  ["path", "provider", "name"],
);

const lsmHook = mapping("A hook of the security modules.", { hook: text("`file_open`"), ...common }, [
  "hook",
]);

/** The hook sections, for `definitions`. */
export const hookDefinitions: Readonly<Record<string, JsonSchema>> = {
  args: argument,
  data: datum,
  kprobes: function_("A kernel function."),
  fentries: function_("A kernel function, through its trampoline."),
  tracepoints: tracepoint,
  uprobes: uprobe,
  usdts: usdt,
  lsmhooks: lsmHook,
};
