/** What conditions can ask of the workload that a process belongs to: its container, and that one's pod. */
import type { FieldFact, FieldType } from "./field.ts";
import type { FieldSource } from "./hook.ts";

/** A field of a workload. */
export interface WorkloadField extends Pick<FieldFact, "type" | "words"> {
  readonly source: Extract<FieldSource, { kind: "workload" }>;
}

const text: FieldType = { kind: "string" };
const truth = { type: { kind: "integer", bits: 8, signed: false }, words: "truth" } as const;

/** By name, as policies write it. `container` itself is there in every container and missing on the host. */
const facts: Readonly<Record<Exclude<WorkloadPart, "pod.labels">, Pick<WorkloadField, "type" | "words">>> = {
  container: truth,
  "container.id": { type: text, words: undefined },
  "container.name": { type: text, words: undefined },
  "container.image": { type: text, words: undefined },
  "container.repo": { type: text, words: undefined },
  "container.privileged": truth,
  "pod.name": { type: text, words: undefined },
  "pod.namespace": { type: text, words: undefined },
};

type WorkloadPart = WorkloadField["source"]["part"];

/** The field that `container.image` or `pod.labels["app"]` names; undefined when it names none. */
export function workloadField(segments: readonly string[]): WorkloadField | undefined {
  const [root, part, key] = segments;
  if (root === "pod" && part === "labels" && key !== undefined && segments.length === 3) {
    return { type: text, words: undefined, source: { kind: "workload", part: "pod.labels", key } };
  }
  const name = workloadFieldNames.find((known) => known === segments.join("."));
  return name === undefined
    ? undefined
    : { ...facts[name], source: { kind: "workload", part: name, key: undefined } };
}

/** The names to suggest. */
export const workloadFieldNames = [
  "container",
  "container.id",
  "container.name",
  "container.image",
  "container.repo",
  "container.privileged",
  "pod.name",
  "pod.namespace",
] as const;
