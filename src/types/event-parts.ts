/** The parts of event declarations that are the same for every bundle. */
import type { ts } from "@ts-morph/common";
import { type Field, alias, named, object, record, text } from "./type-nodes.ts";

/** Beside the event in each object. */
export const ENVELOPE: readonly Field[] = [
  ["node_name", text()],
  ["time", text()],
];

export const VALUE_TYPES: readonly ts.Statement[] = [
  record("PathArgument", "A file by its path.", [
    ["path?", text()],
    ["flags?", text()],
    ["permission?", text()],
  ]),
  record("SockArgument", "A socket and its two ends.", [
    ["family", text()],
    ["type", text()],
    ["protocol", text()],
    ["mark?", named("number")],
    ["priority?", named("number")],
    ["saddr", text()],
    ["daddr", text()],
    ["sport?", named("number")],
    ["dport?", named("number")],
    ["cookie?", text()],
    ["state?", text()],
  ]),
  record("PacketArgument", "A packet, by its headers.", [
    ["len?", named("number")],
    ["priority?", named("number")],
    ["mark?", named("number")],
    ["saddr", text()],
    ["daddr", text()],
    ["sport?", named("number")],
    ["dport?", named("number")],
    ["proto?", named("number")],
    ["protocol", text()],
    ["family", text()],
  ]),
  record("AddressArgument", "An address that a socket is given.", [
    ["family", text()],
    ["addr", text()],
    ["port?", named("number")],
  ]),
  record("TruncatedBytesArgument", "The beginning of a text that is longer than an event holds, in base64.", [
    ["bytes_arg", text()],
    ["orig_size", text()],
  ]),
  record("ErrorArgument", "A value that could not be read.", [["message", text()]]),
  alias(
    "IntegerArgument",
    object([
      ["int_arg?", named("number")],
      ["long_arg?", text()],
    ]),
  ),
];

export const PROCESS_TYPES: readonly ts.Statement[] = [
  record("Process", "A process as it was when the event happened.", [
    ["exec_id", text()],
    ["pid", named("number")],
    ["uid", named("number")],
    ["cwd?", text()],
    ["binary?", text()],
    ["arguments?", text()],
    ["flags", text()],
    ["start_time", text()],
    ["auid?", named("number")],
    ["parent_exec_id?", text()],
    ["tid", named("number")],
  ]),
  record("ProcessExec", "A process has started a program.", [
    ["process", named("Process")],
    ["parent?", named("Process")],
  ]),
  record("ProcessExit", "A process has ended.", [
    ["process", named("Process")],
    ["parent?", named("Process")],
    ["signal?", text()],
    ["status?", named("number")],
    ["time", text()],
  ]),
];
