/** What the kernel's verifier said, and which line of which policy it was about. */

/** A place in a source that the object's line table names. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
  /** The line as clang saw it; empty when it could not read the file. */
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

const LOG_BEGIN = "-- BEGIN PROG LOAD LOG --";
const LOG_END = "-- END PROG LOAD LOG --";

/**
 * Reads libbpf's messages of a failed load. `lines` is the object's line table: before 6.10 the log
 * holds a line's text but not its place. `isPolicy` tells a policy's file from a template's.
 */
export function readRefusal(
  messages: string,
  lines: readonly TableLine[],
  isPolicy: (file: string) => boolean,
  sectionOf: (program: string) => string | undefined,
): Refusal | undefined {
  const program = /prog '([^']+)': (?:BPF program load failed|-- BEGIN)/.exec(messages)?.[1];
  const begin = messages.indexOf(LOG_BEGIN);
  if (begin < 0) {
    return program === undefined ? undefined : { program, message: firstLine(messages), source: undefined };
  }
  const end = messages.indexOf(LOG_END, begin);
  const log = messages.slice(begin + LOG_BEGIN.length, end < 0 ? undefined : end);
  const section = program === undefined ? undefined : sectionOf(program);
  const source = lastSource(log, lines, isPolicy) ?? sourceOfInstruction(log, lines, section, isPolicy);
  return { program, message: lastWord(log), source };
}

/** Where clang could not read the source the log has no texts: go by the last instruction walked. */
function sourceOfInstruction(
  log: string,
  lines: readonly TableLine[],
  section: string | undefined,
  isPolicy: (file: string) => boolean,
): SourceLine | undefined {
  const last = Number([...log.matchAll(/^(\d+): \(/gm)].at(-1)?.[1]);
  const own = lines.filter((one) => one.section === section && one.line > 0);
  // Functions that the program calls come after it: their instructions are not in this section's table.
  if (own.every((one) => one.instruction < last)) {
    return undefined;
  }
  const before = own.filter((one) => one.instruction <= last);
  const found = before.findLast((one) => isPolicy(one.file)) ?? before.at(-1);
  return found === undefined ? undefined : { file: found.file, line: found.line, text: found.text };
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
function lastSource(
  log: string,
  lines: readonly TableLine[],
  isPolicy: (file: string) => boolean,
): SourceLine | undefined {
  let last: SourceLine | undefined;
  for (const match of log.matchAll(/^; (.*?)(?: @ (\S+):(\d+))?$/gm)) {
    const [, text = "", file, line] = match;
    const found =
      file === undefined ? placeOf(text, lines, isPolicy) : placeByName(file, Number(line), text, lines);
    if (found !== undefined && (last === undefined || isPolicy(found.file) || !isPolicy(last.file))) {
      last = found;
    }
  }
  return last;
}

function placeOf(
  text: string,
  lines: readonly TableLine[],
  isPolicy: (file: string) => boolean,
): SourceLine | undefined {
  const same = lines.filter((one) => one.text.trim() === text.trim() && one.text.trim() !== "");
  const found = same.find((one) => isPolicy(one.file)) ?? same[0];
  return found === undefined ? undefined : { file: found.file, line: found.line, text: found.text };
}

/** The log has a file's name without its directory. */
function placeByName(
  name: string,
  line: number,
  text: string,
  lines: readonly TableLine[],
): SourceLine | undefined {
  if (line === 0) {
    return undefined;
  }
  const known = lines.find(
    (one) => one.line === line && (one.file === name || one.file.endsWith(`/${name}`)),
  );
  return { file: known?.file ?? name, line, text };
}
