import { shellQuote } from "./shell-quote.ts";

/** A command to run in the guest, as root. */
export interface GuestCommand {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** One of several commands that a guest runs in turn. */
export interface GuestStep {
  readonly name: string;
  readonly argv: readonly string[];
  /** Seconds after which the step is killed; its exit is then 137. */
  readonly timeoutSeconds?: number;
}

/** A file that the guest has beside or instead of the host's. */
export interface GuestFile {
  readonly path: string;
  readonly mode: number;
  readonly content: Uint8Array;
}

/** Names of the virtio-serial ports. In the guest: `/dev/virtio-ports/NAME`. */
export const PORTS = {
  control: "policyc.control",
  stdout: "policyc.stdout",
  stderr: "policyc.stderr",
  stdin: "policyc.stdin",
  events: "policyc.events",
} as const;

/** Where the guest keeps what the micro-VM brings along. */
export const GUEST_DIRECTORY = "/run/policyc";

const BUSYBOX = `${GUEST_DIRECTORY}/busybox`;

function portPath(name: string): string {
  return `/dev/virtio-ports/${name}`;
}

/** Path of the port that carries the runtime's events to the host. */
export const GUEST_EVENTS_PATH = portPath(PORTS.events);

const prologue = `#!${BUSYBOX} sh
B=${BUSYBOX}
exec </dev/null 3>${portPath(PORTS.control)}
echo started >&3
`;

const epilogue = `$B sync
$B poweroff -f
`;

/**
 * The script of a guest that runs one command and streams what it prints. The command writes into pipes, not
 * into the ports themselves: a port can be opened once only, and programs do open /dev/stderr again.
 * A process that the command leaves behind may hold the pipes open: two seconds later the guest ends anyway.
 */
export function streamingJob(command: GuestCommand, hasInput: boolean): string {
  const input = hasInput ? portPath(PORTS.stdin) : "/dev/null";
  return `${prologue}$B mkfifo -m 666 ${GUEST_DIRECTORY}/stdout ${GUEST_DIRECTORY}/stderr
$B cat <${GUEST_DIRECTORY}/stdout >${portPath(PORTS.stdout)} 3>&- & out=$!
$B cat <${GUEST_DIRECTORY}/stderr >${portPath(PORTS.stderr)} 3>&- & err=$!
(
${enterCommand(command)}
exec $B setsid ${command.argv.map(shellQuote).join(" ")}
) <${input} >${GUEST_DIRECTORY}/stdout 2>${GUEST_DIRECTORY}/stderr 3>&-
status=$?
( $B sleep 2; $B kill $out $err ) >/dev/null 2>&1 3>&- &
wait $out $err
echo "exit $status" >&3
${epilogue}`;
}

/**
 * The script of a guest that runs steps in turn and sends each one's status and output when it has ended. Each has files
 * of its own for its output: what a step leaves running may go on writing.
 */
export function steppedJob(
  steps: readonly GuestStep[],
  place: Pick<GuestCommand, "cwd" | "environment">,
): string {
  const lines = steps.map((step, index) => {
    const limit = step.timeoutSeconds === undefined ? "" : `$B timeout -s KILL ${step.timeoutSeconds} `;
    return `step ${index} ${limit}${step.argv.map(shellQuote).join(" ")}`;
  });
  return `${prologue}step() {
index=$1; shift
out=${GUEST_DIRECTORY}/step.$index.out err=${GUEST_DIRECTORY}/step.$index.err
( exec $B setsid "$@" ) >$out 2>$err 3>&-
status=$?
outBytes=$($B stat -c %s $out) errBytes=$($B stat -c %s $err)
echo "step $index $status $outBytes $errBytes" >&3
$B head -c $outBytes $out >&3
$B head -c $errBytes $err >&3
}
${enterCommand(place)}
${lines.join("\n")}
echo "exit 0" >&3
${epilogue}`;
}

function enterCommand({ cwd, environment }: Pick<GuestCommand, "cwd" | "environment">): string {
  const exports = Object.entries(environment).map(([name, value]) => `export ${name}=${shellQuote(value)}`);
  return [...exports, `cd ${shellQuote(cwd)}`].join("\n");
}

/** How one step of a stepped job ended. */
export interface StepResult {
  readonly name: string;
  /** Exit status; 128 + signal when it was killed. */
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What came over the control port. */
export interface ControlReport {
  /** Whether the job began: until then nothing of the user has run. */
  readonly started: boolean;
  /** Undefined when the guest ended before the job did. */
  readonly exit: number | undefined;
  readonly steps: readonly StepResult[];
}

/** The first line on the control port. */
const STARTED = Buffer.from("started\n");

/** Reads the control port's bytes, which may stop anywhere. */
export function parseControl(bytes: Buffer, steps: readonly GuestStep[]): ControlReport {
  const results: StepResult[] = [];
  const started = bytes.subarray(0, STARTED.length).equals(STARTED);
  let position = started ? STARTED.length : 0;
  for (;;) {
    const end = bytes.indexOf("\n", position);
    if (end < 0) {
      return { started, exit: undefined, steps: results };
    }
    const words = bytes.toString("utf8", position, end).split(" ");
    const [first = 0, exit = 0, outBytes = 0, errBytes = 0] = words.slice(1).map(Number);
    if (words[0] === "exit") {
      return { started, exit: first, steps: results };
    }
    const out = end + 1;
    const err = out + outBytes;
    // Not `>`: no number of a broken line is larger than anything.
    if (!(err + errBytes <= bytes.length)) {
      return { started, exit: undefined, steps: results };
    }
    results.push({
      name: steps[first]?.name ?? `step ${first}`,
      exit,
      stdout: bytes.toString("utf8", out, err),
      stderr: bytes.toString("utf8", err, err + errBytes),
    });
    position = err + errBytes;
  }
}
