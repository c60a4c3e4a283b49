/** Building blocks of event tables. */
import type { EventField, FieldPlace, PlaceCondition } from "../events.ts";

/** The argument itself, or a part of it. */
export function at(argument: number, part = ""): FieldPlace {
  return { argument, part };
}

export function hasBits(field: FieldPlace, mask: bigint): PlaceCondition {
  return { field, test: { kind: "bits", mask } };
}

export function isAnyOf(field: FieldPlace, ...values: readonly bigint[]): PlaceCondition {
  return { field, test: { kind: "values", values } };
}

/**
 * The file has a path. Pipes and sockets have none; nor has the file below an overlay's, which the kernel
 * asks about after the overlay's own.
 */
export function hasPath(argument: number): PlaceCondition {
  return { field: at(argument, "path"), test: { kind: "path" } };
}

/** The file exists and is no anonymous inode: those have no type in their mode. */
export function hasFile(argument: number): PlaceCondition {
  return hasBits(at(argument, "mode"), 0o170000n);
}

export const filePath: EventField = { name: "file.path", meaning: "path in the process's root" };
export const fileMode: EventField = {
  name: "file.mode",
  meaning: "type and permissions, `S_IFREG`, `S_ISUID` …",
};
export const fileFlags: EventField = {
  name: "file.flags",
  meaning: "flags that it was opened with, `O_RDWR`, `O_APPEND` …",
};

export const fileOwned: EventField = {
  name: "file.owned",
  meaning: "1 where the process's user owns it; of a new name, its directory",
};

/** The fields of an argument that is a file. */
export function fileAt(argument: number): Readonly<Record<string, FieldPlace>> {
  return {
    "file.path": at(argument, "path"),
    "file.mode": at(argument, "mode"),
    "file.flags": at(argument, "flags"),
    "file.owned": at(argument, "owned"),
  };
}

/** The fields of an argument that is a path or a file, without what only open files have. */
export function pathAt(argument: number): Readonly<Record<string, FieldPlace>> {
  return { ...nameAt(argument), "file.mode": at(argument, "mode") };
}

/** The field of an argument that is a name which does not exist yet. */
export function nameAt(argument: number): Readonly<Record<string, FieldPlace>> {
  return { "file.path": at(argument, "path"), "file.owned": at(argument, "owned") };
}
