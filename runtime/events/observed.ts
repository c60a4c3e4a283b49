/** What an observer is told: a record with the processes it speaks of. */
import type { Decision, EventRecord, ExecRecord, ExitRecord, HookRecord } from "./decode.ts";
import { messageOf } from "./message.ts";
import type { ThrottleRecord } from "./throttle.ts";
import type { KnownProcess, ProcessTable } from "./processes.ts";

interface Participants {
  readonly process: KnownProcess;
  readonly parent: KnownProcess | undefined;
}

export type Observed = Participants &
  (
    | { readonly kind: "exec"; readonly record: ExecRecord }
    | { readonly kind: "exit"; readonly record: ExitRecord }
    | {
        readonly kind: "hook";
        readonly record: HookRecord;
        readonly decision: Decision;
        /** The text of the rule, else of its block or policy. */
        readonly message: string | undefined;
      }
    | { readonly kind: "throttle"; readonly record: ThrottleRecord }
  );

/** The events that a record stands for: one for each decision of a hook's record. */
export function observe(record: EventRecord, table: ProcessTable): readonly Observed[] {
  switch (record.kind) {
    case "exec": {
      const process = table.exec(record);
      return [{ kind: "exec", record, process, parent: table.parentOf(process) }];
    }
    case "clone":
      table.clone(record);
      return [];
    case "exit": {
      const process = table.lookup(record.head);
      const parent = table.parentOf(process);
      table.exit(record.head);
      return [{ kind: "exit", record, process, parent }];
    }
    case "throttle": {
      const process = table.lookup(record.head);
      return [{ kind: "throttle", record, process, parent: table.parentOf(process) }];
    }
    case "hook": {
      const process = table.lookup(record.head);
      const parent = table.parentOf(process);
      const lineage = (level: number): KnownProcess | undefined => {
        let found: KnownProcess | undefined = process;
        for (let step = 0; step < level && found !== undefined; step++) {
          found = table.parentOf(found);
        }
        return found;
      };
      return record.decisions.map((decision) => {
        const message = messageOf(record, decision, lineage);
        return { kind: "hook", record, decision, message, process, parent };
      });
    }
  }
}

/** How a process ended. */
export interface ExitReason {
  /** Number of the signal that ended it. */
  readonly signal: number | undefined;
  /** Its exit code, when no signal did. */
  readonly status: number;
}

export function exitReason(waitStatus: number): ExitReason {
  const signal = waitStatus & 0x7f;
  return signal === 0 ? { signal: undefined, status: (waitStatus >> 8) & 0xff } : { signal, status: 0 };
}
