/**
 * The exec stage: comparisons whose value is known before a hook fires, since the process was made or executed its
 * program. They are made then, once for all rules of a compilation, and their outcomes are kept for the process.
 */
import { type ProcessSource, isListPart, isProgramPart } from "../kernel/hook.ts";
import type { Atom, Field, Ir } from "./ir.ts";
import { atomsOf } from "./bool.ts";
import { elementTest } from "./element-test.ts";
import { testKey } from "./test-key.ts";

/** A process field whose comparisons are made at exec or fork. */
export interface KeptField extends Field {
  readonly source: ProcessSource;
}

/** Whether comparisons of a field are made at the exec stage; all others wait for the event. */
export function isKept(field: Field): field is KeptField {
  const { source } = field;
  return source.kind === "process" && (source.level === "any" || isProgramPart(source.part));
}

/** A comparison of the exec stage: it may stand in many rules, and be asked of many processes. */
export interface ExecTest {
  /** What it compares, in words of the exec stage: `field` is an index into `ExecStage.fields`. */
  readonly atom: Atom;
  /** Whether it is asked of all processes above: then its outcome is handed down. */
  readonly ofAncestors: boolean;
  /** Whether it holds when it holds for any text of a list. */
  readonly ofList: boolean;
}

/** What must be known of every process. */
export interface ExecStage {
  /** The values that are compared, each of the process itself. */
  readonly fields: readonly KeptField[];
  /** By `execTestKey`, in order of first use. */
  readonly tests: ReadonlyMap<string, ExecTest>;
}

/** Equal for the same comparison of the same part of a process, whichever process is meant. */
export function execTestKey({ part, element }: ProcessSource, { test }: Pick<Atom, "test">): string {
  return `${JSON.stringify([part, element])} ${testKey(test)}`;
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
    const key = execTestKey(field.source, atom);
    const before = tests.get(key);
    const ofList = isListPart(part);
    const test = ofList ? elementTest(field.source, atom) : atom.test;
    tests.set(key, {
      atom: before?.atom ?? { ...atom, test, field: index },
      ofAncestors: before?.ofAncestors === true || level === "any",
      ofList,
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
