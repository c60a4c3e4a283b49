/** Compiles the groups' policies into one bundle, and runs all their operations under it in one boot. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { storeBundle } from "../../src/bundle/bundle.ts";
import { checkPolicies, compilePolicies } from "../../src/compile.ts";
import { type Diagnostic, hasErrors } from "../../src/diagnostics/diagnostic.ts";
import { type Target, supportedTargets, targetFromBtf } from "../../src/kernel/target.ts";
import { parseSources } from "../../src/parser/parse.ts";
import type { PolicyTree } from "../../src/parser/policy/tree.ts";
import { type Source, createSource } from "../../src/source/source.ts";
import type { GuestFile, GuestStep, StepResult } from "../../src/vm/guest-job.ts";
import type { KernelName } from "../../src/vm/kernel-catalog.ts";
import { prepareKernel } from "../../src/vm/prepare-kernel.ts";
import { type Effect, buildEffects, parseEffects, placesOfEffects } from "./effects.ts";
import { type EventsOf, attributeEvents } from "./event-origin.ts";
import { REPOSITORY, RUNTIME, runInGuest } from "./guest.ts";
import type { Case, CaseGroup } from "./tetragon-case.ts";

/** What compiling a group's policies for one kernel came to. */
export interface Judged {
  readonly group: CaseGroup;
  /** Undefined when there are errors. */
  readonly tree: PolicyTree | undefined;
  readonly errors: readonly Diagnostic[];
}

/** What one operation came to. */
export interface Came {
  readonly effect: Effect;
  readonly events: EventsOf;
}

export interface GuestRun {
  readonly enforced: ReadonlyMap<Case, Came>;
  readonly monitored: ReadonlyMap<Case, Came>;
  /** Every line that was printed while the operations ran. */
  readonly lines: readonly string[];
  /** The counters of the bundle after the last operation. */
  readonly status: string;
}

/** A kernel as a target: what is known of its version, and its BTF. */
export async function targetOf(kernel: KernelName): Promise<Target> {
  const prepared = await prepareKernel(kernel, () => undefined);
  const { value } = targetFromBtf(kernel, readFileSync(prepared.btf));
  const known = supportedTargets.find(({ name }) => name === kernel);
  if (value?.btf === undefined || known === undefined) {
    throw new Error(`kernel ${kernel} is not known`);
  }
  return { ...known, btf: value.btf };
}

/** Checks the policies of a group for a target, alone. */
export async function judge(group: CaseGroup, target: Target): Promise<Judged> {
  const sources = group.policies.map((path) => createSource(path, readFileSync(path, "utf8")));
  const parsed = await parseSources(sources, { parameters: parametersOf(sources) });
  const tree = parsed.value;
  const found =
    tree === undefined || hasErrors(parsed.diagnostics) ? [] : checkPolicies(tree, [target]).diagnostics;
  const errors = [...parsed.diagnostics, ...found].filter(({ severity }) => severity === "error");
  return { group, tree: errors.length === 0 ? tree : undefined, errors };
}

/** Where policies that name places of the program that tries operations find them in it. */
function parametersOf(sources: readonly Source[]): ReadonlyMap<string, string> {
  const asks = sources.some(({ text }) => text.includes("${"));
  return asks ? placesOfEffects(buildEffects()) : new Map();
}

/** Compiles the policies of all groups that can be compiled; gives the path of the bundle. */
export async function compileGroups(judged: readonly Judged[], target: Target): Promise<string> {
  const policies = judged.flatMap(({ tree }) => tree?.policies ?? []);
  const compiled = await compilePolicies({ kind: "policy-tree", policies }, [target]);
  if (compiled.value === undefined) {
    const messages = compiled.diagnostics.map(({ code, message }) => `${code}: ${message}`);
    throw new Error(`the groups do not compile together:\n${messages.join("\n")}`);
  }
  mkdirSync(`${REPOSITORY}build`, { recursive: true });
  const path = `${REPOSITORY}build/tetragon-${target.name}.policyc`;
  writeFileSync(path, storeBundle(compiled.value.bundle));
  return path;
}

const FOLDER = "/run/policyc";
const FOLLOWED = `${FOLDER}/followed`;
const LAST_WORD = "run:: last operation";

/** Runs every operation while the policies enforce, then those that say so while they only monitor. */
export async function runGroups(
  kernel: KernelName,
  groups: readonly CaseGroup[],
  bundle: string,
): Promise<GuestRun> {
  const effects = buildEffects();
  const cases = groups.flatMap((group) => group.cases);
  const monitored = cases.filter((each) => each.monitored !== undefined);
  const results = await runInGuest(kernel, guestSteps(groups, bundle, effects, cases, monitored), {
    files: groups.flatMap(guestFiles),
    timeoutSeconds: 400,
  });
  const [loaded, , enforcedStep, , monitoredStep, status, followed] = results;
  if (loaded?.exit !== 0 || followed === undefined) {
    throw new Error(`loading failed: ${loaded?.stdout ?? ""}${loaded?.stderr ?? ""}`);
  }
  const lines = followed.stdout.split("\n").filter((line) => line !== "");
  return {
    enforced: outcomes(cases, enforcedStep, lines),
    monitored: outcomes(monitored, monitoredStep, lines),
    lines,
    status: status?.stdout ?? "",
  };
}

function guestFiles(group: CaseGroup): readonly GuestFile[] {
  return Object.entries(group.files).map(([path, text]) => ({
    path,
    mode: 0o644,
    content: Buffer.from(text),
  }));
}

function guestSteps(
  groups: readonly CaseGroup[],
  bundle: string,
  effects: string,
  cases: readonly Case[],
  monitored: readonly Case[],
): readonly GuestStep[] {
  const runtime = RUNTIME.join(" ");
  const programs = groups.flatMap((group) => group.programs);
  const shell = (...lines: readonly string[]): readonly string[] => ["sh", "-c", lines.join("\n")];
  const load = shell(
    ...programs.map((path) => `mkdir -p $(dirname ${path}); cp ${effects} ${path} || exit`),
    `setsid ${runtime} load ${bundle} --name cases --follow -o json >${FOLLOWED} 2>${FOLDER}/told </dev/null &`,
    `until grep -q ^loaded ${FOLDER}/told; do kill -0 $! || { cat ${FOLDER}/told; exit 1; }; sleep 0.1; done`,
  );
  // The last operation's event tells that all events before it have been printed.
  const tried = (each: readonly Case[]): readonly string[] => [
    effects,
    ...each.map(({ does }) => does),
    LAST_WORD,
  ];
  return [
    { name: "load", argv: load, timeoutSeconds: 200 },
    { name: "programs", argv: ["ls", ...programs] },
    { name: "enforced", argv: tried(cases), timeoutSeconds: 200 },
    { name: "mode", argv: [...RUNTIME, "mode", "cases", "monitor"] },
    { name: "monitored", argv: tried(monitored), timeoutSeconds: 200 },
    { name: "status", argv: [...RUNTIME, "status", "cases", "--json"] },
    {
      name: "events",
      argv: shell(
        `for try in $(seq 100); do [ $(grep -c "last operation" ${FOLLOWED}) -ge 2 ] && break; sleep 0.1; done`,
        `cat ${FOLLOWED}`,
      ),
    },
  ];
}

/** What each case came to; the operations' results come in their order. */
function outcomes(
  cases: readonly Case[],
  step: StepResult | undefined,
  lines: readonly string[],
): ReadonlyMap<Case, Came> {
  const effects = parseEffects(step?.stdout ?? "").slice(0, -1);
  if (effects.length !== cases.length) {
    throw new Error(
      `operations ended early (exit ${step?.exit ?? -1}):\n${step?.stdout ?? ""}${step?.stderr ?? ""}`,
    );
  }
  const events = attributeEvents(
    lines,
    effects.map(({ pid }) => pid),
  );
  return new Map(
    cases.map((each, index) => {
      const effect = effects[index];
      if (effect === undefined) {
        throw new Error(`no effect of ${each.name}`);
      }
      return [each, { effect, events: events.get(effect.pid) ?? [] }];
    }),
  );
}
