/** Which operation caused an event: that of the process that acts, or of one it descends from. */

/** An event as JSON, without its kind. */
export interface OriginEvent {
  /** `process_kprobe`, `process_exec`, … */
  readonly kind: string;
  readonly policy: string | undefined;
  /** The whole event. */
  readonly json: unknown;
}

export type EventsOf = readonly OriginEvent[];

interface Body {
  readonly process?: { readonly pid?: number; readonly tid?: number };
  readonly parent?: { readonly pid?: number };
  readonly policy_name?: string;
}

/** The events that each of the processes, and whatever they started, caused. */
export function attributeEvents(
  lines: readonly string[],
  roots: readonly number[],
): ReadonlyMap<number, EventsOf> {
  const parsed = lines.map(parseEvent).filter((event) => event !== undefined);
  const parents = new Map<number, number>();
  for (const { body } of parsed) {
    const { pid } = body.process ?? {};
    const parent = body.parent?.pid;
    if (pid !== undefined && parent !== undefined && !parents.has(pid)) {
      parents.set(pid, parent);
    }
  }
  const wanted = new Set(roots);
  const found = new Map<number, OriginEvent[]>();
  for (const { kind, body, json } of parsed) {
    const root = rootOf(body.process?.pid, parents, wanted);
    if (root !== undefined) {
      found.set(root, [...(found.get(root) ?? []), { kind, policy: body.policy_name, json }]);
    }
  }
  return found;
}

function parseEvent(
  line: string,
): { readonly kind: string; readonly body: Body; readonly json: unknown } | undefined {
  const json: unknown = JSON.parse(line);
  const [kind, body] = Object.entries(json as Record<string, Body>)[0] ?? [];
  return kind?.startsWith("process_") === true && body !== undefined ? { kind, body, json } : undefined;
}

/** Processes have few ancestors: a longer chain is a circle of reused ids. */
const MOST_ANCESTORS = 32;

function rootOf(
  pid: number | undefined,
  parents: ReadonlyMap<number, number>,
  roots: ReadonlySet<number>,
): number | undefined {
  let at = pid;
  for (let steps = 0; at !== undefined && steps < MOST_ANCESTORS; steps++) {
    if (roots.has(at)) {
      return at;
    }
    at = parents.get(at);
  }
  return undefined;
}
