import { shortText } from "../../diagnostics/display.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import type { Mode } from "../policy/tree.ts";
import type { YamlNode, YamlScalar } from "../yaml/tree.ts";
import { itemsOf, scalarOf } from "../yaml/tree.ts";
import type { Findings } from "./findings.ts";
import { optionNames } from "./words.ts";

/** What `spec.options` says that matters to a compiled policy. */
export function lowerMode(spec: YamlNode, findings: Findings): Mode | undefined {
  let mode: Mode | undefined;
  for (const option of itemsOf(spec, "options")) {
    const name = scalarOf(option, "name");
    const value = scalarOf(option, "value");
    if (name === undefined || value === undefined) {
      continue;
    }
    switch (name.text) {
      case "policy-mode":
        mode = lowerPolicyMode(value, findings) ?? mode;
        break;
      case "disable-kprobe-multi":
      case "disable-uprobe-multi":
      case "override-method":
      case "sleepable-preload-size":
        // These choose between mechanisms of another engine; the compiler chooses its own from the target.
        break;
      default:
        reportOption(name, findings);
    }
  }
  return mode;
}

function lowerPolicyMode(value: YamlScalar, findings: Findings): Mode | undefined {
  if (value.text === "enforce" || value.text === "monitor") {
    return value.text;
  }
  const help = didYouMean(value.text, ["enforce", "monitor"]);
  findings.push(
    diagnostic("unknown-value", value.span, `\`policy-mode\` cannot be \`${shortText(value.text)}\``, {
      ...(help === undefined ? {} : { help }),
    }),
  );
  return undefined;
}

function reportOption(name: YamlScalar, findings: Findings): void {
  const help = didYouMean(name.text, optionNames);
  findings.push(
    diagnostic("unknown-value", name.span, `unknown option \`${shortText(name.text)}\``, {
      ...(help === undefined ? {} : { help }),
    }),
  );
}
