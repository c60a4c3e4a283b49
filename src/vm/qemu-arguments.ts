import { ROOT_TAG } from "./guest-init.ts";

/** What the emulated machine is like. */
export interface MachineShape {
  readonly cpus: number;
  readonly memoryMiB: number;
  /**
   * Time in the guest passes by instructions: one nanosecond each. Exact to about 0.2 % between runs, on one
   * processor.
   */
  readonly countInstructions: boolean;
  /** Security modules, in order. Without `bpf` among them LSM programs load and never run. */
  readonly securityModules: readonly string[];
  readonly kernelArguments: readonly string[];
}

/** The shape unless told otherwise. */
export const DEFAULT_SHAPE: MachineShape = {
  cpus: 2,
  memoryMiB: 1024,
  countInstructions: false,
  securityModules: ["landlock", "lockdown", "yama", "bpf"],
  kernelArguments: [],
};

/** A directory of the host that the guest can mount. */
export interface HostShare {
  readonly tag: string;
  readonly path: string;
}

/** The files and channels of one machine. */
export interface MachineParts {
  readonly elf: string;
  readonly initrd: string;
  /** Read-write shares besides the root. */
  readonly shares: readonly HostShare[];
  /** Names of the virtio-serial ports; the first is connected to descriptor `firstPort`. */
  readonly ports: readonly string[];
  readonly console: number;
  readonly firstPort: number;
}

/**
 * The emulator's arguments. `cx16=off`: with that instruction emulated by QEMU 7.2, one 6.12 kernel panicked
 * in 9 of 32 boots and in none of 64 without it.
 */
export function qemuArguments(shape: MachineShape, parts: MachineParts): readonly string[] {
  const timing = shape.countInstructions
    ? ["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off"]
    : ["-accel", "tcg,thread=multi"];
  return [
    ...["-machine", "pc", ...timing, "-cpu", "max,cx16=off"],
    ...["-smp", String(shape.countInstructions ? 1 : shape.cpus), "-m", String(shape.memoryMiB)],
    ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    ...["-kernel", parts.elf, "-initrd", parts.initrd, "-append", kernelCommandLine(shape)],
    ...["-chardev", `socket,id=console,fd=${parts.console}`, "-serial", "chardev:console"],
    ...["-device", "virtio-serial-pci"],
    ...parts.ports.flatMap((name, index) => [
      ...["-chardev", `socket,id=port${index},fd=${parts.firstPort + index}`],
      ...["-device", `virtserialport,chardev=port${index},name=${name}`],
    ]),
    ...shareArguments({ tag: ROOT_TAG, path: "/" }, "root", ",readonly=on"),
    ...parts.shares.flatMap((share, index) => shareArguments(share, `share${index}`, "")),
  ];
}

function shareArguments({ tag, path }: HostShare, id: string, access: string): readonly string[] {
  // QEMU takes a comma in a value when it is doubled.
  const place = path.replaceAll(",", ",,");
  return [
    ...["-fsdev", `local,id=${id},path=${place},security_model=none,multidevs=remap${access}`],
    ...["-device", `virtio-9p-pci,fsdev=${id},mount_tag=${tag}`],
  ];
}

function kernelCommandLine(shape: MachineShape): string {
  return [
    ...["console=ttyS0", "loglevel=4", "panic=-1", "oops=panic"],
    `lsm=${shape.securityModules.join(",")}`,
    ...["tsc=reliable", "no_timer_check", "mitigations=off", "random.trust_cpu=on"],
    ...shape.kernelArguments,
  ].join(" ");
}
