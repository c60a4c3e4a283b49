/** Whether a condition of a policy holds for a workload. */
import type { ScopeField, ScopeTest } from "../manifest.ts";
import { globMatches } from "./glob.ts";
import { type Workload, repositoryOf } from "./workload.ts";

/** `unknown`: it depends on something that nobody has told yet. */
export type Truth = "true" | "false" | "unknown";

/** Missing: the workload has no such thing. Undefined: not known yet. */
type FieldValue = { readonly kind: "present"; readonly value: string | boolean } | "missing" | undefined;

/** Three-valued: what can't matter does not. */
export function holds(test: ScopeTest, workload: Workload): Truth {
  switch (test.kind) {
    case "and":
      return combine(test.operands, "false", workload);
    case "or":
      return combine(test.operands, "true", workload);
    case "not":
      return negate(holds(test.operand, workload));
    case "texts":
      return compare(test, workload, (value) =>
        test.values.some((wanted) => textMatches(value, test.match, wanted)),
      );
    case "globs":
      return compare(test, workload, (value) =>
        test.globs.some((glob) => globMatches(glob, test.ignoreCase, value)),
      );
    case "truth": {
      const found = valueOf(test, workload);
      return truthOf(found, (value) => typeof value === "boolean" && test.values.includes(value));
    }
  }
}

function combine(operands: readonly ScopeTest[], decisive: "true" | "false", workload: Workload): Truth {
  const truths = operands.map((operand) => holds(operand, workload));
  if (truths.includes(decisive)) {
    return decisive;
  }
  return truths.includes("unknown") ? "unknown" : negate(decisive);
}

function negate(truth: Truth): Truth {
  return truth === "unknown" ? truth : truth === "true" ? "false" : "true";
}

function compare(field: ScopeField, workload: Workload, matches: (value: string) => boolean): Truth {
  return truthOf(valueOf(field, workload), (value) => typeof value === "string" && matches(value));
}

function truthOf(found: FieldValue, matches: (value: string | boolean) => boolean): Truth {
  if (found === undefined) {
    return "unknown";
  }
  return found !== "missing" && matches(found.value) ? "true" : "false";
}

function textMatches(value: string, match: "exact" | "prefix" | "suffix", wanted: string): boolean {
  switch (match) {
    case "exact":
      return value === wanted;
    case "prefix":
      return value.startsWith(wanted);
    case "suffix":
      return value.endsWith(wanted);
  }
}

function valueOf({ field, key }: ScopeField, { inContainer, container, pod }: Workload): FieldValue {
  if (!inContainer) {
    return "missing";
  }
  const facts = pod === undefined || pod === "none" ? undefined : pod;
  const ofPod = (value: string | undefined): FieldValue => (pod === "none" ? "missing" : present(value));
  switch (field) {
    case "container":
      return present(true);
    case "container.id":
      return present(container.id);
    case "container.name":
      return present(container.name);
    case "container.image":
      return present(container.image);
    case "container.repo":
      return present(container.image === undefined ? undefined : repositoryOf(container.image));
    case "container.privileged":
      return present(container.privileged);
    case "pod.name":
      return ofPod(facts?.name);
    case "pod.namespace":
      return ofPod(facts?.namespace);
    case "pod.labels":
      return facts?.labels !== undefined && !Object.hasOwn(facts.labels, key ?? "")
        ? "missing"
        : ofPod(facts?.labels?.[key ?? ""]);
  }
}

function present(value: string | boolean | undefined): FieldValue {
  return value === undefined ? undefined : { kind: "present", value };
}
