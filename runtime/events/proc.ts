/** Processes that run already, read from /proc. */
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { splitArguments } from "./decode.ts";
import type { FoundProcess, ProcessTable } from "./processes.ts";

/** Nanoseconds in a unit of the times in /proc/PID/stat. */
const TICK = 10_000_000n;

/** What /proc says of a process; undefined when there is none. */
export function readProcess(tgid: number, proc = "/proc"): FoundProcess | undefined {
  const directory = `${proc}/${tgid}`;
  const stat = statFields(readText(`${directory}/stat`));
  if (stat === undefined) {
    return undefined;
  }
  const commandLine = splitArguments(readText(`${directory}/cmdline`) ?? "");
  const parentStat = statFields(readText(`${proc}/${stat.parent}/stat`));
  const uid = /^Uid:\t(\d+)/m.exec(readText(`${directory}/status`) ?? "")?.[1];
  const auid = readText(`${directory}/loginuid`);
  return {
    key: { tgid, startTime: stat.startTime },
    process: {
      pid: tgid,
      uid: Number(uid ?? 0),
      auid: auid === undefined || auid === "" ? undefined : Number(auid),
      cwd: readLink(`${directory}/cwd`),
      // A kernel thread has no executable, only a name.
      binary: readLink(`${directory}/exe`) ?? stat.name,
      arguments: commandLine.slice(1),
      flags: ["procFS"],
      startTime: stat.startTime,
      parent: parentStat === undefined ? undefined : { tgid: stat.parent, startTime: parentStat.startTime },
      parentImageTime: undefined,
    },
  };
}

/** Tells a table of every process there is. */
export function rememberAll(
  table: ProcessTable,
  cgroupOf: (tgid: number) => bigint | undefined = () => undefined,
  proc = "/proc",
): void {
  for (const name of readdirSync(proc)) {
    const found = /^\d+$/.test(name) ? readProcess(Number(name), proc) : undefined;
    if (found !== undefined) {
      const { key, process } = found;
      table.remember({ key, process: { ...process, cgroup: cgroupOf(key.tgid) } });
    }
  }
}

interface StatFields {
  readonly name: string;
  readonly parent: number;
  readonly startTime: bigint;
}

/** The name stands in parentheses and may hold anything, parentheses and spaces included. */
function statFields(text: string | undefined): StatFields | undefined {
  const match = /^\d+ \((.*)\) \S (\d+) /s.exec(text ?? "");
  const [name, parent] = [match?.[1], match?.[2]];
  if (text === undefined || name === undefined || parent === undefined) {
    return undefined;
  }
  const ticks = text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
  return ticks === undefined
    ? undefined
    : { name, parent: Number(parent), startTime: BigInt(ticks.trim()) * TICK };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
