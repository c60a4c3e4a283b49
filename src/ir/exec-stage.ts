/**
 * The exec stage: comparisons whose value is known before a hook fires, since the process was made or executed its
 * program. They are made then, once for all rules of a compilation, and their outcomes are kept for the process.
 */
import { type FieldSource, type ProcessPart, isTextPart } from "../kernel/hook.ts";
import type { Atom, Field, Ir } from "./ir.ts";
import { atomsOf } from "./bool.ts";
import { testKey } from "./test-key.ts";

/** Where a value of a process comes from. */
export type ProcessSource = Extract<FieldSource, { kind: "process" }>;

/** A process field whose comparisons are made at exec or fork. */
export interface KeptField extends Field {
  readonly source: ProcessSource;
}

/** Whether comparisons of a field are made at the exec stage; all others wait for the event. */
export function isKept(field: Field): field is KeptField {
  const { source } = field;
  return source.kind === "process" && (source.level === "any" || isTextPart(source.part));
}

/** A comparison of the exec stage: it may stand in many rules, and be asked of many processes. */
export interface ExecTest {
  /** What it compares, in words of the exec stage: `field` is an index into `ExecStage.fields`. */
  readonly atom: Atom;
  /** Whether it is asked of all processes above: then its outcome is handed down. */
  readonly ofAncestors: boolean;
}

/** What must be known of every process. */
export interface ExecStage {
  /** The values that are compared, each of the process itself. */
  readonly fields: readonly KeptField[];
  /** By `execTestKey`, in order of first use. */
  readonly tests: ReadonlyMap<string, ExecTest>;
}

/** Equal for the same comparison of the same part of a process, whichever process is meant. */
export function execTestKey(part: ProcessPart, { test }: Pick<Atom, "test">): string {
  return `${part} ${testKey(test)}`;
}

/** All comparisons of the exec stage in a compilation; undefined when there are none. */
export function execStageOf(ir: Ir): ExecStage | undefined {
  const fields: KeptField[] = [];
  const tests = new Map<string, ExecTest>();
  for (const { atom, field } of keptAtoms(ir)) {
    const { part, level } = field.source;
    const known = fields.findIndex(({ source }) => source.part === part);
    const index =
      known !== -1
        ? known
        : fields.push({ name: part, type: field.type, source: { kind: "process", level: 0, part } }) - 1;
    const key = execTestKey(part, atom);
    const before = tests.get(key);
    tests.set(key, {
      atom: before?.atom ?? { ...atom, field: index },
      ofAncestors: before?.ofAncestors === true || level === "any",
    });
  }
  return fields.length === 0 ? undefined : { fields, tests };
}

function keptAtoms(ir: Ir): readonly { readonly atom: Atom; readonly field: KeptField }[] {
  return ir.hooks.flatMap(({ blocks, fields }) =>
    blocks
      .flatMap(({ rules }) => rules)
      .flatMap(({ condition }) => atomsOf(condition))
      .flatMap((atom) => {
        const field = fields[atom.field];
        return field !== undefined && isKept(field) ? [{ atom, field }] : [];
      }),
  );
}
