/** What the kernel's verifier said, and which line of which policy it was about. */

/** A place in a source that the object's line table names. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
  /** Where the place is known more exactly than by its line. */
  readonly column?: number;
  /** The line as clang or the policy's author wrote it; empty when clang could not read the file. */
  readonly text: string;
}

/** An entry of the object's line table. */
export interface TableLine extends SourceLine {
  readonly section: string;
  /** Index in its section of the first instruction that the line gave. */
  readonly instruction: number;
}

export interface Refusal {
  /** Name of the program that was refused, where libbpf said it. */
  readonly program: string | undefined;
  /** The verifier's last word. */
  readonly message: string;
  readonly source: SourceLine | undefined;
}

/** What is known of an object's programs. */
export interface ProgramLines {
  /** The object's line table: before 6.10 the log holds a line's text but not its place. */
  readonly table: readonly TableLine[];
  /** The policy's line that a line of the table comes from, if it comes from one. */
  readonly originOf: (line: SourceLine) => SourceLine | undefined;
  readonly programs: readonly ProgramExtent[];
}

/** Where a program's instructions are. In the kernel those of functions that it calls come after them. */
export interface ProgramExtent {
  readonly name: string;
  readonly section: string;
  /** Index in its section of its first instruction. */
  readonly start: number;
  readonly instructions: number;
}

const LOG_BEGIN = "-- BEGIN PROG LOAD LOG --";
const LOG_END = "-- END PROG LOAD LOG --";

/** Reads libbpf's messages of a failed load. */
export function readRefusal(messages: string, known: ProgramLines): Refusal | undefined {
  const program = /prog '([^']+)': (?:BPF program load failed|-- BEGIN)/.exec(messages)?.[1];
  const begin = messages.indexOf(LOG_BEGIN);
  if (begin < 0) {
    return program === undefined ? undefined : { program, message: firstLine(messages), source: undefined };
  }
  const end = messages.indexOf(LOG_END, begin);
  const log = messages.slice(begin + LOG_BEGIN.length, end < 0 ? undefined : end);
  const extent = known.programs.find(({ name }) => name === program);
  const source = lastOrigin(log, known, extent) ?? lastSource(log, known);
  return { program, message: lastWord(log), source };
}

/** The policy's line that the last of the walked instructions comes from, going back until one has any. */
function lastOrigin(
  log: string,
  { table, originOf }: ProgramLines,
  extent: ProgramExtent | undefined,
): SourceLine | undefined {
  if (extent === undefined) {
    return undefined;
  }
  const own = table
    .filter(({ section }) => section === extent.section)
    .sort((a, b) => a.instruction - b.instruction);
  const walked = [...log.matchAll(/^(\d+): \(/gm)].map((match) => Number(match[1]));
  for (const instruction of walked.reverse()) {
    const line =
      instruction < extent.instructions
        ? own.findLast((one) => one.instruction <= extent.start + instruction)
        : undefined;
    const origin = line === undefined ? undefined : originOf(line);
    if (origin !== undefined) {
      return origin;
    }
  }
  return undefined;
}

function firstLine(messages: string): string {
  return messages.trim().split("\n")[0] ?? "";
}

/** The last line that is neither an instruction, a state, a comment nor statistics. */
function lastWord(log: string): string {
  const said = log
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !NOISE.test(line));
  return said.at(-1) ?? "the verifier gave no reason";
}

const NOISE =
  /^(;|\d+: |R\d+(_\w+)?=|processed \d+|verification time|stack depth|max_states|from \d+ to \d+|func#|peak_states|last_idx|regs=|mark_precise|parent |propagating|safe$|Validating|arg#\d+ reference)/;

/** The last source line named before the refusal: a policy's when there is one. */
function lastSource(log: string, known: ProgramLines): SourceLine | undefined {
  let last: SourceLine | undefined;
  let lastIsPolicy = false;
  for (const match of log.matchAll(/^; (.*?)(?: @ (\S+):(\d+))?$/gm)) {
    const [, text = "", file, line] = match;
    const found =
      file === undefined ? placeOf(text, known) : placeByName(file, Number(line), text, known.table);
    const origin = found === undefined ? undefined : known.originOf(found);
    if (found !== undefined && (origin !== undefined || !lastIsPolicy)) {
      last = origin ?? found;
      lastIsPolicy = origin !== undefined;
    }
  }
  return last;
}

function placeOf(text: string, { table, originOf }: ProgramLines): SourceLine | undefined {
  const same = table.filter((one) => one.text.trim() === text.trim() && one.text.trim() !== "");
  const found = same.find((one) => originOf(one) !== undefined) ?? same[0];
  return found === undefined ? undefined : { file: found.file, line: found.line, text: found.text };
}

/** The log has a file's name without its directory. */
function placeByName(
  name: string,
  line: number,
  text: string,
  table: readonly TableLine[],
): SourceLine | undefined {
  if (line === 0) {
    return undefined;
  }
  const known = table.find(
    (one) => one.line === line && (one.file === name || one.file.endsWith(`/${name}`)),
  );
  return { file: known?.file ?? name, line, text };
}
