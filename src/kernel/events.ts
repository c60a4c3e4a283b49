/**
 * Portable events: what happens, and every place in the kernel that it passes. The places of an event
 * together see each way to do the operation; which ways those are is `covers`, and docs/events.md.
 */
import { fileEvents } from "./events/file-events.ts";
import { networkEvents } from "./events/network-events.ts";
import { systemEvents } from "./events/system-events.ts";

export interface EventFact {
  /** As policies write it: `file.open`. */
  readonly name: string;
  /** What happens, in one sentence without a subject. */
  readonly summary: string;
  /** What conditions can ask, besides fields of processes and containers. */
  readonly fields: readonly EventField[];
  readonly places: readonly EventPlace[];
  /** Ways to do the operation, or something close to it, that no place sees. */
  readonly uncovered: readonly string[];
}

export interface EventField {
  /** `file.path` */
  readonly name: string;
  readonly meaning: string;
}

/** A hook of the hook table that an operation passes. */
export interface EventPlace {
  /** Id in the hook table. */
  readonly hook: string;
  /** `if-present`: kernels without this hook do the operation elsewhere. */
  readonly need: "required" | "if-present";
  /** The calls that come here. */
  readonly covers: readonly string[];
  /** Which calls of the hook are the operation: all of these hold. */
  readonly when: readonly PlaceCondition[];
  /** Fields by name. The operation has no value for the fields of the event that are left out. */
  readonly fields: Readonly<Record<string, FieldPlace>>;
}

/** A part of an argument of the hook, as `fieldsOf` names it. */
export interface FieldPlace {
  readonly argument: number;
  readonly part: string;
}

export interface PlaceCondition {
  readonly field: FieldPlace;
  /** Any bit of the mask is set; the value is one of several; the path has a value. */
  readonly test:
    | { readonly kind: "bits"; readonly mask: bigint }
    | { readonly kind: "values"; readonly values: readonly bigint[] }
    | { readonly kind: "path" };
}

/** Every event by name. */
export const events: ReadonlyMap<string, EventFact> = new Map(
  [...fileEvents, ...networkEvents, ...systemEvents].map((event) => [event.name, event]),
);

/** Spellings that people try, and the event that they mean. */
export const eventAliases: ReadonlyMap<string, string> = new Map([
  ["exec", "process.exec"],
  ["process.start", "process.exec"],
  ["execve", "process.exec"],
  ["exit", "process.exit"],
  ["file.unlink", "file.delete"],
  ["file.remove", "file.delete"],
  ["file.move", "file.rename"],
  ["file.modify", "file.write"],
  ["file.execute", "file.exec"],
  ["network.connect", "net.connect"],
  ["connect", "net.connect"],
  ["bind", "net.bind"],
  ["listen", "net.listen"],
  ["accept", "net.accept"],
  ["capability", "capability.use"],
  ["capable", "capability.use"],
  ["module", "module.load"],
  ["kernel.module", "module.load"],
  ["bpf", "bpf.load"],
  ["process.ptrace", "ptrace"],
  ["setuid", "credentials.change"],
  ["unshare", "namespace.change"],
  ["setns", "namespace.change"],
]);
