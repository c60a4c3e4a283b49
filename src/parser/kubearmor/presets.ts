/** Presets: ready-made rules. */
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import { shortText } from "../../diagnostics/display.ts";
import type { Span } from "../../source/source.ts";
import type { Block, Condition, HookReference, Parameter } from "../policy/tree.ts";
import type { YamlNode } from "../yaml/tree.ts";
import { itemsOf, scalarOf } from "../yaml/tree.ts";
import { type Attributes, attributesOf } from "./attributes.ts";
import { allOf, compare, negated, text, word } from "./conditions.ts";
import type { Findings } from "./findings.ts";
import { notYet } from "./findings.ts";
import { actionsOf } from "./rule.ts";
import { presetNames } from "./words.ts";

/** The blocks of all presets. */
export function lowerPresets(spec: YamlNode, findings: Findings): readonly Block[] {
  return itemsOf(spec, "presets").flatMap((preset) => {
    const name = scalarOf(preset, "name");
    if (name === undefined) {
      return [];
    }
    const attributes = attributesOf([preset, spec], preset.span);
    switch (name.text) {
      case "filelessExec":
        return [blockOf(name.text, execution(name.span), fileless(name.span), attributes, preset.span)];
      case "anonymousMapExec":
        return [blockOf(name.text, mapping(name.span), anonymous(name.span), attributes, preset.span)];
      case "protectEnv":
      case "protectProc":
      case "exec":
        notYet(findings, name.span, `the preset \`${name.text}\``, unserved[name.text]);
        return [];
      default: {
        const help = didYouMean(name.text, presetNames);
        findings.push(
          diagnostic("unknown-value", name.span, `there is no preset \`${shortText(name.text)}\``, {
            help: help ?? `use one of ${presetNames.join(", ")}`,
          }),
        );
        return [];
      }
    }
  });
}

/** Why presets are refused. */
const unserved = {
  protectEnv: "whether `/proc/…/environ` is the process's own can't be compared",
  protectProc: "whether a directory of `/proc` is the process's own can't be compared",
  exec: "a process that was sent into the container is not told from one that was started there",
} as const;

function execution(span: Span): HookReference {
  return { kind: "event", name: { kind: "name", text: "process.exec", span }, span };
}

/** A file that no directory has (memfd_create), or one in memory that programs share. */
function fileless(span: Span): Condition {
  return {
    kind: "or",
    operands: [
      negated(compare("file.path", "exists", [], span), span),
      compare("file.path", "under", [text("/dev/shm", span), text("/run/shm", span)], span),
    ],
    span,
  };
}

/** `security_mmap_file(file, prot, flags)` asks about anonymous memory as well. */
function mapping(span: Span): HookReference {
  const parameter = (index: number, name: string): Parameter => ({
    kind: "parameter",
    index,
    name: { kind: "name", text: name, span },
    type: { kind: "name", text: "uint64", span },
    label: { kind: "text", text: name, span },
    span,
  });
  return {
    kind: "raw",
    section: "kprobe",
    target: { kind: "name", text: "security_mmap_file", span },
    path: undefined,
    syscall: false,
    optional: false,
    matching: false,
    refuses: [],
    parameters: [parameter(1, "protection"), parameter(2, "flags")],
    result: undefined,
    span,
  };
}

function anonymous(span: Span): Condition | undefined {
  return allOf(
    [
      compare("protection", "has-any", [word("PROT_EXEC", span)], span),
      compare("flags", "has-any", [word("MAP_ANONYMOUS", span)], span),
    ],
    span,
  );
}

function blockOf(
  name: string,
  hook: HookReference,
  condition: Condition | undefined,
  attributes: Attributes,
  span: Span,
): Block {
  return {
    kind: "block",
    hooks: [hook],
    condition,
    rules: [
      {
        kind: "rule",
        label: { kind: "name", text: `PRESET-${name}`, span },
        condition: undefined,
        actions: actionsOf(attributes),
        span,
      },
    ],
    otherwise: undefined,
    group: undefined,
    severity: attributes.severity,
    tags: attributes.tags,
    message: attributes.message,
    span,
  };
}
