/** `podSelector`, `containerSelector` and `hostSelector`: which workloads they take in. */
import { shortText } from "../../diagnostics/display.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Span } from "../../source/source.ts";
import type { Comparison, Condition, Literal } from "../policy/tree.ts";
import type { YamlEntry, YamlNode, YamlScalar } from "../yaml/tree.ts";
import { entryOf, itemsOf, scalarOf, valueOf } from "../yaml/tree.ts";
import { entrySpan, type Findings } from "./findings.ts";

/** What the selectors of a policy, or of one of its rules, take in. */
export interface WorkloadSelection {
  /** Conditions on containers, all of which must hold; undefined: no container is taken in. */
  readonly containers: readonly Condition[] | undefined;
  /** Whether processes outside containers are. */
  readonly host: boolean;
  readonly span: Span;
}

/** The selection that a mapping's selectors make; undefined when it has none, so that everything is taken in. */
export function selectWorkloads(
  node: YamlNode | undefined,
  findings: Findings,
): WorkloadSelection | undefined {
  const [pods, containers, host] = ["podSelector", "containerSelector", "hostSelector"].map((key) =>
    valueOf(node, key) === undefined ? undefined : entryOf(node, key),
  );
  const [first] = [pods, containers, host].filter((entry) => entry !== undefined);
  if (first === undefined) {
    return undefined;
  }
  const selected = pods !== undefined || containers !== undefined;
  const conditions = [
    ...(pods === undefined ? [] : lowerSelector(pods, podField, findings)),
    ...(containers === undefined ? [] : lowerSelector(containers, containerField, findings)),
  ];
  return { containers: selected ? conditions : undefined, host: host !== undefined, span: first.key.span };
}

/** The condition of a selection in a rule; undefined: everything. */
export function workloadCondition({ containers, host, span }: WorkloadSelection): Condition | undefined {
  const inContainer: Comparison = {
    ...{ kind: "comparison", field: { kind: "field", segments: ["container"], span } },
    ...{ operator: "exists", operatorSpan: span, values: [], ignoreCase: false, span },
  };
  const onHost: Condition = { kind: "not", operand: inContainer, span };
  if (containers === undefined) {
    return onHost;
  }
  const wanted = containers.length === 0 ? inContainer : all([inContainer, ...containers], span);
  if (!host) {
    return wanted;
  }
  return containers.length === 0 ? undefined : { kind: "or", operands: [onHost, wanted], span };
}

/** Some conditions as one. */
export function all(operands: readonly Condition[], span: Span): Condition {
  const [first, ...rest] = operands;
  return first !== undefined && rest.length === 0 ? first : { kind: "and", operands, span };
}

/** The segments of the field that a key of a selector stands for; undefined, and a finding, when it has none. */
type FieldOfKey = (key: YamlScalar, findings: Findings) => readonly string[] | undefined;

/** Tetragon adds the namespace to a pod's labels under this name. */
const NAMESPACE_LABEL = "k8s:io.kubernetes.pod.namespace";

const podField: FieldOfKey = ({ text }) =>
  text === NAMESPACE_LABEL ? ["pod", "namespace"] : ["pod", "labels", text];

const containerFields: Readonly<Record<string, readonly string[]>> = {
  name: ["container", "name"],
  repo: ["container", "repo"],
};

const containerField: FieldOfKey = (key, findings) => {
  const found = containerFields[key.text];
  if (found === undefined) {
    findings.push(
      diagnostic("unknown-value", key.span, `containers have no \`${shortText(key.text)}\` to select by`, {
        help: "select them by `name` or `repo`",
      }),
    );
  }
  return found;
};

function lowerSelector({ value }: YamlEntry, fieldOf: FieldOfKey, findings: Findings): readonly Condition[] {
  const labels = valueOf(value, "matchLabels");
  const equal = labels?.kind === "mapping" ? labels.entries : [];
  return [
    ...equal.flatMap((entry) => {
      const segments = fieldOf(entry.key, findings);
      return segments === undefined || entry.value.kind !== "scalar"
        ? []
        : [comparison(segments, "in", [entry.value], entry.key.span, entrySpan(entry))];
    }),
    ...itemsOf(value, "matchExpressions").flatMap((item) => lowerExpression(item, fieldOf, findings)),
  ];
}

function lowerExpression(node: YamlNode, fieldOf: FieldOfKey, findings: Findings): readonly Condition[] {
  const key = scalarOf(node, "key");
  const operator = scalarOf(node, "operator");
  const segments = key === undefined ? undefined : fieldOf(key, findings);
  if (operator === undefined || segments === undefined) {
    return [];
  }
  const { span } = node;
  const values = itemsOf(node, "values").filter((item) => item.kind === "scalar");
  const lists = operator.text === "In" || operator.text === "NotIn";
  if (lists && values.length === 0) {
    findings.push(
      diagnostic("missing-values", operator.span, `\`${operator.text}\` has no values to compare with`, {
        help: "list them under `values`",
      }),
    );
    return [];
  }
  if (!lists && values.length > 0) {
    findings.push(
      diagnostic("ignored-key", operator.span, `\`${operator.text}\` takes no values`, {
        help: "leave them out, or write `In`",
      }),
    );
  }
  const found = comparison(segments, lists ? "in" : "exists", lists ? values : [], operator.span, span);
  // A label that is missing is in no list.
  const negated = operator.text === "NotIn" || operator.text === "DoesNotExist";
  return [negated ? { kind: "not", operand: found, span } : found];
}

function comparison(
  segments: readonly string[],
  operator: "in" | "exists",
  values: readonly YamlScalar[],
  operatorSpan: Span,
  span: Span,
): Comparison {
  return {
    kind: "comparison",
    field: { kind: "field", segments, span: operatorSpan },
    operator,
    operatorSpan,
    values: values.map((value): Literal => ({ kind: "string", value: value.text, span: value.span })),
    ignoreCase: false,
    span,
  };
}
