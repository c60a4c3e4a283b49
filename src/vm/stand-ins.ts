import { accessSync, constants } from "node:fs";
import type { GuestMount } from "./guest-init.ts";
import type { GuestFile } from "./guest-job.ts";

/**
 * Files that only root can read, with throw-away contents and their usual modes. The guest has these and not
 * the host's: they are there whoever starts it, and no secret of the host is in it.
 */
export function standInFiles(): readonly GuestFile[] {
  const accounts = ["root", "daemon", "bin", "sys", "sync", "man", "mail", "news", "backup", "nobody"];
  const shadow = accounts.map((name) => `${name}:*:19700:0:99999:7:::\n`).join("");
  const groups = accounts.map((name) => `${name}:*::\n`).join("");
  const sudoers = "Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n";
  return [
    textFile("/etc/shadow", 0o640, shadow),
    textFile("/etc/gshadow", 0o640, groups),
    textFile("/etc/sudoers", 0o440, sudoers),
  ];
}

/** Directories of root that whoever starts the guest may not enter: the guest has empty ones. */
export function standInMounts(): readonly GuestMount[] {
  return canEnter("/root") ? [] : [{ path: "/root", source: { kind: "tmpfs" } }];
}

function textFile(path: string, mode: number, text: string): GuestFile {
  return { path, mode, content: Buffer.from(text) };
}

function canEnter(directory: string): boolean {
  try {
    accessSync(directory, constants.R_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
