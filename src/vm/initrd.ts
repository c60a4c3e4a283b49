import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type CpioEntry, writeCpio } from "./cpio.ts";
import { type GuestPlan, guestInit } from "./guest-init.ts";

const DIRECTORIES = ["bin", "dev", "proc", "sys", "modules", "files", "lower", "writable", "new"] as const;

/** What goes into an initrd besides the plan. */
export interface InitrdParts {
  /** Path of a statically linked busybox on the host. */
  readonly busybox: string;
  /** Directory with the modules to load, named so that their order is that of loading. */
  readonly modulesDirectory: string;
  readonly plan: GuestPlan;
  /** Script that runs in the guest's root once it stands. */
  readonly job: string;
}

/** Builds the initial file system of a guest: a few megabytes, not compressed, since the guest is slow at it. */
export function buildInitrd({ busybox, modulesDirectory, plan, job }: InitrdParts): Buffer {
  const file = (path: string, mode: number, content: Uint8Array): CpioEntry => ({
    kind: "file",
    path,
    mode,
    content,
  });
  return writeCpio([
    ...DIRECTORIES.map((path): CpioEntry => ({ kind: "directory", path, mode: 0o755 })),
    { kind: "character-device", path: "dev/console", mode: 0o600, major: 5, minor: 1 },
    { kind: "character-device", path: "dev/null", mode: 0o666, major: 1, minor: 3 },
    file("bin/busybox", 0o755, readFileSync(busybox)),
    file("init", 0o755, Buffer.from(guestInit(plan))),
    file("job", 0o755, Buffer.from(job)),
    ...readdirSync(modulesDirectory)
      .sort()
      .map((name) => file(`modules/${name}`, 0o644, readFileSync(join(modulesDirectory, name)))),
    ...plan.files.map(({ content }, index) => file(`files/${index}`, 0o600, content)),
  ]);
}
