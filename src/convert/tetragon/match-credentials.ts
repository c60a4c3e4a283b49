/** Comparisons of namespaces and capabilities of the process -> filters. */
import { namespaceKinds } from "../../kernel/namespaces.ts";
import { wordValue } from "../../kernel/words.ts";
import type { Literal } from "../../parser/policy/tree.ts";
import { namespaceNames } from "../../parser/tetragon/words.ts";
import type { SignedComparison } from "./branches.ts";
import { type Loss, loss } from "./loss.ts";

/** `{namespace: Pid, operator: NotIn, values: [host_ns]}` */
export interface CredentialFilter {
  readonly kind: "matchNamespaces" | "matchNamespaceChanges" | "matchCapabilities" | "matchCapabilityChanges";
  /** Which namespace, or which set; undefined: all. */
  readonly subject: { readonly key: "namespace" | "type"; readonly name: string } | undefined;
  readonly operator: "In" | "NotIn";
  readonly values: readonly string[];
}

/** The filter of a comparison of `process.ns.…` or `process.caps.…`; `part` is without `process`. */
export function credentialFilter(part: string, signed: SignedComparison): CredentialFilter | Loss {
  const filter = part.startsWith("ns.")
    ? namespaceFilter(part.slice("ns.".length), signed)
    : capabilityFilter(part.slice("caps.".length), signed);
  return filter ?? loss(signed.comparison.span, "no filter has this operator for this value");
}

/** `pid_for_children` is `PidForChildren`. */
function namespaceName(part: string): string | undefined {
  const plain = part.replaceAll("_", "");
  return namespaceKinds.some((kind) => kind === part)
    ? namespaceNames.find((name) => name.toLowerCase() === plain)
    : undefined;
}

function namespaceFilter(
  part: string,
  { comparison, negated }: SignedComparison,
): CredentialFilter | undefined {
  if (part === "changed") {
    const names = comparison.values.map((value) =>
      value.kind === "word" ? namespaceName(value.value) : undefined,
    );
    const values = names.filter((name) => name !== undefined);
    return comparison.operator !== "has-any" || negated || values.length < names.length
      ? undefined
      : { kind: "matchNamespaceChanges", subject: undefined, operator: "In", values };
  }
  const name = namespaceName(part);
  const texts = comparison.values.map(inodeText);
  const values = texts.filter((text) => text !== undefined);
  return name === undefined || comparison.operator !== "in" || values.length < texts.length
    ? undefined
    : {
        kind: "matchNamespaces",
        subject: { key: "namespace", name },
        operator: negated ? "NotIn" : "In",
        values,
      };
}

function inodeText(value: Literal): string | undefined {
  if (value.kind === "integer") {
    return value.value.toString();
  }
  return value.kind === "word" && value.value === "host" ? "host_ns" : undefined;
}

const sets: ReadonlyMap<string, string> = new Map(
  ["Effective", "Inheritable", "Permitted"].map((name) => [name.toLowerCase(), name]),
);

function capabilityFilter(
  part: string,
  { comparison, negated }: SignedComparison,
): CredentialFilter | undefined {
  const isChange = part.endsWith("_changed");
  const name = sets.get(isChange ? part.slice(0, -"_changed".length) : part);
  const values = comparison.values.flatMap((value) =>
    value.kind === "word" && wordValue("capabilityMask", value.value) !== undefined ? [value.value] : [],
  );
  return name === undefined ||
    comparison.operator !== "has-any" ||
    values.length < comparison.values.length ||
    (isChange && negated)
    ? undefined
    : {
        kind: isChange ? "matchCapabilityChanges" : "matchCapabilities",
        subject: { key: "type", name },
        operator: negated ? "NotIn" : "In",
        values,
      };
}
