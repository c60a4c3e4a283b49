/** C that takes what the exec stage has kept of processes: one lookup a process, then one row of a table each. */
import type { Field } from "../ir/ir.ts";
import type { ProcessLevel } from "../kernel/hook.ts";
import { bitsOfUse, rulesOfUse } from "./bits.ts";
import { cComment } from "./c-writer.ts";
import { type DecideContext } from "./decide-context.ts";
import { anyLive, ruleMask, writeAnd, writeForget } from "./live-code.ts";
import type { KeptMatcher, Matcher } from "./matcher.ts";
import { matcherName } from "./parts.ts";
import { processMember } from "./values.ts";

/** Whether a matcher takes what is kept of processes. */
export function isKeptMatcher(matcher: Matcher): matcher is KeptMatcher {
  return matcher.kind === "process-class" || matcher.kind === "lineage";
}

/** Whether only processes that a rule names leave any rule live: asking that first ends most events. */
export function isSelective({ part: { bits } }: DecideContext, matcher: Matcher): boolean {
  const [unnamed = 0n] = isKeptMatcher(matcher) ? matcher.vectors : [ruleMask(bits)];
  return (unnamed & ruleMask(bits)) === 0n;
}

/** C expression for the class of what is kept. */
function keptClass(matcher: KeptMatcher, process: string): string {
  if (matcher.kind === "process-class") {
    return `process_class(entry, ${process}, ${matcher.slot}, ${matcher.vectors.length - 2})`;
  }
  return matcher.level === "any"
    ? `lineage_class(entry, ${matcher.bit})`
    : `own_class(entry, ${process}, ${matcher.bit})`;
}

/** Decides with what is kept of processes; `wanted` are the matchers that are due. */
export function writeKeptProcesses(context: DecideContext, wanted: (matcher: KeptMatcher) => boolean): void {
  const matchers = context.part.matchers.filter(isKeptMatcher).filter(wanted);
  const levels = new Set(matchers.map(({ level }) => level));
  for (const level of levels) {
    writeProcess(
      context,
      level,
      matchers.filter((matcher) => matcher.level === level),
    );
  }
}

function writeProcess(context: DecideContext, level: ProcessLevel, matchers: readonly KeptMatcher[]): void {
  const { writer, part } = context;
  const { bits, hook } = part;
  const rules = matchers.reduce((mask, { use }) => mask | rulesOfUse(use), 0n);
  const process = `&values->${processMember(level)}`;
  writer.line();
  writer.block(`if (${anyLive(bits, rules)}) {`, () => {
    writer.line(`const struct process_entry *entry = process_entry(${process}, generation);`);
    for (const matcher of matchers) {
      const name = matcherName(part, matcher);
      const field: Field | undefined = hook.fields[matcher.field];
      writer.line();
      writer.line(`/* ${cComment(field?.name ?? "")}: ${cComment(matcher.why)} */`);
      writer.block("{", () => {
        const last = matcher.vectors.length - 1;
        writer.line(`u64 class = bounded(forget(${keptClass(matcher, process)}, noise), ${last});`);
        writer.line();
        writeAnd(writer, bits, `${name}_vectors[class]`);
      });
    }
  });
  writeForget(
    writer,
    bits,
    matchers.reduce((mask, { use }) => mask | bitsOfUse(use), 0n),
  );
}
