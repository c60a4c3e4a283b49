/** What this kernel can do, looked up when first asked. */
import { readFileSync } from "node:fs";
import { btfEnumNames, btfFind, canModify, freeBtf, loadKernelBtf } from "./libbpf.ts";
import type { Pointer } from "./libbpf.ts";
import type { ManifestAlternative, ManifestAttachment, ManifestRequirement } from "./manifest.ts";

export interface Host {
  /** Why a requirement does not hold; undefined when it does. */
  readonly lacks: (requirement: ManifestRequirement) => string | undefined;
  /** Gives the kernel's type descriptions back. */
  readonly close: () => void;
}

const LSM_LIST = "/sys/kernel/security/lsm";
const BTF_KIND_FUNC = 12;
const BTF_KIND_TYPEDEF = 8;

export function openHost(): Host {
  let btf: Pointer | null | undefined;
  let bpfHelpers: ReadonlySet<string> | undefined;
  const hasHelper = (types: Pointer, name: string): boolean => {
    bpfHelpers ??= new Set(btfEnumNames(types, "bpf_func_id"));
    return bpfHelpers.has(name.replace(/^bpf_/, "BPF_FUNC_"));
  };
  const kernelBtf = (): Pointer | null => (btf ??= loadKernelBtf());
  const withBtf = (check: (types: Pointer) => string | undefined): string | undefined => {
    const types = kernelBtf();
    return types === null ? "the kernel has no BTF" : check(types);
  };
  const lookUp = (requirement: ManifestRequirement): string | undefined => {
    switch (requirement.kind) {
      case "bpf-lsm-active":
        return lacksBpfLsm();
      case "kernel-function":
        return withBtf((types) =>
          btfFind(types, requirement.name, BTF_KIND_FUNC) < 0
            ? `the kernel has no function ${requirement.name}`
            : undefined,
        );
      case "modifiable-function":
        return withBtf((types) => lacksModification(types, requirement.name));
      case "raw-tracepoint":
        return withBtf((types) =>
          btfFind(types, `btf_trace_${requirement.name}`, BTF_KIND_TYPEDEF) < 0
            ? `the kernel has no tracepoint ${requirement.name}`
            : undefined,
        );
      case "helper":
        return withBtf((types) =>
          hasHelper(types, requirement.name) ? undefined : `the kernel has no ${requirement.name}`,
        );
    }
  };
  // Many programs require the same.
  const known = new Map<string, string | undefined>();
  return {
    lacks: (requirement) => {
      const key = JSON.stringify(requirement);
      if (!known.has(key)) {
        known.set(key, lookUp(requirement));
      }
      return known.get(key);
    },
    close: () => {
      if (typeof btf === "bigint") {
        freeBtf(btf);
      }
      btf = undefined;
    },
  };
}

/** Only the kernel knows: it is asked with a program that does nothing. */
function lacksModification(types: Pointer, name: string): string | undefined {
  const id = btfFind(types, name, BTF_KIND_FUNC);
  return id > 0 && canModify(id) ? undefined : `the kernel lets no program change what ${name} returns`;
}

function lacksBpfLsm(): string | undefined {
  try {
    const active = readFileSync(LSM_LIST, "utf8").trim().split(",");
    return active.includes("bpf") ? undefined : `\`bpf\` is not among the active LSMs (${active.join(",")})`;
  } catch {
    return `${LSM_LIST} can't be read, so \`bpf\` can't be known to be an active LSM`;
  }
}

/** Which program serves an attachment here, or why none does. */
export type Choice =
  | {
      readonly kind: "chosen";
      readonly attachment: ManifestAttachment;
      readonly alternative: ManifestAlternative;
    }
  | { readonly kind: "skipped"; readonly attachment: ManifestAttachment }
  | {
      readonly kind: "impossible";
      readonly attachment: ManifestAttachment;
      /** For each alternative, why not. */
      readonly reasons: readonly string[];
    };

/** The first alternative whose requirements hold. */
export function choose(attachment: ManifestAttachment, host: Host): Choice {
  const refused = attachment.alternatives.map((alternative) => ({
    alternative,
    reasons: reasonsAgainst(alternative, host),
  }));
  const first = refused.find(({ reasons }) => reasons.length === 0);
  if (first !== undefined) {
    return { kind: "chosen", attachment, alternative: first.alternative };
  }
  const absent = refused.every(({ alternative }) => isAbsent(alternative, host));
  if (attachment.need === "if-present" && absent) {
    return { kind: "skipped", attachment };
  }
  return {
    kind: "impossible",
    attachment,
    reasons: refused.map(({ alternative, reasons }) => `${alternative.program}: ${reasons.join("; ")}`),
  };
}

function reasonsAgainst(alternative: ManifestAlternative, host: Host): readonly string[] {
  return alternative.requires.map(host.lacks).filter((reason) => reason !== undefined);
}

/** Whether this kernel has no such place, or is not one of those that need it. */
function isAbsent(alternative: ManifestAlternative, host: Host): boolean {
  return alternative.requires.some(
    (requirement) => requirement.kind !== "bpf-lsm-active" && host.lacks(requirement) !== undefined,
  );
}
