import { type ChildProcess, spawn } from "node:child_process";
import { Duplex, type Readable } from "node:stream";

/** A virtio-serial port, seen from the host. */
export interface MachinePort {
  readonly name: string;
  readonly receive: (chunk: Buffer) => void;
  /** What the guest reads from the port. */
  readonly input?: Readable;
}

/** How an emulated machine came to its end. */
export interface MachineEnd {
  readonly cause: "ended" | "timeout" | "stopped" | "not-started";
  /** What the guest's kernel printed, the last part of it. */
  readonly console: string;
  /** What the emulator complained about. */
  readonly complaints: string;
}

/** A running machine. */
export interface Machine {
  readonly ended: Promise<MachineEnd>;
  /** Ends it at once. */
  readonly stop: () => void;
}

/** Descriptors of the emulator: its console, then its ports. */
export const CONSOLE_DESCRIPTOR = 3;
export const FIRST_PORT_DESCRIPTOR = 4;

const EMULATOR = "qemu-system-x86_64";
const CONSOLE_KEPT_BYTES = 64 * 1024;
/** How long after its time limit the machine ends even when this process is gone. */
const ORPHAN_SECONDS = 30;

/** Starts an emulator whose console and ports are sockets of this process. It never outlives its time limit. */
export function startMachine(
  args: readonly string[],
  ports: readonly MachinePort[],
  timeoutSeconds: number,
): Machine {
  const child = spawn(
    "timeout",
    ["--signal=KILL", String(timeoutSeconds + ORPHAN_SECONDS), EMULATOR, ...args],
    { stdio: ["ignore", "pipe", "pipe", "pipe", ...ports.map(() => "pipe" as const)] },
  );
  let cause: MachineEnd["cause"] = "ended";
  const stop = (reason: MachineEnd["cause"]): void => {
    cause = reason;
    child.kill("SIGTERM");
  };
  const timer = setTimeout(() => {
    stop("timeout");
  }, timeoutSeconds * 1000);
  const console = keepTail(child.stdio[CONSOLE_DESCRIPTOR]);
  const complaints = keepTail(child.stderr);
  for (const [index, port] of ports.entries()) {
    connect(child, FIRST_PORT_DESCRIPTOR + index, port);
  }
  const ended = new Promise<MachineEnd>((resolve) => {
    child.on("error", () => {
      cause = "not-started";
    });
    child.on("close", () => {
      clearTimeout(timer);
      resolve({ cause, console: console(), complaints: complaints() });
    });
  });
  return {
    ended,
    stop: () => {
      stop("stopped");
    },
  };
}

function connect(child: ChildProcess, descriptor: number, port: MachinePort): void {
  const socket = child.stdio[descriptor];
  if (!(socket instanceof Duplex)) {
    return;
  }
  socket.on("data", port.receive);
  // The emulator may end while it is written to.
  socket.on("error", () => undefined);
  port.input?.pipe(socket, { end: false });
}

/** Collects the last part of a stream; gives a reader of what was collected. */
function keepTail(stream: ChildProcess["stdio"][number] | undefined): () => string {
  let kept = Buffer.alloc(0);
  if (stream instanceof Duplex) {
    stream.on("error", () => undefined);
    stream.on("data", (chunk: Buffer) => {
      kept = Buffer.concat([kept, chunk]).subarray(-CONSOLE_KEPT_BYTES);
    });
  }
  return () => kept.toString("utf8");
}
