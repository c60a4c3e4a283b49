/**
 * From a checked bundle to attached programs. All or nothing: the maps are filled before anything is
 * attached, nothing is enforced before everything is attached, and a failure undoes all of it.
 */
import { setImmediate } from "node:timers/promises";
import type { Bundle } from "./bundle/read.ts";
import { failed, ok } from "./failure.ts";
import type { Failure, Result } from "./failure.ts";
import { choose } from "./host.ts";
import type { Choice, Host } from "./host.ts";
import {
  lastErrno,
  leaveOutMap,
  linkDestroy,
  mapFd,
  nextProgram,
  objectClose,
  objectLoad,
  objectOpen,
  programAttach,
  programName,
  runIterator,
  setAutoload,
  takeMessages,
} from "./libbpf.ts";
import type { Pointer } from "./libbpf.ts";
import { readNamespaces, readSnapshots } from "./credentials.ts";
import { LIMIT_MAPS, OPTIONAL_MAPS, SCOPE_MAPS, WELL_KNOWN_MAPS } from "./manifest.ts";
import type { ManifestAttachment, ManifestUserPlace } from "./manifest.ts";
import { errnoName, fillMap, insertEntry, writeWord } from "./maps.ts";
import { type Attached, attachToPlace, lineOfProgram } from "./user-place.ts";
import { writeSecret, writeThrottling } from "./throttling.ts";
import type { Throttling } from "./throttling.ts";
import type { SourceLine } from "./verifier-log.ts";
import { type WorkloadOptions, complain } from "./workloads/options.ts";
import { type WorkloadTracker, createTracker } from "./workloads/tracker.ts";

/** A bundle in the kernel: programs loaded, maps filled, nothing attached yet. */
export interface Prepared {
  readonly bundle: Bundle;
  readonly object: Pointer;
  readonly chosen: readonly ChosenProgram[];
  /** Run once everything is attached, in order. */
  readonly fills: readonly ChosenProgram[];
  readonly skipped: readonly ManifestAttachment[];
}

export interface ChosenProgram {
  readonly attachment: ManifestAttachment;
  readonly name: string;
  readonly program: Pointer;
  /** Where in a program of user space; undefined: where its section says. */
  readonly place: ManifestUserPlace | undefined;
}

export interface AttachedLink extends ChosenProgram {
  readonly link: Pointer;
  /** Which of the program's links it is. */
  readonly part: number;
}

/** A bundle at work. */
export interface Loaded extends Prepared {
  readonly links: readonly AttachedLink[];
}

export interface LoadOptions {
  /** Every policy reports only, whatever its own mode. */
  readonly monitor: boolean;
  /** What rules that leave their limit to the node get. */
  readonly throttling: Throttling;
  readonly workloads: WorkloadOptions;
}

let messages: string[] | undefined;

/** What libbpf has said since the last call. */
function heard(): string {
  return messages?.splice(0).join("") ?? "";
}

function listen(): void {
  if (messages === undefined) {
    const heardSoFar: string[] = [];
    messages = heardSoFar;
    takeMessages((message) => heardSoFar.push(message));
  }
}

/** Loads, attaches and arms a bundle. */
export async function load(bundle: Bundle, host: Host, options: LoadOptions): Promise<Result<Loaded>> {
  const prepared = await prepare(bundle, host);
  if (prepared.kind === "failed") {
    return prepared;
  }
  const tracker = trackScope(prepared.value, options.workloads);
  // Before anything can decide, so that no process of the host counts as one of a container.
  const placed = tracker?.refresh();
  if (placed?.kind === "failed") {
    objectClose(prepared.value.object);
    return placed;
  }
  const attached = attach(prepared.value);
  if (attached.kind === "failed") {
    objectClose(prepared.value.object);
    return attached;
  }
  // From now on the kernel gives new cgroups their rows. What came before that is seen now: twice, as a cgroup can
  // come while its parent is looked at.
  tracker?.refresh();
  tracker?.refresh();
  const refused =
    (await fillIn(attached.value)) ?? setLimits(attached.value, options) ?? arm(attached.value, options);
  if (refused !== undefined) {
    release(attached.value);
    return { kind: "failed", failure: refused };
  }
  return attached;
}

/** Tracks workloads for a bundle that is not pinned yet; undefined when its rules are for everything. */
export function trackScope(
  { bundle, object }: Pick<Prepared, "bundle" | "object">,
  { feed, unidentified }: WorkloadOptions,
): WorkloadTracker | undefined {
  const { scope } = bundle.manifest;
  if (scope === undefined) {
    return undefined;
  }
  const maps = {
    cgroups: mapFd(object, SCOPE_MAPS.cgroups),
    rows: mapFd(object, SCOPE_MAPS.rows),
    counts: mapFd(object, SCOPE_MAPS.counts),
  };
  return createTracker(feed, [{ name: "policies", scope, maps, unidentified }], complain);
}

/** Detaches and unloads; what is pinned stays. */
export function release(loaded: Loaded): void {
  for (const { link } of loaded.links) {
    linkDestroy(link);
  }
  objectClose(loaded.object);
}

async function prepare(bundle: Bundle, host: Host): Promise<Result<Prepared>> {
  const choices = bundle.manifest.attachments.map((attachment) => choose(attachment, host));
  const fills = (bundle.manifest.fills ?? []).map((fill) => choose(fill, host));
  const impossible = [...choices, ...fills].filter((choice) => choice.kind === "impossible");
  if (impossible.length > 0) {
    return failed(
      3,
      `this kernel can't serve ${impossible.map(({ attachment }) => `\`${attachment.purpose}\``).join(", ")}`,
      impossible.flatMap(({ reasons }) => reasons),
    );
  }
  const unneeded = bundle.manifest.maps.filter(
    ({ requires }) => requires?.some((requirement) => host.lacks(requirement) !== undefined) === true,
  );
  host.close();
  listen();
  const object = objectOpen(bundle.object, bundle.object.length, null);
  if (object === null) {
    return failed(1, "the bundle's object can't be opened", [errnoName(-lastErrno()), heard().trim()]);
  }
  unneeded.forEach(({ name }) => leaveOutMap(object, name));
  const loaded = await loadObject(bundle, object, choices, fills);
  if (loaded.kind === "failed") {
    objectClose(object);
  }
  return loaded;
}

async function loadObject(
  bundle: Bundle,
  object: Pointer,
  choices: readonly Choice[],
  fills: readonly Choice[],
): Promise<Result<Prepared>> {
  const chosen = selectPrograms(object, [...choices, ...fills]);
  if (chosen.kind === "failed") {
    return chosen;
  }
  const error = objectLoad(object);
  if (error < 0) {
    return { kind: "failed", failure: await loadFailure(bundle, error, chosen.value) };
  }
  const refused = fill(bundle, object);
  if (refused !== undefined) {
    return { kind: "failed", failure: refused };
  }
  const skipped = choices.filter(({ kind }) => kind === "skipped").map(({ attachment }) => attachment);
  const isFill = ({ attachment }: ChosenProgram): boolean =>
    fills.some((fill) => fill.attachment === attachment);
  return ok({
    bundle,
    object,
    chosen: chosen.value.filter((one) => !isFill(one)),
    fills: chosen.value.filter(isFill),
    skipped,
  });
}

/** Loads the chosen programs only: the others may be for kernels unlike this one. */
function selectPrograms(object: Pointer, choices: readonly Choice[]): Result<readonly ChosenProgram[]> {
  const programs = new Map<string, Pointer>();
  for (let at = nextProgram(object, null); at !== null; at = nextProgram(object, at)) {
    programs.set(programName(at), at);
  }
  const chosen: ChosenProgram[] = [];
  for (const choice of choices) {
    if (choice.kind === "chosen") {
      const { program: name, attach: place } = choice.alternative;
      const program = programs.get(name);
      if (program === undefined) {
        return failed(1, `the bundle's object has no program \`${name}\``);
      }
      chosen.push({ attachment: choice.attachment, name, program, place });
    }
  }
  for (const [name, program] of programs) {
    setAutoload(
      program,
      chosen.some((one) => one.name === name),
    );
  }
  return ok(chosen);
}

/** The policy's line where the verifier refused it, else what libbpf said. */
async function loadFailure(
  bundle: Bundle,
  error: number,
  chosen: readonly ChosenProgram[],
): Promise<Failure> {
  const { readRefusal } = await import("./verifier-log.ts");
  const { policyOrigins, readLineTable, readPrograms } = await import("./line-table.ts");
  const said = heard();
  const refusal = readRefusal(said, {
    table: readLineTable(bundle.object),
    originOf: policyOrigins(bundle),
    programs: readPrograms(bundle.object),
  });
  if (refusal === undefined) {
    const notes = said.trim() === "" ? [] : said.trim().split("\n");
    return { exit: 3, message: `the kernel refused the programs: ${errnoName(error)}`, notes };
  }
  const purpose = chosen.find(({ name }) => name === refusal.program)?.attachment.purpose;
  const place = refusal.source === undefined ? [] : [shownPlace(refusal.source)];
  return {
    exit: 3,
    message: `the kernel refused the program of \`${purpose ?? refusal.program ?? "?"}\`: ${errnoName(error)}`,
    notes: [...place, refusal.message],
  };
}

function shownPlace({ file, line, column, text }: SourceLine): string {
  return `${file}:${line}:${column === undefined ? "" : `${column}:`} ${text.trim()}`;
}

function fill(bundle: Bundle, object: Pointer): Failure | undefined {
  for (const { name, entries } of bundle.plan.maps) {
    const fd = mapFd(object, name);
    if (fd < 0) {
      return { exit: 1, message: `the bundle's object has no map \`${name}\``, notes: [] };
    }
    const planned = bundle.manifest.maps.find((map) => map.name === name);
    const sound = entries.every(
      ({ key, value }) =>
        planned !== undefined && key.length === planned.keySize * 2 && value.length === planned.valueSize * 2,
    );
    if (!sound) {
      return { exit: 1, message: `the plan's entries do not fit map \`${name}\``, notes: [] };
    }
    const refused = fillMap(fd, entries);
    if (refused !== undefined) {
      return { exit: 3, message: `the kernel refused to fill map \`${name}\``, notes: [refused] };
    }
  }
  return fillHostNamespaces(object) ?? setModes(bundle, object, () => 0);
}

/** Which namespaces are the host's; only objects that ask for it have the map. */
function fillHostNamespaces(object: Pointer): Failure | undefined {
  const fd = mapFd(object, OPTIONAL_MAPS.hostNamespaces);
  if (fd < 0) {
    return undefined;
  }
  const namespaces = readNamespaces("/proc/1");
  const written = namespaces?.every((inode, kind) => writeWord(fd, kind, inode)) ?? false;
  return written ? undefined : { exit: 3, message: "can't tell the host's namespaces", notes: [] };
}

/** What the processes have that ran before; those that executed a program since are in the map already. */
function fillSnapshots(object: Pointer): void {
  const fd = mapFd(object, OPTIONAL_MAPS.execSnapshots);
  if (fd >= 0) {
    for (const { tgid, content } of readSnapshots()) {
      insertEntry(fd, tgid, content);
    }
  }
}

function attachBySection(program: Pointer): Attached {
  const link = programAttach(program);
  return link === null
    ? { kind: "refused", reason: errnoName(-lastErrno()) }
    : { kind: "attached", links: [link] };
}

function attach(prepared: Prepared): Result<Loaded> {
  const links: AttachedLink[] = [];
  const skipped = [...prepared.skipped];
  for (const chosen of prepared.chosen) {
    const { program, place } = chosen;
    const attached =
      place === undefined ? attachBySection(program) : attachToPlace(prepared.object, program, place);
    if (attached.kind === "missing" && chosen.attachment.need === "if-present") {
      skipped.push(chosen.attachment);
      continue;
    }
    if (attached.kind !== "attached") {
      const line = lineOfProgram(prepared.bundle.manifest, chosen.name);
      for (const { link: earlier } of links) {
        linkDestroy(earlier);
      }
      return failed(3, `can't attach \`${chosen.attachment.purpose}\` (${chosen.name}): ${attached.reason}`, [
        ...(line === undefined ? [] : [line]),
        ...heard()
          .trim()
          .split("\n")
          .filter((said) => said !== ""),
        "nothing stays attached",
      ]);
    }
    links.push(...attached.links.map((link, part) => ({ ...chosen, link, part })));
  }
  fillSnapshots(prepared.object);
  return ok({ ...prepared, links, skipped });
}

/** Rounds after which processes that fork faster than they can be looked at are left unknown. */
const MOST_ROUNDS = 20;

/**
 * Lets iterators find out about processes that ran before, each with what those before it have found. A process that
 * forks meanwhile may need another round; one in which none had anything to do is the last.
 */
async function fillIn({ fills }: Prepared): Promise<Failure | undefined> {
  let left = fills.length;
  for (let round = 0; round < MOST_ROUNDS && left > 0; round++) {
    left = 0;
    for (const { program, name, attachment } of fills) {
      const found = runIterator(program);
      if (found < 0) {
        return {
          exit: 3,
          message: `can't find out ${attachment.purpose} (${name}): ${errnoName(found)}`,
          notes: ["nothing stays attached"],
        };
      }
      left += found;
      await setImmediate();
    }
  }
  return undefined;
}

/** Lets the policies enforce, now that all of them are in place. */
function arm(loaded: Loaded, options: LoadOptions): Failure | undefined {
  return setModes(loaded.bundle, loaded.object, (mode) => (mode === "enforce" && !options.monitor ? 1 : 0));
}

/** The node's throttling, and what arguments are hashed with. Nothing is posted yet. */
function setLimits({ bundle, object }: Loaded, { throttling }: LoadOptions): Failure | undefined {
  if (bundle.manifest.limits.length === 0) {
    return undefined;
  }
  const written =
    writeSecret(mapFd(object, LIMIT_MAPS.secret)) &&
    writeThrottling(mapFd(object, LIMIT_MAPS.limits), bundle.manifest, throttling);
  return written ? undefined : { exit: 3, message: "can't set the limits on alerts", notes: [] };
}

function setModes(
  bundle: Bundle,
  object: Pointer,
  word: (mode: "enforce" | "monitor") => number,
): Failure | undefined {
  const fd = mapFd(object, WELL_KNOWN_MAPS.modes);
  const written = bundle.manifest.policies.every(({ mode }, index) => writeWord(fd, index, word(mode)));
  return fd >= 0 && written ? undefined : { exit: 3, message: "can't set the policies' modes", notes: [] };
}
