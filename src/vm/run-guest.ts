import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { GuestMount } from "./guest-init.ts";
import {
  type ControlReport,
  type GuestCommand,
  type GuestFile,
  type GuestStep,
  PORTS,
  type StepResult,
  parseControl,
  steppedJob,
  streamingJob,
} from "./guest-job.ts";
import { buildInitrd } from "./initrd.ts";
import {
  CONSOLE_DESCRIPTOR,
  FIRST_PORT_DESCRIPTOR,
  type MachineEnd,
  type MachinePort,
  startMachine,
} from "./machine.ts";
import type { PreparedKernel } from "./prepare-kernel.ts";
import { type HostShare, type MachineShape, qemuArguments } from "./qemu-arguments.ts";
import { standInFiles, standInMounts } from "./stand-ins.ts";

/** What every run of a guest needs. */
export interface GuestSetting {
  readonly kernel: PreparedKernel;
  readonly shape: MachineShape;
  /** Wall-clock seconds from start to end. */
  readonly timeoutSeconds: number;
  /** Files of the guest beside the stand-ins for those that only root may read. */
  readonly files?: readonly GuestFile[];
  /** Paths at which the guest has an empty, writable file system. */
  readonly emptyDirectories?: readonly string[];
  /** Directories that the guest may change for good, at the same path as on the host. */
  readonly sharedDirectories?: readonly string[];
  /** Ends the guest early. */
  readonly abort?: AbortSignal;
}

/** Where the output of the guest's command goes while it runs. */
export interface GuestStreams {
  readonly stdout: (chunk: Buffer) => void;
  readonly stderr: (chunk: Buffer) => void;
  readonly events: (chunk: Buffer) => void;
  readonly stdin?: Readable;
}

/** How a guest ended. Unless it finished, the console's last lines tell why. */
export type GuestEnd =
  | { readonly kind: "finished"; readonly exit: number }
  | { readonly kind: "died"; readonly console: string; readonly complaints: string }
  | { readonly kind: "timeout"; readonly console: string }
  | { readonly kind: "stopped" };

/** Boots a guest, runs one command in it and streams what it prints. */
export async function runGuestCommand(
  setting: GuestSetting,
  command: GuestCommand,
  streams: GuestStreams,
): Promise<GuestEnd> {
  const ports: MachinePort[] = [
    { name: PORTS.stdout, receive: streams.stdout },
    { name: PORTS.stderr, receive: streams.stderr },
    { name: PORTS.events, receive: streams.events },
  ];
  if (streams.stdin !== undefined) {
    ports.push({ name: PORTS.stdin, receive: () => undefined, input: streams.stdin });
  }
  const { end } = await bootGuest(setting, streamingJob(command, streams.stdin !== undefined), ports, []);
  return end;
}

/** Boots one guest and runs steps in it, one after the other. When it ends early, the later results are missing. */
export async function runGuestSteps(
  setting: GuestSetting,
  steps: readonly GuestStep[],
  place: Pick<GuestCommand, "cwd" | "environment">,
): Promise<{ readonly end: GuestEnd; readonly results: readonly StepResult[] }> {
  const { end, report } = await bootGuest(setting, steppedJob(steps, place), [], steps);
  return { end, results: report.steps };
}

/** How often a machine is started that dies before its job begins. */
const BOOTS = 3;

interface Boot {
  readonly end: GuestEnd;
  readonly report: ControlReport;
}

/**
 * Boots until the job begins. Under an emulator a kernel may crash while it boots (one that patches its code
 * while another processor runs it, when the host is busy): that says nothing of the job, and nothing has run.
 */
async function bootGuest(
  setting: GuestSetting,
  job: string,
  ports: readonly MachinePort[],
  steps: readonly GuestStep[],
): Promise<Boot> {
  for (let boots = 1; ; boots++) {
    const boot = await bootOnce(setting, job, ports, steps);
    // Input that the machine took with it can't be given to the next.
    const once = ports.some(({ input }) => input !== undefined);
    if (boot.end.kind !== "died" || boot.report.started || once || boots === BOOTS) {
      return boot;
    }
  }
}

async function bootOnce(
  setting: GuestSetting,
  job: string,
  ports: readonly MachinePort[],
  steps: readonly GuestStep[],
): Promise<Boot> {
  const directory = mkdtempSync(join(tmpdir(), "policyc-vm-"));
  try {
    const shares = (setting.sharedDirectories ?? []).map((path, index) => ({ tag: `share${index}`, path }));
    const initrd = join(directory, "initrd");
    writeFileSync(initrd, guestInitrd(setting, job, shares));
    const control: Buffer[] = [];
    const allPorts: MachinePort[] = [
      {
        name: PORTS.control,
        receive: (chunk) => {
          control.push(chunk);
          // Once the job has reported its end nothing is left to wait for.
          if (parseControl(Buffer.concat(control), steps).exit !== undefined) {
            machine.stop();
          }
        },
      },
      ...ports,
    ];
    const args = qemuArguments(setting.shape, {
      elf: setting.kernel.elf,
      initrd,
      shares,
      ports: allPorts.map((port) => port.name),
      console: CONSOLE_DESCRIPTOR,
      firstPort: FIRST_PORT_DESCRIPTOR,
    });
    const machine = startMachine(args, allPorts, setting.timeoutSeconds);
    setting.abort?.addEventListener("abort", machine.stop);
    const machineEnd = await machine.ended;
    setting.abort?.removeEventListener("abort", machine.stop);
    const report = parseControl(Buffer.concat(control), steps);
    return { end: guestEnd(report, machineEnd), report };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function guestInitrd(setting: GuestSetting, job: string, shares: readonly HostShare[]): Buffer {
  const mounts: GuestMount[] = [
    ...standInMounts(),
    ...shares.map(({ tag, path }): GuestMount => ({ path, source: { kind: "share", tag } })),
    ...(setting.emptyDirectories ?? []).map((path): GuestMount => ({ path, source: { kind: "tmpfs" } })),
  ];
  return buildInitrd({
    busybox: findBusybox(),
    modulesDirectory: setting.kernel.modulesDirectory,
    plan: { mounts, files: [...standInFiles(), ...(setting.files ?? [])] },
    job,
  });
}

/** Debian's busybox-static. Throws when it is not installed. */
function findBusybox(): string {
  const path = ["/bin/busybox", "/usr/bin/busybox"].find((candidate) => existsSync(candidate));
  if (path === undefined) {
    throw new Error("busybox is not installed: install the package busybox-static");
  }
  return path;
}

function guestEnd(report: ControlReport, machine: MachineEnd): GuestEnd {
  if (report.exit !== undefined) {
    return { kind: "finished", exit: report.exit };
  }
  switch (machine.cause) {
    case "timeout":
      return { kind: "timeout", console: machine.console };
    case "stopped":
      return { kind: "stopped" };
    case "not-started":
    case "ended":
      return { kind: "died", console: machine.console, complaints: machine.complaints };
  }
}
