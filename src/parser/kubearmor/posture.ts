/** What happens to what no rule allows, once a section has a rule that allows. */
import { shortText } from "../../diagnostics/display.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import type { YamlNode } from "../yaml/tree.ts";
import { scalarOf, valueOf } from "../yaml/tree.ts";
import type { Findings } from "./findings.ts";
import { postureAnnotations } from "./words.ts";

/** `audit` reports it, `block` refuses it. */
export type Posture = "audit" | "block";

export type Postures = Readonly<Record<keyof typeof postureAnnotations, Posture>>;

/** Whether a section's posture can be set. */
export function isPostureSection(section: string): section is keyof Postures {
  return Object.hasOwn(postureAnnotations, section);
}

/** What counts where nothing says otherwise. */
export const standardPostures: Postures = { file: "audit", network: "audit", capabilities: "audit" };

/** The postures of a policy: its annotations say so, else what the compilation was told. */
export function posturesOf(document: YamlNode, given: Postures, findings: Findings): Postures {
  const annotations = valueOf(valueOf(document, "metadata"), "annotations");
  const read = (section: keyof Postures): Posture => {
    const written = scalarOf(annotations, postureAnnotations[section]);
    if (written === undefined) {
      return given[section];
    }
    if (written.text === "audit" || written.text === "block") {
      return written.text;
    }
    const help = didYouMean(written.text, ["audit", "block"]);
    findings.push(
      diagnostic("unknown-value", written.span, `a posture cannot be \`${shortText(written.text)}\``, {
        help: help ?? "write `audit` or `block`",
      }),
    );
    return given[section];
  };
  return { file: read("file"), network: read("network"), capabilities: read("capabilities") };
}
