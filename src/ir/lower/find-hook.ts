/** Kernel facts of raw hooks: what a name that a policy hooks stands for. */
import { type Diagnostic, diagnostic } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import { findTracepoint, functionNames } from "../../kernel/btf.ts";
import { functionHook } from "../../kernel/function-hook.ts";
import { hookTable } from "../../kernel/hook-table.ts";
import type { ArgumentType, HookFact } from "../../kernel/hook.ts";
import { lsmHook } from "../../kernel/lsm-hook.ts";
import { refusalsOf, refusalsOfAll } from "../../kernel/refusals.ts";
import {
  parseSystemCall,
  systemCallFunction,
  systemCallHook,
  systemCallNames,
  systemCallNumber,
} from "../../kernel/system-call-hook.ts";
import { type Target, findPrototype } from "../../kernel/target.ts";
import {
  type TracepointName,
  type TracepointRecord,
  knownRecord,
  parseTracepoint,
  rawTracepointHook,
  recordFromBtf,
  tracepointHook,
} from "../../kernel/tracepoint-hook.ts";
import { type DeclaredView, withSocketResult, withViews } from "../../kernel/views.ts";
import type { HookReference } from "../../parser/policy/tree.ts";
import { findUserPlace } from "./find-user-place.ts";
import { namePattern } from "./name-pattern.ts";
import { checkRefused } from "./refused-calls.ts";
import { printable } from "./printable.ts";

export type RawHook = Extract<HookReference, { kind: "raw" }>;

type Declared = ReadonlyMap<number, ArgumentType>;

/** What all policies together declare of a hook. */
export interface DeclaredFunction {
  /** The first type that is declared for each argument. */
  readonly types: Declared;
  /** Every type that is declared for any argument, each once. */
  readonly views: readonly DeclaredView[];
  /** Every type that is declared for the return value, each once. */
  readonly results: readonly ArgumentType[];
  /** System calls that rules refuse when they begin here, without prefix. */
  readonly refuses: readonly string[];
}

/** Where no policy declares anything. */
export const undeclared: DeclaredFunction = { types: new Map(), views: [], results: [], refuses: [] };

/** What a hook is found by: its name, the kernels, and what policies declare of names. */
export interface HookSearch {
  readonly reference: RawHook;
  readonly targets: readonly Target[];
  readonly declaredOf: (key: string) => DeclaredFunction;
  readonly findings: Diagnostic[];
}

/** The facts of all places that a raw hook names; none when it is at fault. */
export function findFacts(search: HookSearch): readonly HookFact[] {
  const { reference, findings } = search;
  checkRefused(reference, findings);
  const fact = reference.matching ? undefined : findFact(search);
  const facts = reference.matching ? findMatching(search) : fact === undefined ? [] : [fact];
  const { views, refuses, results } = search.declaredOf(declarationKey(reference));
  return facts.map((each) => ({
    ...withViews(withSocketResult(each, results), views),
    ...(refuses.length === 0 ? {} : { refusals: refusalsOfAll(refuses) }),
  }));
}

/** What declarations of a hook are kept under: functions, LSM hooks and tracepoints have names of their own. */
export function declarationKey({ section, syscall, path, target, result }: RawHook): string {
  if (section === "uprobe" || section === "usdt") {
    return `${section}/${path?.text ?? ""}:${target.text}${result === undefined ? "" : " return"}`;
  }
  const call = syscall ? parseSystemCall(target.text) : undefined;
  const prefix = section === "kprobe" || section === "fentry" ? "" : `${section}/`;
  return call === undefined ? prefix + target.text : systemCallFunction(call);
}

function findFact(search: HookSearch): HookFact | undefined {
  const { reference, targets, declaredOf, findings } = search;
  const declared = declaredOf(declarationKey(reference)).types;
  switch (reference.section) {
    case "kprobe":
    case "fentry":
      return reference.syscall
        ? findSystemCall(search, declared)
        : findFunction(search, reference.target.text);
    case "lsm": {
      const name = plainName(search);
      return name === undefined
        ? undefined
        : lsmHook(name, declared, findPrototype(targets, `bpf_lsm_${name}`));
    }
    case "raw_tracepoint":
      return findRawTracepoint(search, declared);
    case "tracepoint":
      return findRecord(search);
    case "uprobe":
    case "usdt":
      return findUserPlace(reference, declaredOf(declarationKey(reference)), findings);
  }
}

/** A name of a function or LSM hook, or a finding. */
function plainName({ reference: { target }, findings }: HookSearch): string | undefined {
  const name = target.text;
  if (/^[A-Za-z_][A-Za-z0-9_.]{0,127}$/.test(name)) {
    return name;
  }
  const help = didYouMean(name, [...hookTable.keys()]);
  findings.push(
    diagnostic("unknown-hook", target.span, `\`${printable(name)}\` is no kernel function`, {
      ...(help === undefined ? {} : { help }),
    }),
  );
  return undefined;
}

function findFunction(search: HookSearch, text: string): HookFact | undefined {
  const { reference, targets, declaredOf } = search;
  const name = reference.matching ? text : plainName(search);
  if (name === undefined) {
    return undefined;
  }
  const { types } = declaredOf(declarationKey(reference));
  const lsmPrototype = findPrototype(targets, name.replace(/^security_/, "bpf_lsm_"));
  const known = hookTable.get(name);
  // Not everything in the table is a function.
  return known?.section === "kprobe"
    ? known
    : functionHook(name, types, findPrototype(targets, name), lsmPrototype);
}

/** Every function of the targets that a regular expression matches. */
function findMatching(search: HookSearch): readonly HookFact[] {
  const { reference, targets, findings } = search;
  const expression = namePattern(reference.target, findings);
  if (expression === undefined) {
    return [];
  }
  const known = targets.flatMap(({ btf }) => (btf === undefined ? [] : [btf]));
  if (known.length === 0) {
    findings.push(
      diagnostic(
        "prototype-unknown",
        reference.target.span,
        "the functions that this matches are not known",
        {
          help: "name a target with BTF (`--target host`), or list the functions",
        },
      ),
    );
    return [];
  }
  const names = [...new Set(known.flatMap(functionNames))].filter((name) => expression.test(name)).sort();
  if (names.length === 0) {
    findings.push(
      diagnostic("unknown-hook", reference.target.span, "no function of the targets matches this", {
        help: "the expression may match any part of a name: `^ksys_`",
      }),
    );
  }
  return names.flatMap((name) => findFunction(search, name) ?? []);
}

/** System calls that are newer than the compiler are known by the BTF of a target. */
function findSystemCall(search: HookSearch, declared: Declared): HookFact | undefined {
  const { reference, targets, findings } = search;
  const { target } = reference;
  const call = parseSystemCall(target.text);
  const isKnown =
    call !== undefined &&
    (call.abi === "ia32" ||
      systemCallNumber(call.call) !== undefined ||
      findPrototype(targets, systemCallFunction(call)) !== undefined);
  if (isKnown) {
    return systemCallHook(call, declared, call.abi === "x64" ? refusalsOf(call.call) : undefined);
  }
  const likely = didYouMean(target.text, systemCallNames());
  findings.push(
    diagnostic("unknown-hook", target.span, `\`${printable(target.text)}\` is no system call`, {
      help: likely ?? "for a function of the kernel that is no system call, say so: `syscall: false`",
    }),
  );
  return undefined;
}

function tracepointName({ reference: { target }, findings }: HookSearch): TracepointName | undefined {
  const name = parseTracepoint(target.text);
  if (name === undefined) {
    findings.push(
      diagnostic("unknown-hook", target.span, `\`${printable(target.text)}\` is no tracepoint`, {
        help: "name the subsystem and the event: `sched/sched_process_exec`",
      }),
    );
  }
  return name;
}

function findRawTracepoint(search: HookSearch, declared: Declared): HookFact | undefined {
  const { reference, targets, findings } = search;
  const name = tracepointName(search);
  if (name === undefined) {
    return undefined;
  }
  for (const { name: kernel, btf } of targets) {
    if (btf !== undefined && findTracepoint(btf, name.event) === undefined) {
      reportMissing(reference, kernel, findings);
      return undefined;
    }
  }
  const known = targets.flatMap(({ btf }) => (btf && findTracepoint(btf, name.event)) ?? []);
  return rawTracepointHook(name, declared, known[0]);
}

/** The record that all targets with BTF agree on. */
function findRecord(search: HookSearch): HookFact | undefined {
  const { reference, targets, findings } = search;
  const name = tracepointName(search);
  if (name === undefined) {
    return undefined;
  }
  let found: TracepointRecord | undefined;
  for (const { name: kernel, btf } of targets) {
    const record = btf && recordFromBtf(btf, name);
    if (btf !== undefined && record === undefined) {
      reportMissing(reference, kernel, findings);
      return undefined;
    }
    if (record !== undefined && found !== undefined && !readsAlike(reference, record, found)) {
      findings.push(
        diagnostic("prototype-mismatch", reference.target.span, "the kernels number its fields differently", {
          help: "compile for each kernel separately",
        }),
      );
      return undefined;
    }
    found ??= record;
  }
  const record = found ?? knownRecord(name);
  if (record === undefined && reference.parameters.length > 0) {
    findings.push(
      diagnostic(
        "prototype-unknown",
        reference.target.span,
        `the fields of \`${name.event}\` are not known`,
        {
          help: "name a target with BTF (`--target host`), or leave out the arguments",
        },
      ),
    );
    return undefined;
  }
  return tracepointHook(name, record ?? { struct: "syscall_exit_record", relocated: false, fields: [] });
}

/** Whether two records have the fields that the hook reads at the same numbers. */
function readsAlike({ parameters }: RawHook, left: TracepointRecord, right: TracepointRecord): boolean {
  return parameters.every(({ index }) => {
    const [one, other] = [left.fields[index - 4], right.fields[index - 4]];
    return one?.name === other?.name && JSON.stringify(one?.type) === JSON.stringify(other?.type);
  });
}

function reportMissing({ target }: RawHook, kernel: string, findings: Diagnostic[]): void {
  findings.push(
    diagnostic(
      "unknown-hook",
      target.span,
      `kernel ${kernel} has no tracepoint \`${printable(target.text)}\``,
      {
        help: "name other targets with `--target`, or another hook",
      },
    ),
  );
}
